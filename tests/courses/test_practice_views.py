"""A practical task as people meet it: its page, the list of those who confirm, and who finds nothing."""

import re

import pytest
from django.core.cache import caches
from django.core.files.storage import InMemoryStorage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import Activity, Completion, Enrolment, LessonPage, ProgressEvent, Submission
from courses.services import practice
from courses.services.progress import record_activity
from lms.accounts.models import User
from lms.units.models import Grant
from tests.conftest import DAY_ONE, NOON, Units, make_person
from tests.factories.pages import CHECK, add, publish
from tests.factories.practice import PAGE, Task, make_picture, make_task, send

pytestmark = pytest.mark.django_db
State = Submission.State
OTHER = "https://www.facebook.com/mattran.halong"


@pytest.fixture(autouse=True)
def private(monkeypatch: pytest.MonkeyPatch) -> InMemoryStorage:
    storage = InMemoryStorage()
    monkeypatch.setitem(storages._storages, "private", storage)
    monkeypatch.setattr(Submission._meta.get_field("screenshot"), "storage", storage)
    return storage


@pytest.fixture(autouse=True)
def no_page_of_another_test() -> None:
    """Ready-made pages are kept by id and revision, and ids come again when a test is rolled back."""
    caches["local"].clear()


@pytest.fixture
def task(units: Units) -> Task:
    return make_task()


@pytest.fixture
def activity(task: Task) -> Activity:
    return task.activity


@pytest.fixture
def enrolled(officer_p1: User, task: Task) -> Enrolment:
    return task.enrol(officer_p1)


@pytest.fixture
def officer(officer_p1: User, enrolled: Enrolment) -> Client:
    return client_of(officer_p1)


@pytest.fixture
def waiting(enrolled: Enrolment, activity: Activity) -> Submission:
    return send(enrolled, activity, picture=make_picture())


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def main_of(response) -> str:
    return response.content.decode().partition("<main")[2].partition("</main>")[0]


def picture(content: bytes | None = None, name: str = "IMG_1.jpg", kind: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or make_picture(), content_type=kind)


def post(client: Client, activity: Activity, **data):
    return client.post(f"/learn/activities/{activity.pk}/hand-in/", data)


# --- The page ------------------------------------------------------------------------------------------


def test_the_page_shows_task_criteria_and_a_form_that_needs_no_script(officer, task, activity):
    page = main_of(officer.get(task.page.url))
    assert "Trang không có mật khẩu riêng." in page
    assert "Hai người toàn quyền" in page
    assert f'action="/learn/activities/{activity.pk}/hand-in/#nop-bai"' in page
    assert 'enctype="multipart/form-data"' in page
    assert re.search(r'<input[^>]*type="file"[^>]*accept="image/jpeg,image/png,image/webp"', page)
    assert "capture" not in page


@pytest.mark.parametrize(
    ("hand_in", "fields"), [("link", {"link"}), ("picture", {"picture"}), ("either", {"link", "picture"})]
)
def test_the_form_asks_for_what_the_task_asks_for(units, officer_p1, hand_in, fields):
    task = make_task(hand_in=hand_in, names_page=False)
    task.enrol(officer_p1)
    page = main_of(client_of(officer_p1).get(task.page.url))
    assert {name for name in ("link", "picture") if f'name="{name}"' in page} == fields


def test_the_gate_is_the_same_as_for_lessons(task, units, client, officer_p1):
    assert client.get(task.page.url).url == f"/accounts/login/?next={task.page.url}"
    stranger = client_of(officer_p1).get(task.page.url)
    assert stranger.status_code == 403
    assert "Hai người toàn quyền" not in stranger.content.decode()


def test_an_author_sees_the_task_and_no_form(task, activity, units):
    from django.contrib.auth.models import Permission

    author = make_person("author", "Biên Soạn", None)
    author.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client = client_of(author)
    page = main_of(client.get(task.page.url))
    assert "Hai người toàn quyền" in page
    assert "<form" not in page
    assert post(client, activity, link=PAGE).status_code == 404
    assert Submission.objects.count() == 0


