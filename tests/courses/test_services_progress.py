import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from courses.enums import EventKind, State
from courses.models import Activity, ActivityState, Bookmark, Completion, Enrolment, ProgressEvent
from courses.services import progress
from courses.services.enrolment import enrol
from courses.signals import course_completed
from lms.accounts.models import User
from lms.units.models import Appointment
from tests.conftest import NOON, Outline, Units

LATER = NOON + dt.timedelta(hours=2)


def do(enrolment: Enrolment, activity: Activity, at: dt.datetime = NOON, kind: EventKind = EventKind.DONE, **extra):
    return progress.record_activity(
        enrolment=enrolment,
        activity=activity,
        kind=kind,
        source_key=extra.pop("source_key", f"t:{enrolment.pk}:{activity.pk}:{kind}:{at}"),
        at=at,
        **extra,
    )


@pytest.fixture
def heard():
    found = []

    def listen(sender, completion, **kwargs):
        found.append(completion.pk)

    course_completed.connect(listen)
    yield found
    course_completed.disconnect(listen)


def test_the_same_source_told_twice_is_one_event(enrolment, outline):
    do(enrolment, outline.lesson_1, source_key="once")
    do(enrolment, outline.lesson_1, LATER, source_key="once")
    assert list(ProgressEvent.objects.values_list("source_key", "at")) == [("once", NOON)]


def test_doing_a_thing_again_keeps_the_first_date(enrolment, outline):
    do(enrolment, outline.lesson_1)
    do(enrolment, outline.lesson_1, LATER)
    state = enrolment.activity_states.get()
    assert (state.state, state.done_at, ProgressEvent.objects.count()) == (State.DONE, NOON, 2)


def test_a_failed_quiz_is_under_way_and_keeps_the_best_score(enrolment, outline):
    do(enrolment, outline.quiz, kind=EventKind.FAILED, score=Decimal("0.6"))
    do(enrolment, outline.quiz, LATER, kind=EventKind.FAILED, score=Decimal("0.4"))
    state = enrolment.activity_states.get()
    assert (state.state, state.done_at, state.best_score) == (State.IN_PROGRESS, None, Decimal("0.6"))


def test_the_last_required_activity_completes_the_course_once(enrolment, outline, units, heard):
    for activity in (outline.lesson_1, outline.lesson_2, outline.quiz):
        assert do(enrolment, activity) is None
    completion = do(enrolment, outline.lesson_3, LATER)
    assert completion is not None
    assert do(enrolment, outline.lesson_3, LATER, source_key="again") is None
    stored = Completion.objects.get()
    assert (stored.completed_at, stored.unit, stored.position) == (LATER, units.p1_a, "Phó Chủ tịch")
    assert stored.required == [str(a.key) for a in (outline.lesson_1, outline.lesson_2, outline.quiz, outline.lesson_3)]
    assert heard == [stored.pk]


def test_an_optional_or_retired_activity_holds_nobody_up(enrolment, outline, heard):
    Activity.objects.filter(pk=outline.lesson_2.pk).update(is_required=False)
    Activity.objects.filter(pk=outline.lesson_3.pk).update(retired_at=NOON)
    do(enrolment, outline.lesson_1)
    assert do(enrolment, outline.quiz) is not None
    assert len(heard) == 1


def test_opening_everything_completes_nothing(enrolment, outline, heard):
    for activity in (outline.lesson_1, outline.lesson_2, outline.quiz, outline.lesson_3):
        do(enrolment, activity, kind=EventKind.OPENED)
    assert Completion.objects.count() == 0
    assert heard == []


def test_a_completion_counts_for_the_unit_of_that_day(enrolment, outline, units, officer_p1):
    appointment = Appointment.objects.get(person=officer_p1)
    appointment.ends_on = NOON.date()
    appointment.save()
    Appointment.objects.create(person=officer_p1, unit=units.p1_b, position="Chủ tịch", starts_on=NOON.date())
    for activity in (outline.lesson_1, outline.lesson_2, outline.quiz, outline.lesson_3):
        do(enrolment, activity)
    stored = Completion.objects.get()
    assert (stored.unit, stored.position, enrolment.unit) == (units.p1_b, "Chủ tịch", units.p1_a)


def test_a_listener_that_fails_takes_the_completion_with_it(enrolment, outline):
    def explode(sender, completion, **kwargs):
        raise RuntimeError("register is closed")

    for activity in (outline.lesson_1, outline.lesson_2, outline.quiz):
        do(enrolment, activity)
    course_completed.connect(explode)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            do(enrolment, outline.lesson_3)
    finally:
        course_completed.disconnect(explode)
    assert Completion.objects.count() == 0
    assert enrolment.activity_states.filter(activity=outline.lesson_3).count() == 0


