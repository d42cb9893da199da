"""What trainers and reviewers do in the CMS: previews, moderation, schedule, addresses."""

import datetime as dt

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from wagtail.models import GroupApprovalTask, Site, Workflow, WorkflowState

from courses.models import CoursePage, GlossaryTerm, LessonPage
from lms.accounts.models import User
from lms.core import clock
from lms.core.addresses import RESERVED
from lms.home.models import HomePage, TextPage
from tests.factories.pages import CHECK, TEXT, Pages, home_page, small_course

pytestmark = pytest.mark.django_db
BLOCKS = LessonPage._meta.get_field("body").stream_block.child_blocks


def member(username: str, group: str) -> User:
    person = User.objects.create_user(username=username, full_name=username, password="mat-khau-thu-1")
    person.groups.add(Group.objects.get(name=group))
    return person


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def trainer(db: None) -> Client:
    return signed_in(member("trainer", "Giảng viên"))


@pytest.fixture
def reviewer(db: None) -> Client:
    return signed_in(member("reviewer", "Người duyệt"))


@pytest.fixture
def pages(db: None) -> Pages:
    return small_course()


def form_of(page: LessonPage, **changes: str) -> dict[str, str]:
    """What the editor posts: the lesson with its first block, a text."""
    return {
        "title": page.title,
        "slug": page.slug,
        "summary": page.summary,
        "minutes": str(page.minutes),
        "is_required": "on",
        "objectives": "",
        "updated_on": "",
        "body-count": "1",
        "body-0-deleted": "",
        "body-0-order": "0",
        "body-0-type": "text",
        "body-0-id": TEXT["id"],
        "body-0-value-heading": "Vì sao",
        "body-0-value-text": '{"blocks":[{"key":"a","text":"Chữ mới.","type":"unstyled","depth":0,'
        '"inlineStyleRanges":[],"entityRanges":[]}],"entityMap":{}}',
        "seo_title": "",
        "search_description": "",
        "go_live_at": "",
        "expire_at": "",
        "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0",
        "comments-MIN_NUM_FORMS": "0",
        "comments-MAX_NUM_FORMS": "",
        **changes,
    }


def test_the_site_begins_at_our_home_page_in_vietnamese():
    root = Site.objects.get(is_default_site=True).root_page
    assert (root.specific_class, root.title, root.slug) == (HomePage, "Tập huấn Trang cộng đồng", "trang-chu")
    assert root.locale.language_code == "vi"


def test_every_block_has_a_description_and_a_preview_that_renders(trainer):
    assert set(BLOCKS) == {
        "text", "steps", "picture", "callout", "checklist", "comparison", "download", "video", "term", "practice",
        "legal", "self_check", "simulator",
    }  # fmt: skip
    for name, block in BLOCKS.items():
        answer = trainer.get("/cms/block-preview/", {"id": block.definition_prefix})
        assert (name, answer.status_code) == (name, 200)
        assert block.is_previewable, name
        assert block.get_description(), name


def test_a_chooser_block_previews_what_the_library_holds(trainer):
    GlossaryTerm.objects.create(key="quyen", term="Quyền truy cập", definition="Quyền vào quản trị.")
    answer = trainer.get("/cms/block-preview/", {"id": BLOCKS["term"].definition_prefix})
    assert "Quyền truy cập" in answer.content.decode()


def test_a_lesson_is_previewed_as_a_learner_sees_it_without_enrolment(trainer, pages):
    address = f"/cms/pages/{pages.lesson_1.pk}/edit/preview/"
    assert trainer.post(address, form_of(pages.lesson_1, title="Tên trong bản nháp")).json()["is_valid"]
    answer = trainer.get(address)
    assert answer.status_code == 200
    assert answer.templates[0].name == "courses/lesson_page.html"
    assert "Tên trong bản nháp" in answer.content.decode()
    assert "Chữ mới." in answer.content.decode()


def test_a_preview_shows_the_self_checks_and_answers_none(trainer, pages):
    page = pages.lesson_2
    page.body = [CHECK]
    page.save_revision()
    answer = trainer.get(f"/cms/pages/{page.pk}/view_draft/")
    assert answer.status_code == 200
    assert CHECK["value"]["question"] in answer.content.decode()


