"""Handing in a practical task and what is said to it: the rows, the progress, the certificate."""

import datetime as dt

import pytest
from django.core.files.storage import InMemoryStorage, storages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import ModelLogEntry

from certificates.models import Certificate
from courses.models import Activity, ActivityState, Completion, Enrolment, ProgressEvent, Submission
from courses.queries import access
from courses.queries import practice as screens
from courses.queries.progress import learner_course
from courses.rules import LinkProblem, LinkRefusedError, checked_link
from courses.services import practice
from courses.services.progress import rebuild, record_activity
from courses.signals import practice_confirmed, practice_submitted
from lms.accounts.models import User
from lms.units.models import Grant
from tests.conftest import DAY_ONE, NOON, Units, make_person
from tests.factories.practice import PAGE, Task, make_picture, make_task, send

pytestmark = pytest.mark.django_db
LATER = NOON + dt.timedelta(hours=2)
State = Submission.State


@pytest.fixture(autouse=True)
def private(monkeypatch: pytest.MonkeyPatch) -> InMemoryStorage:
    storage = InMemoryStorage()
    monkeypatch.setitem(storages._storages, "private", storage)
    monkeypatch.setattr(Submission._meta.get_field("screenshot"), "storage", storage)
    return storage


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
def waiting(enrolled: Enrolment, activity: Activity) -> Submission:
    return send(enrolled, activity)


def do(enrolment: Enrolment, *activities: Activity) -> None:
    for activity in activities:
        record_activity(
            enrolment=enrolment, activity=activity, kind="done", source_key=f"t:{enrolment.pk}:{activity.pk}", at=NOON
        )


def others_of(task: Task) -> list[Activity]:
    return list(Activity.objects.filter(course=task.pages.record).exclude(pk=task.activity.pk))


# --- Handing in ----------------------------------------------------------------------------------------


def test_what_is_handed_in_waits_with_the_unit_of_that_day(waiting, units, enrolled, activity):
    assert (waiting.number, waiting.state, waiting.unit, waiting.link) == (1, State.SUBMITTED, units.p1_a, PAGE)
    assert (waiting.names_page, waiting.submitted_at, waiting.marked_at) == (True, NOON, None)
    assert ActivityState.objects.get(activity=activity).state == "in_progress"
    assert not ProgressEvent.objects.filter(kind="done").exists()


def test_the_same_twice_is_one_submission(waiting, enrolled, activity):
    again = send(enrolled, activity, at=LATER, number=1)
    assert again == waiting
    assert Submission.objects.get().submitted_at == NOON


def test_the_same_picture_twice_is_one_submission_and_one_file(enrolled, activity, private):
    for _ in range(2):
        send(enrolled, activity, link="", picture=make_picture())
    submission = Submission.objects.get()
    assert len(submission.sha256) == 64
    assert len(private.listdir("practice")[0]) == 1
    assert len(private.listdir(submission.screenshot.name.rpartition("/")[0])[1]) == 1


def test_another_takes_the_place_of_the_one_that_waits(waiting, enrolled, activity):
    newer = send(enrolled, activity, link="https://www.facebook.com/mattran.halong", at=LATER, number=2)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.marked_by, practice.was_replaced(waiting)) == (
        State.RETURNED,
        enrolled.user,
        True,
    )
    assert (newer.number, newer.state) == (2, State.SUBMITTED)


def test_a_form_made_before_another_was_sent_sends_nothing_new(waiting, enrolled, activity):
    with pytest.raises(practice.HandInRefusedError) as refused:
        send(enrolled, activity, link="https://www.facebook.com/mattran.halong", number=1)
    assert set(refused.value.errors) == {""}
    assert Submission.objects.get() == waiting


def test_nothing_is_handed_in_after_confirmation(waiting, enrolled, activity, manager_p1):
    practice.confirm(submission=waiting, by=manager_p1, at=LATER)
    with pytest.raises(practice.HandInRefusedError):
        send(enrolled, activity, link="https://www.facebook.com/mattran.halong")
    assert Submission.objects.get().state == State.CONFIRMED


