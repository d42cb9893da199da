"""A small published course: home → course → two topics → lessons. The ordinary way, through revisions."""

from dataclasses import dataclass

from wagtail.models import Page, Site

from courses.models import Activity, Course, CoursePage, LessonPage, ModulePage
from lms.home.models import HomePage


def option(key: str, text: str, *, is_right: bool, reason: str) -> dict[str, object]:
    return {"type": "item", "id": key, "value": {"text": text, "is_right": is_right, "reason": reason}}


CHECK = {
    "type": "self_check",
    "id": "11111111-1111-4111-8111-111111111111",
    "value": {
        "question": "Người được mời chưa thấy Trang. Vì sao?",
        "options": [
            option("a", "Chưa thích Trang", is_right=False, reason="Không liên quan."),
            option("b", "Chưa chấp nhận lời mời", is_right=True, reason="Đúng vậy."),
        ],
    },
}
TEXT = {
    "type": "text",
    "id": "22222222-2222-4222-8222-222222222222",
    "value": {"heading": "Vì sao", "text": "<p>Trang không có mật khẩu riêng.</p>"},
}


@dataclass(frozen=True)
class Pages:
    home: HomePage
    course: CoursePage
    module_1: ModulePage
    module_2: ModulePage
    lesson_1: LessonPage
    lesson_2: LessonPage
    lesson_3: LessonPage

    def activity(self, page: LessonPage) -> Activity:
        return Activity.objects.get(key=page.translation_key)

    @property
    def record(self) -> Course:
        return Course.objects.get(key=self.course.translation_key)


def publish(page: Page) -> Page:
    page.save_revision().publish()
    page.refresh_from_db()
    return page


def add(parent: Page, page: Page) -> Page:
    parent.refresh_from_db()
    parent.add_child(instance=page)
    return publish(page)


def home_page() -> HomePage:
    """The site's root; made when a migration has not."""
    site = Site.objects.get(is_default_site=True)
    root = site.root_page.specific
    if isinstance(root, HomePage):
        return root
    home = HomePage(title="Tập huấn", slug="tap-huan")
    Page.get_first_root_node().add_child(instance=home)
    site.root_page = home
    site.save()
    return home


def small_course() -> Pages:
    """Topic 1: lesson 1 (text and a self-check), lesson 2 (text). Topic 2 opens after topic 1: lesson 3."""
    home = home_page()
    course = add(home, CoursePage(title="Trang cộng đồng", slug="khoa-thu"))
    module_1 = add(course, ModulePage(title="Thành lập", slug="thanh-lap"))
    module_2 = ModulePage(title="Biên tập", slug="bien-tap")
    course.refresh_from_db()
    course.add_child(instance=module_2)
    module_2.requires.set([module_1])
    publish(module_2)
    lesson_1 = add(module_1, LessonPage(title="Phân quyền", slug="phan-quyen", minutes=10, body=[TEXT, CHECK]))
    lesson_2 = add(module_1, LessonPage(title="Bảo mật", slug="bao-mat", minutes=8, body=[TEXT]))
    lesson_3 = add(module_2, LessonPage(title="Viết tin", slug="viet-tin", minutes=12, body=[TEXT]))
    return Pages(home, course, module_1, module_2, lesson_1, lesson_2, lesson_3)