def test_a_trainer_submits_and_a_reviewer_publishes(trainer, reviewer, pages):
    page = pages.lesson_1
    edit = f"/cms/pages/{page.pk}/edit/"
    trainer.post(edit, form_of(page, **{"title": "Bài đã sửa", "action-publish": "1"}))
    page.refresh_from_db()
    assert page.title == "Phân quyền", "a trainer does not publish"
    answer = trainer.post(edit, form_of(page, **{"title": "Bài đã sửa", "action-submit": "1"}))
    assert answer.status_code == 302
    state = WorkflowState.objects.get()
    assert (state.workflow.name, state.status) == ("Duyệt nội dung", WorkflowState.STATUS_IN_PROGRESS)
    task = state.current_task_state
    action = f"/cms/pages/workflow/action/{page.pk}/approve/{task.pk}/"
    trainer.post(action, {"comment": ""})
    page.refresh_from_db()
    assert page.title == "Phân quyền", "a trainer does not approve"
    reviewer.post(action, {"comment": ""})
    page.refresh_from_db()
    assert (page.title, page.live, page.has_unpublished_changes) == ("Bài đã sửa", True, False)
    assert pages.activity(page).title == "Bài đã sửa"


def test_the_workflow_of_the_home_page_belongs_to_the_reviewers(pages):
    assert pages.lesson_1.get_workflow() == Workflow.objects.get(name="Duyệt nội dung")
    task = GroupApprovalTask.objects.get(active=True)
    assert [group.name for group in task.groups.all()] == ["Người duyệt"]
    assert not Group.objects.filter(name__in=("Editors", "Moderators")).exists()


def test_a_scheduled_lesson_opens_when_its_time_has_come(pages):
    page = LessonPage(title="Bài hẹn giờ", slug="bai-hen-gio", body=[TEXT], live=False)
    pages.module_1.refresh_from_db()
    pages.module_1.add_child(instance=page)
    page.go_live_at = clock.now() + dt.timedelta(hours=1)
    page.save_revision(approved_go_live_at=page.go_live_at).publish()
    page.refresh_from_db()
    assert not page.live
    call_command("publish_scheduled")
    page.refresh_from_db()
    assert not page.live
    with time_machine.travel(clock.now() + dt.timedelta(hours=2), tick=False):
        call_command("publish_scheduled")
    page.refresh_from_db()
    assert page.live
    assert pages.activity(page).title == "Bài hẹn giờ"


@pytest.mark.parametrize("slug", sorted(RESERVED))
def test_an_address_of_the_site_itself_is_no_slug(slug):
    for page in (CoursePage(title="X", slug=slug), TextPage(title="X", slug=slug, body="<p>x</p>")):
        with pytest.raises(ValidationError) as caught:
            home_page().add_child(instance=page)
        assert list(caught.value.message_dict) == ["slug"]


def test_every_first_part_of_an_address_of_ours_is_reserved():
    """What is added to lms.urls is added to the list as well."""
    from django.urls import get_resolver

    from lms.core import addresses

    firsts = set()
    for pattern in get_resolver().url_patterns:
        for inner in getattr(pattern, "url_patterns", [pattern]):
            first = (str(pattern.pattern) + str(inner.pattern)).lstrip("^").partition("/")[0]
            if first.replace("-", "").replace("_", "").isalpha():
                firsts.add(first)
    assert firsts - addresses.RESERVED == set()


def test_a_trainer_finds_glossary_videos_and_questions_but_no_learner(trainer):
    for address in ("/cms/", "/cms/snippets/courses/glossaryterm/", "/cms/snippets/media/video/", "/cms/images/"):
        assert trainer.get(address).status_code == 200, address
    assert trainer.get("/cms/users/").status_code == 302


@pytest.mark.parametrize("rows", [1, 3])
def test_the_glossary_asks_as_often_for_three_terms_as_for_one(trainer, rows, django_assert_max_num_queries):
    for number in range(rows):
        GlossaryTerm.objects.create(key=f"tu-{number}", term=f"Từ {number}", definition="Nghĩa.")
    trainer.get("/cms/snippets/courses/glossaryterm/")
    with django_assert_max_num_queries(14):
        answer = trainer.get("/cms/snippets/courses/glossaryterm/")
    assert answer.content.decode().count("Nghĩa.") == rows