def test_a_returned_one_stays_as_it_was_and_the_next_has_the_next_number(waiting, enrolled, activity, manager_p1):
    practice.return_to_learner(submission=waiting, by=manager_p1, feedback=" Chưa thấy  Giới thiệu. ", at=LATER)
    # The very same again is a new hand-in: the page itself may have been corrected.
    newer = send(enrolled, activity, at=LATER)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.feedback, waiting.marked_by) == (
        State.RETURNED,
        "Chưa thấy Giới thiệu.",
        manager_p1,
    )
    assert (newer.number, newer.state) == (2, State.SUBMITTED)


def test_neither_link_nor_picture_is_refused(enrolled, activity):
    with pytest.raises(practice.HandInRefusedError):
        send(enrolled, activity, link="  ")
    assert Submission.objects.count() == 0


def test_link_and_picture_are_both_told_of(enrolled, activity):
    with pytest.raises(practice.HandInRefusedError) as refused:
        send(enrolled, activity, link="facebook.com/groups/123456", picture=b"<svg/>")
    assert set(refused.value.errors) == {"link", "picture"}
    assert Submission.objects.count() == 0


def test_a_row_that_is_refused_leaves_no_file(enrolled, activity, private, monkeypatch):
    def refuse(**kwargs):
        raise RuntimeError

    monkeypatch.setattr(practice, "note_opened", refuse)
    with pytest.raises(RuntimeError):
        send(enrolled, activity, link="", picture=make_picture())
    folders = private.listdir("practice")[0] if private.exists("practice") else []
    assert [private.listdir(f"practice/{folder}")[1] for folder in folders] in ([], [[]])
    assert Submission.objects.count() == 0


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("m.facebook.com/mattran.vanyen?mibextid=abc", "https://www.facebook.com/mattran.vanyen"),
        ("http://facebook.com/mattran.vanyen/", "https://www.facebook.com/mattran.vanyen"),
        ("https://www.facebook.com/profile.php?id=100080000000001", "https://www.facebook.com/profile.php?id=100080000000001"),
    ],
)  # fmt: skip
def test_the_unit_s_page_is_kept_in_one_spelling(enrolled, activity, typed, kept):
    assert send(enrolled, activity, link=typed).link == kept


@pytest.mark.parametrize(
    "typed",
    [
        "https://www.facebook.com/groups/123456",
        "https://www.facebook.com/share/abc",
        "https://www.facebook.com/mattran.vanyen/posts/123",
        "https://quangninh.gov.vn/mattran",
        "javascript:alert(1)",
        "https://www.facebook.com/" + "a" * 3000,
    ],
)
def test_what_is_not_the_unit_s_page_is_refused_with_a_sentence(enrolled, activity, typed):
    with pytest.raises(practice.HandInRefusedError) as refused:
        send(enrolled, activity, link=typed)
    assert len(refused.value.errors["link"].split()) > 5
    assert Submission.objects.count() == 0


