"""The main screens, each as the person it is for, on the demonstration site. One list for pictures, axe and words."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page

from lms.home.services.demo import PASSWORD
from tests.browser import people
from tests.plugins.site import LiveSite


@dataclass(frozen=True)
class Screen:
    """``path`` may be a look-up word of ``_addresses``; ``who`` a demo account, "" for a visitor."""

    name: str
    path: str
    who: str = ""


SCREENS = [
    Screen("trang-chu", "/"),
    Screen("dang-nhap", "/accounts/login/"),
    Screen("tra-cuu", "/verify/"),
    Screen("khoa-hoc", "/trang-cong-dong/"),
    Screen("viec-hoc", "/learn/", "hocvien"),
    Screen("chuyen-de", "@module", "hocvien"),
    Screen("bai-hoc", "@lesson", "hocvien"),
    Screen("to-nho", "@job-aid", "hocvien"),
    Screen("thuat-ngu", "/learn/terms/", "hocvien"),
    Screen("kiem-tra", "@quiz", "hocvien"),
    Screen("lam-bai", "@attempt", "hocvien"),
    Screen("xem-lai-truoc-khi-nop", "@summary", "hocvien"),
    Screen("chung-nhan", "/certificates/", "hocvien"),
    Screen("tai-khoan", "/accounts/me/", "hocvien"),
    Screen("chung-nhan-da-co", "/certificates/", "tinh"),
    Screen("ket-qua", "@result", "tinh"),
    Screen("bao-cao-tinh", "/reports/", "tinh"),
    Screen("bao-cao-xa", "@commune", "tinh"),
    Screen("danh-sach-can-bo", "/units/roster/", "tinh"),
    Screen("nhiem-vu", "/plans/", "tinh"),
    Screen("giao-nhiem-vu", "/plans/new/", "tinh"),
    Screen("trang-cac-don-vi", "/fanpages/", "tinh"),
    Screen("cho-xac-nhan", "/learn/marking/", "tinh"),
    Screen("quyen-han", "/units/rights/", "tinh"),
    Screen("cap-ma", "/units/roster/code/", "tinh"),
    Screen("nhac-zalo", "@zalo", "tinh"),
    Screen("danh-sach-goi", "@calls", "tinh"),
    Screen("chuong-trinh", "/reports/programme/", "tinh"),
    Screen("trang-don-vi", "/fanpages/", "hocvien"),
    Screen("thuc-hanh", "@practice", "hocvien"),
    Screen("huong-dan", "/huong-dan-can-bo/"),
    Screen("bao-cao-trung-uong", "/reports/", "trunguong"),
    Screen("cham-thi", "/quizzes/desk/", "giangvien"),
    Screen("cho-cham", "/quizzes/desk/marking/", "giangvien"),
    Screen("cac-luot-lam", "@attempts", "giangvien"),
    Screen("mot-luot-lam", "@desk-attempt", "giangvien"),
    Screen("ngoai-le", "@overrides", "giangvien"),
    Screen("cac-ca-thi", "/quizzes/desk/sessions/", "giangvien"),
    Screen("ca-thi-moi", "/quizzes/desk/sessions/new/", "giangvien"),
    Screen("cham-lai", "/quizzes/desk/regrades/", "giangvien"),
    Screen("yeu-cau-cham-lai", "@regrade", "giangvien"),
    Screen("sat-diem-dat", "@near", "giangvien"),
    Screen("xac-thuc", "@verification"),
]
CMS_SCREENS = [
    Screen("cms", "/cms/", "giangvien"),
    Screen("cms-trang", "/cms/pages/", "giangvien"),
    Screen("cms-bai-hoc", "@cms-lesson", "giangvien"),
    Screen("cms-kiem-tra", "@cms-quiz", "giangvien"),
    Screen("cms-thu-kiem-tra", "@cms-quiz-try", "giangvien"),
    Screen("cms-ma-tran-de", "@cms-blueprint", "giangvien"),
    Screen("cms-cau-hoi", "/cms/questions/", "giangvien"),
    Screen("cms-cau-hoi-moi", "/cms/questions/new/", "giangvien"),
    Screen("cms-sua-cau-hoi", "@cms-question", "giangvien"),
    Screen("cms-thu-cau-hoi", "@cms-question-try", "giangvien"),
    Screen("cms-so-phien-ban", "@cms-question-compare", "giangvien"),
    Screen("cms-chu-de", "/cms/question_categories/", "giangvien"),
    Screen("cms-muc-tieu", "/cms/question_objectives/", "giangvien"),
    Screen("cms-phan-tich", "/cms/quiz-analysis/", "giangvien"),
    Screen("cms-phan-tich-bai", "@cms-analysis", "giangvien"),
    Screen("cms-nhap-cau-hoi", "/cms/question-imports/", "giangvien"),
    Screen("cms-xuat-cau-hoi", "/cms/question-export/", "giangvien"),
    Screen("cms-hinh-anh", "/cms/images/", "giangvien"),
    Screen("cms-tai-lieu", "/cms/documents/", "giangvien"),
    Screen("cms-tai-khoan", "/cms/account/", "giangvien"),
    Screen("cms-lich-su", "@cms-history", "giangvien"),
    Screen("cms-tu-word", "@cms-word", "giangvien"),
    Screen("cms-duyet", "/cms/", "trunguong"),
    Screen("cms-phap-ly", "/cms/legal/", "trunguong"),
    Screen("cms-bao-cao-duyet", "/cms/reports/workflow/", "trunguong"),
]

_ADDRESSES = """
import json
from courses.models import Activity, LessonPage
from certificates.models import Certificate
from lms.accounts.models import User
from quizzes.models import Attempt, Question, QuizPage
from quizzes.services import attempts, bank
from lms.core import clock
from lms.home.management.commands.demo import _child, _province
lesson = Activity.objects.filter(kind="lesson").select_related("module").order_by("position")[2]
quiz = Activity.objects.filter(kind="quiz").first()
commune = _child(_province("Tỉnh Quảng Ninh"), "Phường Hạ Long")
practice = Activity.objects.filter(kind="practice").order_by("position").first()
province = f"/reports/units/{_province('Tỉnh Quảng Ninh').pk}/"
certificate = Certificate.objects.order_by("number").first()
lesson_page = LessonPage.objects.get(translation_key=lesson.key)
quiz_page = QuizPage.objects.first()
of_quiz = f"/quizzes/desk/{quiz.quiz.pk}/"
tinh = User.objects.get(username="tinh")
done = Attempt.objects.filter(enrolment__user=tinh, submitted_at__isnull=False).first()
if done is None:
    # Handed in with nothing answered: a result to look at, and a row for those who mark.
    begun = attempts.start(user=tinh, quiz=quiz.quiz, at=clock.now(), asked=None)
    done = attempts.submit(user=tinh, attempt_id=begun.pk, at=clock.now())