def test_opening_the_page_moves_no_bookmark(officer, task, enrolled):
    officer.get(task.pages.lesson_1.url)
    officer.get(task.page.url)
    assert enrolled.bookmark.activity == task.pages.activity(task.pages.lesson_1)


def test_a_preview_in_the_editor_shows_the_task(task, rf, admin_user):
    answer = task.page.make_preview_request(preview_mode="")
    assert answer.status_code == 200


def test_the_page_asks_as_often_after_three_hand_ins_as_after_one(officer, task, activity, enrolled):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert officer.get(task.page.url).status_code == 200
        return len(queries)

    send(enrolled, activity)
    officer.get(task.page.url)
    one = cost()
    send(enrolled, activity, link=OTHER)
    send(enrolled, activity, link=PAGE)
    assert cost() == one


# --- Handing in ----------------------------------------------------------------------------------------


def test_handing_in_leads_back_to_the_page_which_says_whom_it_waits_for(officer, task, activity, manager_p1, private):
    answer = post(
        officer, activity, link="fb.com/mattran.vanyen", picture=picture(), note="Hai người: A, B", number="1"
    )
    assert (answer.status_code, answer.url) == (302, task.page.url)
    submission = Submission.objects.get()
    assert (submission.link, submission.note, submission.version) == (
        PAGE,
        "Hai người: A, B",
        str(task.page.live_revision_id),
    )
    assert re.fullmatch(r"practice/\d{4}/[0-9a-f]{32}\.jpg", submission.screenshot.name)
    page = main_of(officer.get(task.page.url))
    assert manager_p1.full_name in page
    assert PAGE in page
    assert f"/learn/submissions/{submission.pk}/picture/" in page


def test_what_was_typed_is_kept_beside_what_is_wrong(officer, activity):
    answer = post(
        officer, activity, link="facebook.com/groups/123456", note="Ghi chú dài", picture=picture(), number="1"
    )
    page = main_of(answer)
    assert answer.status_code == 200
    assert 'value="facebook.com/groups/123456"' in page
    assert "Ghi chú dài" in page
    assert 'class="wait"' in page  # the picture is to be chosen again
    assert Submission.objects.count() == 0


def test_nothing_at_all_is_told_and_sends_nothing(officer, activity):
    page = main_of(post(officer, activity, link="", note="x"))
    assert 'role="alert"' in page
    assert Submission.objects.count() == 0


def test_a_task_that_asks_for_a_link_is_not_handed_in_without_one(units, officer_p1):
    task = make_task(hand_in="link")
    task.enrol(officer_p1)
    client = client_of(officer_p1)
    assert "errorlist" in main_of(post(client, task.activity, picture=picture()))
    assert Submission.objects.count() == 0


def test_a_doubled_click_sends_once(officer, activity):
    for _ in range(2):
        post(officer, activity, link=PAGE, picture=picture(), number="1")
    assert Submission.objects.get().number == 1


def test_the_second_tab_is_told_and_may_then_replace(officer, activity):
    post(officer, activity, link=PAGE, number="1")
    second = main_of(post(officer, activity, link=OTHER, number="1"))
    assert 'role="alert"' in second
    assert f'value="{OTHER}"' in second
    assert 'name="number" value="2"' in second
    assert [row.link for row in Submission.objects.all()] == [PAGE]
    post(officer, activity, link=OTHER, number="2")
    assert [(row.link, row.state) for row in Submission.objects.order_by("number")] == [
        (PAGE, "returned"),
        (OTHER, "submitted"),
    ]


def test_a_picture_is_judged_by_its_content_not_by_its_name(officer, activity):
    fake = picture(b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "anh.jpg")
    assert "errorlist" in main_of(post(officer, activity, picture=fake))
    assert Submission.objects.count() == 0
    post(officer, activity, picture=picture(make_picture("PNG"), "anh.txt", "text/plain"))
    assert Submission.objects.count() == 1