# --- A link of any kind --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" https://mattran.quangninh.gov.vn/tin?id=1#a ", "https://mattran.quangninh.gov.vn/tin?id=1#a"),
        ("mattran.quangninh.gov.vn/tin", "https://mattran.quangninh.gov.vn/tin"),
        ("HTTPS://zalo.me/123", "HTTPS://zalo.me/123"),
        ("https://mặttrận.vn/tin", "https://mặttrận.vn/tin"),
        ("https://zalo.me:443/1", "https://zalo.me:443/1"),
    ],
)
def test_an_https_address_is_kept(typed, kept):
    assert checked_link(typed, own_hosts=["hoc.mattran.vn"]) == kept


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("http://zalo.me/1", LinkProblem.NOT_HTTPS),
        ("javascript:alert(1)", LinkProblem.NOT_HTTPS),
        ("JavaScript://zalo.me/%0aalert(1)", LinkProblem.NOT_HTTPS),
        ("data:text/html,abc", LinkProblem.NOT_HTTPS),
        ("ftp://zalo.me/1", LinkProblem.NOT_HTTPS),
        ("https://hoc.mattran.vn/learn/", LinkProblem.OUR_OWN),
        ("HTTPS://HOC.mattran.vn./learn/", LinkProblem.OUR_OWN),
        ("https://admin@zalo.me/1", LinkProblem.NOT_A_LINK),
        ("https://zalo.me@evil.vn/", LinkProblem.NOT_A_LINK),
        ("https://127.0.0.1/", LinkProblem.NOT_A_LINK),
        ("https://[::1]/", LinkProblem.NOT_A_LINK),
        ("https://localhost/", LinkProblem.NOT_A_LINK),
        ("https://zalo.me:8443/", LinkProblem.NOT_A_LINK),
        ("https://zalo.me/a b", LinkProblem.NOT_A_LINK),
        ("https://zalo.me/\nSet-Cookie", LinkProblem.NOT_A_LINK),
        ('https://zalo.me/"onmouseover=', LinkProblem.NOT_A_LINK),
        ("https://", LinkProblem.NOT_A_LINK),
        ("Trang của xã", LinkProblem.NOT_A_LINK),
        ("https://zalo.me/" + "a" * 500, LinkProblem.TOO_LONG),
    ],
)
def test_what_is_no_link_to_show_is_refused(typed, problem):
    with pytest.raises(LinkRefusedError) as refused:
        checked_link(typed, own_hosts=["hoc.mattran.vn"])
    assert refused.value.problem == problem


def test_a_link_to_this_site_is_refused(enrolled, activity, settings):
    settings.PUBLIC_URL = "https://hoc.mattran.vn"
    with pytest.raises(practice.HandInRefusedError) as refused:
        practice.hand_in(
            enrolment=enrolled, activity=activity, names_page=False, link="https://hoc.mattran.vn/learn/", at=NOON
        )
    assert set(refused.value.errors) == {"link"}


# --- Confirming and returning --------------------------------------------------------------------------


def test_confirming_is_one_event_that_names_the_submission(waiting, manager_p1, enrolled, activity):
    practice.confirm(submission=waiting, by=manager_p1, at=LATER)
    event = ProgressEvent.objects.get(kind="done")
    assert (event.source_key, event.rule, event.at, event.activity) == (
        f"practice:{waiting.pk}",
        "practice",
        LATER,
        activity,
    )
    assert ActivityState.objects.get(activity=activity).state == "done"
    waiting.refresh_from_db()
    assert (waiting.state, waiting.marked_by, waiting.marked_at) == (State.CONFIRMED, manager_p1, LATER)
    assert rebuild(enrolment=enrolled) is False


def test_the_last_confirmation_completes_the_course_and_enters_the_certificate(waiting, manager_p1, enrolled, task):
    do(enrolled, *others_of(task))
    assert not Completion.objects.exists()
    practice.confirm(submission=waiting, by=manager_p1, at=LATER)
    assert Completion.objects.get().completed_at == LATER
    assert Certificate.objects.get().completion.enrolment == enrolled
    assert rebuild(enrolment=enrolled) is False


def test_confirming_twice_is_once(waiting, manager_p1, enrolled, task):
    do(enrolled, *others_of(task))
    heard = []
    practice_confirmed.connect(lambda **kw: heard.append(kw["submission"].pk), weak=False, dispatch_uid="twice")
    for minutes in (0, 5):
        practice.confirm(submission=waiting, by=manager_p1, at=LATER + dt.timedelta(minutes=minutes))
    practice_confirmed.disconnect(dispatch_uid="twice")
    counts = [ProgressEvent.objects.filter(rule="practice").count(), Completion.objects.count()]
    assert [*counts, Certificate.objects.count(), heard] == [1, 1, 1, [waiting.pk]]
    assert ModelLogEntry.objects.filter(action="courses.confirm_practice").count() == 1