@pytest.mark.parametrize(
    "statement", ["UPDATE courses_progressevent SET rule = 'x'", "DELETE FROM courses_progressevent"]
)
def test_the_database_refuses_to_change_an_event(enrolment, outline, statement):
    do(enrolment, outline.lesson_1)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert ProgressEvent.objects.values_list("rule", flat=True).get() == ""


def test_rebuilding_states_from_the_log_changes_nothing(enrolment, outline):
    do(enrolment, outline.quiz, kind=EventKind.FAILED, score=Decimal("0.2"))
    do(enrolment, outline.quiz, LATER, score=Decimal("0.9"))
    do(enrolment, outline.lesson_1, LATER, kind=EventKind.OPENED)
    assert progress.rebuild(enrolment=enrolment) is False


def test_rebuilding_repairs_what_somebody_spoilt(enrolment, outline):
    do(enrolment, outline.lesson_1)
    enrolment.activity_states.update(state=State.IN_PROGRESS, done_at=None)
    assert progress.rebuild(enrolment=enrolment) is True
    assert enrolment.activity_states.get().state == State.DONE


def test_opening_again_moves_the_bookmark_and_adds_no_event(enrolment, outline):
    progress.note_opened(enrolment=enrolment, activity=outline.lesson_1, is_new=True, at=NOON)
    progress.note_opened(enrolment=enrolment, activity=outline.lesson_2, is_new=True, at=NOON)
    progress.note_opened(enrolment=enrolment, activity=outline.lesson_1, is_new=False, at=LATER)
    assert Bookmark.objects.values_list("activity", "at").get() == (outline.lesson_1.pk, LATER)
    assert ProgressEvent.objects.count() == 2


def test_enrolling_twice_is_one_enrolment_in_the_unit_of_that_day(officer_p1, outline, units: Units):
    first = enrol(user=officer_p1, course=outline.course, at=NOON)
    assert enrol(user=officer_p1, course=outline.course, at=LATER) == first
    assert (first.unit, first.cycle, first.enrolled_at) == (units.p1_a, 1, NOON)


def test_enrolling_after_a_withdrawal_is_the_next_cycle(officer_p1, outline: Outline):
    first = enrol(user=officer_p1, course=outline.course, at=NOON)
    Enrolment.objects.filter(pk=first.pk).update(withdrawn_at=NOON)
    assert enrol(user=officer_p1, course=outline.course, at=LATER).cycle == 2


def test_a_strangers_manager_sees_no_enrolment(enrolment, manager_p1, manager_p2, centre, officer_p1, officer_p2):
    def seen(person):
        return list(Enrolment.objects.visible_to(person))

    assert [seen(p) for p in (officer_p1, manager_p1, centre)] == [[enrolment]] * 3
    assert [seen(p) for p in (officer_p2, manager_p2)] == [[], []]


def test_who_moves_away_is_seen_by_both_managers(enrolment, officer_p1, manager_p1, manager_p2, units: Units):
    """The record stays with the old unit; the person belongs to the other province now."""
    moved_on = dt.date(2026, 1, 1)
    Appointment.objects.filter(person=officer_p1).update(ends_on=moved_on)
    Appointment.objects.create(person=officer_p1, unit=units.p2_a, position="Chuyên viên", starts_on=moved_on)
    with time_machine.travel(NOON, tick=False):
        assert list(Enrolment.objects.visible_to(manager_p1)) == [enrolment]
        assert list(Enrolment.objects.visible_to(manager_p2)) == [enrolment]


# --- Much at once -----------------------------------------------------------------------------------------


def test_a_history_told_at_once_is_what_the_same_events_one_by_one_would_be(
    enrolment: Enrolment, outline: Outline, officer_p1: User
) -> None:
    every = [outline.lesson_1, outline.lesson_2, outline.quiz, outline.lesson_3]
    done = [(activity, NOON + dt.timedelta(days=number)) for number, activity in enumerate(every)]
    progress.record_activity(
        enrolment=enrolment, activity=outline.lesson_1, kind=EventKind.OPENED, source_key="opened", at=NOON
    )
    assert progress.record_history(enrolment=enrolment, done=done[:3], rule="demo") is None
    completion = progress.record_history(enrolment=enrolment, done=done, rule="demo")
    assert completion is not None
    assert completion.completed_at == NOON + dt.timedelta(days=3)
    assert progress.record_history(enrolment=enrolment, done=done, rule="demo") is None
    assert ProgressEvent.objects.count() == 5
    assert progress.rebuild(enrolment=enrolment) is False


def test_a_history_costs_as_many_queries_for_four_activities_as_for_one(enrolment: Enrolment, outline: Outline) -> None:
    def told(*activities: Activity) -> int:
        with CaptureQueriesContext(connection) as queries:
            progress.record_history(
                enrolment=enrolment, done=[(activity, NOON) for activity in activities], rule=str(len(activities))
            )
        return len(queries)

    one = told(outline.lesson_1)
    ActivityState.objects.all().delete()
    assert told(outline.lesson_1, outline.lesson_2, outline.quiz) == one