def test_a_file_that_is_too_large_is_told_before_it_is_read(officer, activity, monkeypatch):
    monkeypatch.setattr("courses.forms.PICTURE_BYTES", 100)
    assert "errorlist" in main_of(post(officer, activity, picture=picture()))
    assert Submission.objects.count() == 0


def test_handing_in_by_address_is_shut_where_the_page_is(task, activity, officer_p1, units):
    client = client_of(officer_p1)
    assert post(client, activity, link=PAGE).status_code == 404
    task.enrol(officer_p1)
    lesson = task.pages.activity(task.pages.lesson_1)
    assert post(client, lesson, link=PAGE).status_code == 404
    assert client.get(f"/learn/activities/{activity.pk}/hand-in/").status_code == 405
    assert Submission.objects.count() == 0


def test_the_button_of_lessons_does_not_finish_a_task(officer, activity):
    assert officer.post(f"/learn/activities/{activity.pk}/done/").status_code == 404
    assert not ProgressEvent.objects.filter(kind="done").exists()


def test_a_self_check_on_its_page_gives_the_reason_and_finishes_nothing(officer, task, activity):
    task.page.body = [CHECK]
    publish(task.page)
    answer = officer.post(f"/learn/activities/{activity.pk}/check/{CHECK['id']}/", {"option": "1"}, follow=True)
    assert "Đúng vậy." in answer.content.decode()
    assert not ProgressEvent.objects.filter(kind="done").exists()


def test_what_came_back_stands_on_the_page_and_on_my_training_with_the_form(officer, task, waiting, manager_p1):
    practice.return_to_learner(submission=waiting, by=manager_p1, feedback="Thiếu ảnh bìa & tên.", at=NOON)
    page = main_of(officer.get(task.page.url))
    assert "Thiếu ảnh bìa &amp; tên." in page
    assert f'value="{PAGE}"' in page
    assert 'name="number" value="2"' in page


def test_a_confirmed_task_shows_who_confirmed_and_no_form(officer, task, waiting, manager_p1):
    practice.confirm(submission=waiting, by=manager_p1, at=NOON)
    page = main_of(officer.get(task.page.url))
    assert manager_p1.full_name in page
    assert "hand-in/" not in page


def test_the_news_tag_shows_nothing_where_nothing_was_handed_in(officer_p1, enrolled, activity, rf):
    from django.template import Context, Template

    request = rf.get("/learn/")
    request.user = officer_p1
    template = Template("{% load course_tags %}{% practice_news %}")
    assert template.render(Context({"request": request})).strip() == ""
    send(enrolled, activity)
    assert "Thực hành" in template.render(Context({"request": request}))


# --- The picture ---------------------------------------------------------------------------------------


def test_the_picture_is_for_the_learner_and_for_who_may_mark(
    officer, waiting, manager_p1, manager_p2, officer_p2, centre, units, client
):
    url = f"/learn/submissions/{waiting.pk}/picture/"
    for may in (officer, client_of(manager_p1), client_of(centre)):
        answer = may.get(url)
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content).startswith(b"\xff\xd8\xff")
    colleague = make_person("dn", "Đồng Nghiệp", units.p1_a)
    viewer = make_person("xem", "Người Xem", units.p1)
    Grant.objects.create(person=viewer, unit=units.p1, right="view", starts_on=DAY_ONE)
    for person in (manager_p2, officer_p2, colleague, viewer):
        assert client_of(person).get(url).status_code == 404
    assert client.get(url).status_code == 302