def test_the_second_of_two_markers_is_told(waiting, manager_p1, centre):
    practice.confirm(submission=waiting, by=manager_p1, at=NOON)
    with pytest.raises(practice.AlreadyMarkedError) as told:
        practice.return_to_learner(submission=waiting, by=centre, feedback="Chưa đủ.", at=LATER)
    assert (told.value.submission.marked_by, told.value.submission.state) == (manager_p1, State.CONFIRMED)
    with pytest.raises(practice.AlreadyMarkedError):
        practice.confirm(submission=waiting, by=centre, at=LATER)
    with pytest.raises(practice.AlreadyMarkedError):
        practice.return_to_learner(submission=waiting, by=manager_p1, feedback="Chưa đủ.", at=LATER)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.marked_by, waiting.feedback) == (State.CONFIRMED, manager_p1, "")


def test_what_was_replaced_cannot_be_confirmed(waiting, manager_p1, enrolled, activity):
    send(enrolled, activity, link="https://www.facebook.com/mattran.halong")
    with pytest.raises(practice.AlreadyMarkedError) as told:
        practice.confirm(submission=waiting, by=manager_p1, at=LATER)
    assert practice.was_replaced(told.value.submission)
    assert not ProgressEvent.objects.filter(kind="done").exists()


def test_returning_needs_a_sentence(waiting, manager_p1):
    for feedback in ("", "  \n ", "a" * 501):
        with pytest.raises(ValueError, match="sentence"):
            practice.return_to_learner(submission=waiting, by=manager_p1, feedback=feedback, at=LATER)
    waiting.refresh_from_db()
    assert waiting.state == State.SUBMITTED


def test_returning_is_no_event_and_is_written_down(waiting, manager_p1, officer_p1):
    for _ in range(2):
        practice.return_to_learner(submission=waiting, by=manager_p1, feedback="Thiếu ảnh bìa.", at=LATER)
    assert not ProgressEvent.objects.filter(kind="done").exists()
    entry = ModelLogEntry.objects.get(action="courses.return_practice")
    where = {"unit": waiting.unit.pk, "path": waiting.unit.path}
    said = {"learner": officer_p1.pk, "feedback": "Thiếu ảnh bìa.", **where}
    assert (entry.user, entry.data) == (manager_p1, said)


def test_nobody_marks_their_own(enrolled, activity, waiting, officer_p1, units):
    Grant.objects.create(person=officer_p1, unit=units.p1, right="mark", starts_on=DAY_ONE)
    with pytest.raises(practice.OwnWorkError):
        practice.confirm(submission=waiting, by=officer_p1, at=LATER)
    with pytest.raises(practice.OwnWorkError):
        practice.return_to_learner(submission=waiting, by=officer_p1, feedback="Tự trả.", at=LATER)
    assert screens.waiting_count(officer_p1) == 0
    waiting.refresh_from_db()
    assert waiting.state == State.SUBMITTED


def test_what_is_handed_in_and_confirmed_is_told_once_each(enrolled, activity, manager_p1):
    heard: list[tuple[str, str]] = []

    def submitted(submission: Submission, **_: object) -> None:
        heard.append(("submitted", submission.state))

    def confirmed(submission: Submission, **_: object) -> None:
        heard.append(("confirmed", submission.state))

    practice_submitted.connect(submitted)
    practice_confirmed.connect(confirmed)
    for _ in range(2):
        submission = send(enrolled, activity)
    for _ in range(2):
        practice.confirm(submission=submission, by=manager_p1, at=LATER)
    assert heard == [("submitted", "submitted"), ("confirmed", "confirmed")]


