"""The learner's way through pages, with and without JavaScript."""

import uuid

import pytest
from django.test import Client
from wagtail.models import Page

from courses.models import Activity, ActivityState, Completion, Course, Enrolment, Module, ProgressEvent
from courses.queries.progress import learner_courses
from courses.services.enrolment import enrol
from courses.services.progress import record_activity
from tests.conftest import NOON, make_person
from tests.factories.pages import CHECK, Pages, publish, small_course

BLOCK = CHECK["id"]


@pytest.fixture
def pages(db: None) -> Pages:
    return small_course()


@pytest.fixture
def officer(officer_p1, pages, client) -> Client:
    client.force_login(officer_p1)
    return client


@pytest.fixture
def enrolled(officer_p1, pages) -> Enrolment:
    return enrol(user=officer_p1, course=pages.record, at=NOON)


def test_publishing_makes_the_records_in_order(pages):
    rows = Activity.objects.filter(retired_at=None).order_by("position")
    assert [(a.title, a.module.title, a.kind, a.minutes) for a in rows] == [
        ("Phân quyền", "Thành lập", "lesson", 10),
        ("Bảo mật", "Thành lập", "lesson", 8),
        ("Viết tin", "Biên tập", "lesson", 12),
    ]
    assert list(Module.objects.get(title="Biên tập").requires.values_list("title", flat=True)) == ["Thành lập"]
    assert rows[0].url == "/khoa-thu/thanh-lap/phan-quyen/"


def test_deleting_a_page_retires_its_activity_and_deletes_no_record(pages, officer_p1, enrolled):
    activity = pages.activity(pages.lesson_1)
    record_activity(enrolment=enrolled, activity=activity, kind="done", source_key="x", at=NOON)
    Page.objects.get(pk=pages.lesson_1.pk).delete()
    activity.refresh_from_db()
    assert activity.retired_at is not None
    assert ProgressEvent.objects.filter(activity=activity).count() == 1


def test_deleting_a_topic_retires_what_is_below_it(pages):
    Page.objects.get(pk=pages.module_1.pk).delete()
    assert set(Activity.objects.filter(retired_at=None).values_list("title", flat=True)) == {"Viết tin"}


def test_unpublishing_retires_and_publishing_again_brings_back(pages):
    pages.lesson_2.unpublish()
    assert pages.activity(pages.lesson_2).retired_at is not None
    publish(pages.lesson_2)
    assert pages.activity(pages.lesson_2).retired_at is None


def test_a_new_slug_is_followed_below_it(pages):
    pages.course.slug = "khoa-moi"
    publish(pages.course)
    assert pages.activity(pages.lesson_1).url == "/khoa-moi/thanh-lap/phan-quyen/"


def test_a_copied_course_is_a_new_course(pages):
    copy = pages.course.copy(recursive=True, update_attrs={"slug": "ban-sao", "title": "Bản sao"})
    publish(copy.specific)
    assert Course.objects.count() == 2
    assert Page.objects.get(pk=copy.pk).specific.course_id != pages.record.pk


def test_a_stranger_is_asked_to_sign_in_and_comes_back(pages, client):
    answer = client.get(pages.lesson_1.url)
    assert answer.status_code == 302
    assert answer.url == f"/accounts/login/?next={pages.lesson_1.url}"


def test_who_is_not_enrolled_is_told_so(pages, officer):
    answer = officer.get(pages.lesson_1.url)
    assert answer.status_code == 403
    assert "mật khẩu riêng" not in answer.content.decode()
    assert f'href="{pages.record.url}"' in answer.content.decode()


def test_a_locked_topic_names_what_opens_it(pages, officer, enrolled):
    answer = officer.get(pages.lesson_3.url)
    assert answer.status_code == 403
    assert "Thành lập" in answer.content.decode()
    assert "mật khẩu riêng" not in answer.content.decode()


def test_enrolling_leads_to_the_first_lesson(pages, officer, officer_p1):
    answer = officer.post(f"/learn/courses/{pages.record.pk}/enrol/")
    assert (answer.status_code, answer.url) == (302, pages.lesson_1.url)
    assert Enrolment.objects.filter(user=officer_p1).count() == 1


def test_a_course_by_nomination_cannot_be_entered(pages, officer):
    Course.objects.update(is_open=False)
    assert officer.post(f"/learn/courses/{pages.record.pk}/enrol/").status_code == 404
    assert Enrolment.objects.count() == 0


def test_reading_notes_the_opening_once_and_the_place(pages, officer, enrolled):
    for _ in range(2):
        assert officer.get(pages.lesson_1.url).status_code == 200
    assert list(ProgressEvent.objects.values_list("kind", flat=True)) == ["opened"]
    assert enrolled.bookmark.activity == pages.activity(pages.lesson_1)


def test_the_button_marks_done_and_goes_on(pages, officer, enrolled):
    activity = pages.activity(pages.lesson_1)
    answer = officer.post(f"/learn/activities/{activity.pk}/done/")
    assert answer.url == pages.lesson_2.url
    state = ActivityState.objects.get(activity=activity)
    event = ProgressEvent.objects.get(activity=activity)
    assert (state.state, event.rule, event.version) == ("done", "button", str(pages.lesson_1.live_revision_id))