def test_the_picture_is_served_as_a_picture_and_nothing_else(officer, waiting):
    answer = officer.get(f"/learn/submissions/{waiting.pk}/picture/")
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("inline")
    assert "private" in answer["Cache-Control"]
    again = officer.get(f"/learn/submissions/{waiting.pk}/picture/", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_the_picture_is_not_among_the_public_files(officer, waiting):
    assert officer.get(f"/files/{waiting.screenshot.name}").status_code == 404
    assert officer.get(f"/files/private/{waiting.screenshot.name}").status_code == 404


def test_a_hand_in_without_a_picture_has_none(officer, enrolled, activity):
    assert officer.get(f"/learn/submissions/{send(enrolled, activity).pk}/picture/").status_code == 404


# --- Marking -------------------------------------------------------------------------------------------


def test_the_list_confirms_with_one_click(waiting, manager_p1, officer_p1, enrolled, task):
    client = client_of(manager_p1)
    page = main_of(client.get("/learn/marking/"))
    assert officer_p1.full_name in page
    assert "Xã Vạn Yên" in page
    assert f'action="/learn/marking/{waiting.pk}/confirm/"' in page
    answer = client.post(f"/learn/marking/{waiting.pk}/confirm/")
    assert (answer.status_code, answer.url) == (302, "/learn/marking/")
    assert Submission.objects.get().marked_by == manager_p1
    assert officer_p1.full_name in main_of(client.get("/learn/marking/?trang_thai=xac-nhan"))
    assert f"/learn/marking/{waiting.pk}/" not in main_of(client.get("/learn/marking/"))


def test_the_page_of_one_shows_link_picture_criteria_and_history(waiting, enrolled, activity, manager_p1):
    practice.return_to_learner(submission=waiting, by=manager_p1, feedback="Thiếu ảnh bìa.", at=NOON)
    newer = send(enrolled, activity, link=OTHER, note="Đã bổ sung")
    page = main_of(client_of(manager_p1).get(f"/learn/marking/{newer.pk}/"))
    for word in (OTHER, "Đã bổ sung", "Hai người toàn quyền", "Thiếu ảnh bìa.", "Trang không có mật khẩu riêng."):
        assert word in page
    assert all("noopener noreferrer" in tag for tag in re.findall(r'<a [^>]*href="https://www.facebook[^>]*>', page))
    assert f"/learn/submissions/{waiting.pk}/picture/" in page


def test_returning_without_a_sentence_returns_nothing_and_too_long_a_one_is_kept(waiting, manager_p1):
    client = client_of(manager_p1)
    assert "errorlist" in main_of(client.post(f"/learn/marking/{waiting.pk}/return/", {"feedback": "  "}))
    page = main_of(client.post(f"/learn/marking/{waiting.pk}/return/", {"feedback": "Dài " * 200}))
    assert "Dài Dài" in page
    assert "<details open" in page
    waiting.refresh_from_db()
    assert waiting.state == State.SUBMITTED
    client.post(f"/learn/marking/{waiting.pk}/return/", {"feedback": "Thiếu ảnh bìa."})
    waiting.refresh_from_db()
    assert (waiting.state, waiting.feedback) == (State.RETURNED, "Thiếu ảnh bìa.")


def test_the_second_marker_is_told_who_was_first(waiting, manager_p1, centre):
    client_of(manager_p1).post(f"/learn/marking/{waiting.pk}/confirm/")
    for verb, data in (("confirm", {}), ("return", {"feedback": "Chưa đủ."})):
        answer = client_of(centre).post(f"/learn/marking/{waiting.pk}/{verb}/", data, follow=True)
        assert manager_p1.full_name in answer.content.decode().partition('class="messages"')[2].partition("</ul>")[0]
    waiting.refresh_from_db()
    assert (waiting.state, waiting.marked_by) == (State.CONFIRMED, manager_p1)


def test_a_doubled_click_of_the_marker_confirms_once(waiting, manager_p1, enrolled, task):
    for other in Activity.objects.exclude(pk=task.activity.pk):
        record_activity(enrolment=enrolled, activity=other, kind="done", source_key=f"t{other.pk}", at=NOON)
    for _ in range(2):
        client_of(manager_p1).post(f"/learn/marking/{waiting.pk}/confirm/")
    assert (ProgressEvent.objects.filter(rule="practice").count(), Completion.objects.count()) == (1, 1)


def test_whoever_may_not_mark_finds_nothing(waiting, officer, officer_p2, manager_p2, units):
    viewer = make_person("xem", "Người Xem", units.p1)
    Grant.objects.create(person=viewer, unit=units.p1, right="view", starts_on=DAY_ONE)
    ended = make_person("cu", "Người Cũ", units.p1)
    Grant.objects.create(person=ended, unit=units.p1, right="mark", starts_on=DAY_ONE, ends_on="2023-01-01")
    for client in (officer, client_of(officer_p2), client_of(viewer), client_of(ended)):
        assert client.get("/learn/marking/").status_code == 404
    # Somebody who may mark elsewhere finds an empty list, and nobody else's submission by its address.
    elsewhere = client_of(manager_p2)
    assert waiting.enrolment.user.full_name not in main_of(elsewhere.get("/learn/marking/"))
    for client in (officer, client_of(viewer), client_of(ended), elsewhere):
        base = f"/learn/marking/{waiting.pk}/"
        assert client.get(base).status_code == 404
        assert client.post(f"{base}confirm/").status_code == 404
        assert client.post(f"{base}return/", {"feedback": "Chưa."}).status_code == 404
    waiting.refresh_from_db()
    assert waiting.state == State.SUBMITTED


def test_nobody_finds_their_own_in_the_list(waiting, officer_p1, officer, units):
    Grant.objects.create(person=officer_p1, unit=units.p1, right="mark", starts_on=DAY_ONE)
    assert officer_p1.full_name not in main_of(officer.get("/learn/marking/"))
    assert officer.post(f"/learn/marking/{waiting.pk}/confirm/").status_code == 404


def test_getting_confirms_nothing(waiting, manager_p1):
    assert client_of(manager_p1).get(f"/learn/marking/{waiting.pk}/confirm/").status_code == 405
    waiting.refresh_from_db()
    assert waiting.state == State.SUBMITTED


def test_the_list_costs_the_same_for_three_as_for_one(task, units, manager_p1):
    client = client_of(manager_p1)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/learn/marking/").status_code == 200
        return len(queries)

    people = [make_person(f"cb{number}", f"Cán Bộ {number}", units.p1_a) for number in range(3)]
    send(task.enrol(people[0]), task.activity)
    client.get("/learn/marking/")
    one = cost()
    for person in people[1:]:
        send(task.enrol(person), task.activity)
    assert cost() == one


@pytest.mark.parametrize("asked", ["?trang_thai=x", "?trang=0", "?trang=99999999", "?trang=-1", "?trang=²"])
def test_a_strange_question_to_the_list_gets_the_list(waiting, manager_p1, asked):
    assert client_of(manager_p1).get(f"/learn/marking/{asked}").status_code == 200


def test_a_page_that_was_taken_away_leaves_what_was_handed_in_to_be_marked(waiting, manager_p1, task):
    task.page.unpublish()
    client = client_of(manager_p1)
    assert client.get(f"/learn/marking/{waiting.pk}/").status_code == 200
    client.post(f"/learn/marking/{waiting.pk}/confirm/")
    waiting.refresh_from_db()
    assert waiting.state == State.CONFIRMED


def test_a_lesson_costs_no_more_beside_a_task_that_waits(officer, task, waiting, django_assert_max_num_queries):
    officer.get(task.pages.lesson_1.url)
    with django_assert_max_num_queries(10) as beside_one:
        officer.get(task.pages.lesson_1.url)
    add(task.pages.module_2, LessonPage(title="Thêm", slug="them"))
    with django_assert_max_num_queries(10) as beside_more:
        officer.get(task.pages.lesson_1.url)
    assert len(beside_one) == len(beside_more)