def test_a_completion_made_before_the_task_came_stands(units, officer_p1, manager_p1):
    """The package gains a required task: who has finished keeps date and certificate, who is under way has one more."""
    from tests.factories.pages import add, small_course

    pages = small_course()
    from courses.services.enrolment import enrol

    finished = enrol(user=officer_p1, course=pages.record, at=NOON)
    under_way = enrol(user=make_person("b", "Vũ Xuân Bình", units.p1_b), course=pages.record, at=NOON)
    lessons = [pages.activity(page) for page in (pages.lesson_1, pages.lesson_2, pages.lesson_3)]
    do(finished, *lessons)
    do(under_way, *lessons[:2])
    from courses.models import PracticePage

    add(pages.module_1, PracticePage(title="Thực hành", slug="thuc-hanh", names_page=True))
    task = Activity.objects.get(kind="practice")
    do(under_way, lessons[2])
    assert [completion.enrolment for completion in Completion.objects.all()] == [finished]
    assert learner_course(finished).completed_at == NOON
    assert learner_course(under_way).next.id == task.pk
    assert rebuild(enrolment=finished) is False
    # The finished one may still do it; nothing is completed a second time.
    practice.confirm(submission=send(finished, task), by=manager_p1, at=LATER)
    assert Completion.objects.get().completed_at == NOON
    assert Certificate.objects.count() == 1


# --- Reading on ----------------------------------------------------------------------------------------


def test_a_task_under_review_locks_nothing_and_is_not_next(waiting, enrolled, task, activity):
    do(enrolled, task.pages.activity(task.pages.lesson_1), task.pages.activity(task.pages.lesson_2))
    lesson_3 = task.pages.activity(task.pages.lesson_3)
    course = learner_course(enrolled)
    assert access.may_read(enrolled.user, lesson_3).allowed
    assert (course.next.id, [row.id for row in course.waiting], course.done) == (lesson_3.pk, [activity.pk], 2)
    assert [module.state for module in course.modules] == ["in_progress", "not_started"]


def test_a_task_not_handed_in_locks_the_next_topic(enrolled, task, activity):
    do(enrolled, task.pages.activity(task.pages.lesson_1), task.pages.activity(task.pages.lesson_2))
    assert not access.may_read(enrolled.user, task.pages.activity(task.pages.lesson_3)).allowed
    assert learner_course(enrolled).next.id == activity.pk


def test_a_returned_task_is_next_again_and_locks_nothing(waiting, enrolled, task, activity, manager_p1):
    do(enrolled, task.pages.activity(task.pages.lesson_1), task.pages.activity(task.pages.lesson_2))
    practice.return_to_learner(submission=waiting, by=manager_p1, feedback="Thiếu ảnh bìa.", at=LATER)
    assert learner_course(enrolled).next.id == activity.pk
    assert access.may_read(enrolled.user, task.pages.activity(task.pages.lesson_3)).allowed


# --- The queue -----------------------------------------------------------------------------------------


def many(task: Task, units: Units, count: int, *, start: int = 0) -> list[Submission]:
    found = []
    for number in range(start, start + count):
        person = make_person(f"cb{number}", f"Cán Bộ {number}", units.p1_a)
        found.append(send(task.enrol(person), task.activity, at=NOON + dt.timedelta(minutes=number)))
    return found


def test_the_queue_holds_the_own_units_oldest_first(task, units, manager_p1, manager_p2, officer_p2, activity):
    first, second = many(task, units, 2)
    send(task.enrol(officer_p2), activity)
    found = screens.queue(manager_p1, state=State.SUBMITTED, at=LATER)
    assert [row.id for row in found.rows] == [first.pk, second.pk]
    assert found.counts == {"submitted": 2, "confirmed": 0, "returned": 0}
    assert (found.rows[0].learner, found.rows[0].unit, found.rows[0].position) == (
        "Cán Bộ 0",
        "Xã Vạn Yên",
        "Chuyên viên",
    )
    assert [row.learner for row in screens.queue(manager_p2, state=State.SUBMITTED, at=LATER).rows] == [
        officer_p2.full_name
    ]