def test_the_doubled_click_is_one_event(pages, officer, enrolled):
    activity = pages.activity(pages.lesson_1)
    for _ in range(2):
        officer.post(f"/learn/activities/{activity.pk}/done/")
    assert ProgressEvent.objects.filter(activity=activity, kind="done").count() == 1


def test_finishing_the_last_lesson_completes_the_course(pages, officer, enrolled):
    for page in (pages.lesson_1, pages.lesson_2, pages.lesson_3):
        answer = officer.post(f"/learn/activities/{pages.activity(page).pk}/done/")
    assert answer.url == "/certificates/"
    assert Completion.objects.get().enrolment == enrolled


def test_a_locked_lesson_cannot_be_marked_done_by_address(pages, officer, enrolled):
    assert officer.post(f"/learn/activities/{pages.activity(pages.lesson_3).pk}/done/").status_code == 404
    assert ProgressEvent.objects.count() == 0


def test_getting_marks_nothing(pages, officer, enrolled):
    assert officer.get(f"/learn/activities/{pages.activity(pages.lesson_1).pk}/done/").status_code == 405
    assert ProgressEvent.objects.count() == 0


def test_answering_the_self_check_gives_the_reason_and_counts(pages, officer, enrolled):
    activity = pages.activity(pages.lesson_1)
    answer = officer.post(f"/learn/activities/{activity.pk}/check/{BLOCK}/", {"option": "1"}, follow=True)
    assert "Đúng vậy." in answer.content.decode()
    assert "Không liên quan." not in answer.content.decode()
    assert ProgressEvent.objects.filter(activity=activity, rule="self_check", kind="done").count() == 1


def test_the_self_check_answers_htmx_with_its_section_only(pages, officer, enrolled):
    activity = pages.activity(pages.lesson_1)
    answer = officer.post(
        f"/learn/activities/{activity.pk}/check/{BLOCK}/", {"option": "0"}, headers={"HX-Request": "true"}
    )
    html = answer.content.decode()
    assert "Không liên quan." in html
    assert "<html" not in html


@pytest.mark.parametrize("option", ["", "7", "-1", "x"])
def test_a_forged_or_missing_option_records_nothing(pages, officer, enrolled, option):
    activity = pages.activity(pages.lesson_1)
    officer.post(f"/learn/activities/{activity.pk}/check/{BLOCK}/", {"option": option})
    assert ProgressEvent.objects.filter(kind="done").count() == 0


def test_a_block_of_another_lesson_is_not_found(pages, officer, enrolled):
    activity = pages.activity(pages.lesson_2)
    assert officer.post(f"/learn/activities/{activity.pk}/check/{BLOCK}/", {"option": "1"}).status_code == 404


def test_my_training_says_what_is_next(pages, officer, enrolled):
    officer.post(f"/learn/activities/{pages.activity(pages.lesson_1).pk}/done/")
    html = officer.get("/learn/").content.decode()
    assert f'href="{pages.lesson_2.url}"' in html
    assert "33\u00a0%" in html


def test_the_lesson_page_costs_ten_queries_whatever_the_size(pages, officer, enrolled, django_assert_max_num_queries):
    officer.get(pages.lesson_1.url)
    with django_assert_max_num_queries(10) as small:
        assert officer.get(pages.lesson_1.url).status_code == 200
    from courses.models import LessonPage
    from tests.factories.pages import TEXT, add

    for number in range(5):
        add(pages.module_2, LessonPage(title=f"Thêm {number}", slug=f"them-{number}", body=[TEXT]))
    with django_assert_max_num_queries(10) as large:
        assert officer.get(pages.lesson_1.url).status_code == 200
    assert len(small) == len(large)


def test_my_training_asks_as_often_for_three_courses_as_for_one(
    pages, officer, officer_p1, enrolled, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            officer.get("/learn/")
        return len(queries)

    officer.get("/learn/")
    one = cost()
    for number in range(2):
        import uuid

        course = Course.objects.create(key=uuid.uuid4(), title=f"Khóa {number}", url=f"/k{number}/")
        module = Module.objects.create(key=uuid.uuid4(), course=course, title="A", position=1)
        Activity.objects.create(key=uuid.uuid4(), course=course, module=module, kind="lesson", title="B", position=1)
        enrol(user=officer_p1, course=course, at=NOON)
    assert cost() == one


def test_an_author_reads_without_taking_part(pages, client, units):
    from django.contrib.auth.models import Permission

    author = make_person("author", "Biên Soạn", None)
    author.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(author)
    assert client.get(pages.lesson_1.url).status_code == 200
    assert ProgressEvent.objects.count() == 0


def test_a_topic_behind_many_counts_them_and_one_behind_a_quoted_title_quotes_it_once(officer_p1, outline) -> None:
    def lock() -> str:
        return learner_courses([Enrolment(course=outline.course, user=officer_p1)])[0].modules[-1].lock_reason

    outline.module_1.title = "Thành lập “Trang cộng đồng”"
    outline.module_1.save()
    assert lock() == "Mở khi đồng chí hoàn thành Thành lập “Trang cộng đồng”."
    for number in (3, 4):
        module = Module.objects.create(key=uuid.uuid4(), course=outline.course, title=f"Chuyên đề {number}", position=0)
        Activity.objects.create(
            key=uuid.uuid4(), course=outline.course, module=module, kind="lesson", title="Bài", position=number
        )
        outline.module_2.requires.add(module)
    assert lock() == "Mở khi đồng chí hoàn thành 3 chuyên đề còn lại."