regrades = f"/quizzes/desk/regrades/quiz/{quiz.quiz.pk}/"
question = Question.objects.select_related("latest").order_by("pk").first()
if question.versions.count() == 1:
    # A draft beside the version that is drawn: something to compare.
    latest = question.latest
    bank.write(
        actor=User.objects.get(username="giangvien"), at=clock.now(), code=question.code, category=question.category,
        type_name=latest.type, stem=latest.stem + " (bản sửa)", content=latest.content, reason=latest.reason,
        level=question.level, status="draft", objective=question.objective, hints=latest.hints,
        tags=list(question.tags.names()), owner=question.owner,
    )
print(json.dumps({
    "@lesson": lesson.url, "@module": lesson.module.url, "@job-aid": lesson.module.job_aid_url, "@quiz": quiz.url,
    "@commune": f"/reports/units/{commune.pk}/", "@practice": practice.url,
    "@zalo": f"{province}missing/zalo/", "@calls": f"{province}call-list/", "@cms-word": f"/cms/word/{lesson_page.pk}/",
    "@verification": f"/verify/{certificate.verify_code}/",
    "@cms-lesson": f"/cms/pages/{lesson_page.pk}/edit/", "@cms-history": f"/cms/pages/{lesson_page.pk}/history/",
    "@cms-quiz": f"/cms/pages/{quiz_page.pk}/edit/", "@cms-quiz-try": f"/cms/quizzes/{quiz_page.pk}/try/",
    "@cms-blueprint": f"/cms/quizzes/{quiz_page.pk}/blueprint/", "@cms-analysis": f"/cms/quiz-analysis/{quiz.quiz.pk}/",
    "@cms-question": f"/cms/questions/edit/{question.pk}/", "@cms-question-try": f"/cms/questions/{question.pk}/try/",
    "@cms-question-compare": f"/cms/questions/{question.pk}/compare/",
    "@result": f"/quizzes/attempts/{done.pk}/result/", "@desk-attempt": f"/quizzes/desk/attempts/{done.pk}/",
    "@attempts": f"{of_quiz}attempts/", "@overrides": f"{of_quiz}overrides/",
    "@regrade": regrades, "@near": f"{regrades}near/",
}))
"""


def addresses(site: LiveSite) -> dict[str, str]:
    found: dict[str, str] = json.loads(site.python(_ADDRESSES).splitlines()[-1])
    return found


@contextmanager
def signed_in(site: LiveSite, browser: Browser, who: str, viewport: Any) -> Iterator[Page]:
    context = people.context(browser, viewport=viewport)
    page = context.new_page()
    if who:
        people.sign_in(page, site, who, PASSWORD)
    try:
        yield page
    finally:
        context.close()


def open_screen(page: Page, site: LiveSite, screen: Screen, known: dict[str, str]) -> None:
    """Go there; an attempt is begun (or gone on with) from the page of its quiz."""
    if screen.path in {"@attempt", "@summary"}:
        page.goto(site.url + known["@quiz"])
        page.locator("main form .btn.main").first.click()
        page.wait_for_url(re.compile("/quizzes/attempts/"))
        if screen.path == "@summary":
            page.locator('.grid button[value="summary"]').click()
            page.wait_for_url(re.compile("/summary/"))
    else:
        answer = page.goto(site.url + known.get(screen.path, screen.path))
        assert answer is not None
        assert answer.status == 200, f"{screen.name}: {answer.status} {page.url}"
    page.wait_for_load_state("load")