def test_what_was_replaced_is_not_among_the_returned(waiting, enrolled, activity, manager_p1):
    send(enrolled, activity, link="https://www.facebook.com/mattran.halong")
    assert screens.queue(manager_p1, state=State.RETURNED, at=LATER).counts == {
        "submitted": 1,
        "confirmed": 0,
        "returned": 0,
    }


def test_the_queue_asks_as_often_for_three_as_for_one(task, units, manager_p1):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            screens.queue(manager_p1, state=State.SUBMITTED, at=LATER)
        return len(queries)

    many(task, units, 1)
    one = cost()
    many(task, units, 2, start=1)
    assert cost() == one


def test_how_many_wait_is_one_query_for_who_marks_nobody(task, units, manager_p1, officer_p1):
    many(task, units, 3)
    with CaptureQueriesContext(connection) as queries:
        assert screens.waiting_count(officer_p1) == 0
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        assert screens.waiting_count(manager_p1) == 3
    assert len(queries) == 3


def test_pages_of_the_queue_hold_fifty(task, units, manager_p1, monkeypatch):
    monkeypatch.setattr(screens, "PAGE_SIZE", 2)
    rows = many(task, units, 3)
    last = screens.queue(manager_p1, state=State.SUBMITTED, number=9, at=LATER)
    assert ([row.id for row in last.rows], last.number, last.last) == ([rows[2].pk], 2, 2)


def test_a_trainer_marks_by_a_grant_and_only_where_it_holds(waiting, units):
    trainer = make_person("giang.vien", "Lê Giảng", None)
    assert screens.waiting_count(trainer) == 0
    Grant.objects.create(person=trainer, unit=units.p1_a, right="mark", starts_on=DAY_ONE)
    assert screens.waiting_count(trainer) == 1
    Grant.objects.filter(person=trainer).update(unit=units.p1_b)
    assert screens.waiting_count(trainer) == 0


def test_a_right_to_see_is_no_right_to_mark(waiting, units):
    viewer = make_person("xem", "Người Xem", units.p1)
    Grant.objects.create(person=viewer, unit=units.p1, right="view", starts_on=DAY_ONE)
    assert screens.waiting_count(viewer) == 0
    assert not Submission.objects.visible_to(viewer).exists()


def test_the_nearest_unit_s_markers_are_named(enrolled, units, officer_p1, manager_p1, centre):
    assert screens.markers_for(officer_p1, enrolled, on=NOON.date()) == [manager_p1.full_name]
    near = make_person("gan", "Trần Gần", units.p1_a)
    Grant.objects.create(person=near, unit=units.p1_a, right="mark", starts_on=DAY_ONE)
    assert screens.markers_for(officer_p1, enrolled, on=NOON.date()) == ["Trần Gần"]


# --- News ----------------------------------------------------------------------------------------------


def test_news_say_what_came_back_what_waits_and_what_is_confirmed(waiting, enrolled, activity, manager_p1, officer_p1):
    assert [(row.state, row.title) for row in screens.news_of(officer_p1, at=NOON)] == [("submitted", "Thực hành")]
    practice.return_to_learner(submission=waiting, by=manager_p1, feedback="Thiếu ảnh bìa.", at=LATER)
    assert [(row.state, row.feedback, row.by) for row in screens.news_of(officer_p1, at=LATER)] == [
        ("returned", "Thiếu ảnh bìa.", manager_p1.full_name)
    ]
    practice.confirm(submission=send(enrolled, activity, at=LATER), by=manager_p1, at=LATER)
    assert [row.state for row in screens.news_of(officer_p1, at=LATER)] == ["confirmed"]
    assert screens.news_of(officer_p1, at=LATER + dt.timedelta(days=30)) == []
    assert screens.news_of(manager_p1, at=LATER) == []
