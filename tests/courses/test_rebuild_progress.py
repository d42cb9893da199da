"""States are derived: whatever happened in whatever order, making them again from the log gives the same."""

import datetime as dt
import io
import re
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.enums import EventKind, State
from courses.models import ActivityState, Bookmark, Completion, Course, Enrolment
from courses.services import progress
from tests.conftest import NOON, Outline, make_person

pytestmark = pytest.mark.django_db

EVENTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(list(EventKind)),
        st.integers(0, 72),
        st.none() | st.decimals(0, 1, places=4),
        # Told a second time or not.
        st.booleans(),
    ),
    max_size=12,
)


def derived(enrolment: Enrolment) -> tuple[object, ...]:
    enrolment.refresh_from_db()
    states = ActivityState.objects.filter(enrolment=enrolment).order_by("activity_id")
    return (
        enrolment.started_at,
        enrolment.last_seen_at,
        list(states.values_list("activity_id", "state", "started_at", "done_at", "best_score")),
    )


def tell(enrolment: Enrolment, outline: Outline, number: int, event: tuple) -> None:
    index, kind, hours, score, again = event
    activity = (outline.lesson_1, outline.lesson_2, outline.quiz, outline.lesson_3)[index]
    for _time in range(2 if again else 1):
        progress.record_activity(
            enrolment=enrolment,
            activity=activity,
            kind=kind,
            source_key=f"random:{number}",
            at=NOON + dt.timedelta(hours=hours),
            score=score,
        )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_states_after_any_events_equal_a_rebuild(enrolment, outline, events):
    with transaction.atomic():
        for number, event in enumerate(events):
            tell(enrolment, outline, number, event)
        before = derived(enrolment)
        assert progress.rebuild(enrolment=enrolment) is False
        ActivityState.objects.filter(enrolment=enrolment).delete()
        Enrolment.objects.filter(pk=enrolment.pk).update(started_at=None, last_seen_at=None)
        assert progress.rebuild(enrolment=enrolment) is bool(events)
        assert derived(enrolment) == before
        transaction.set_rollback(True)


def run(*arguments: str) -> list[int]:
    """How many were made again, of how many."""
    said = io.StringIO()
    call_command("rebuild_progress", *arguments, stdout=said)
    return [int(number) for number in re.findall(r"\d+", said.getvalue())]


@pytest.fixture
def spoilt(enrolment, outline) -> Enrolment:
    """One lesson is done in the log; somebody has put another into the states by hand."""
    tell(enrolment, outline, 1, (0, EventKind.DONE, 1, Decimal("0.5"), False))
    ActivityState.objects.create(
        enrolment=enrolment, activity=outline.quiz, state=State.DONE, started_at=NOON, done_at=NOON
    )
    return enrolment


def test_the_command_makes_states_again_and_leaves_completions_and_bookmarks(spoilt, outline):
    completion = Completion.objects.create(
        enrolment=spoilt, course=outline.course, user=spoilt.user, completed_at=NOON, unit=spoilt.unit
    )
    Bookmark.objects.create(enrolment=spoilt, activity=outline.quiz, at=NOON)
    run()
    assert list(ActivityState.objects.values_list("activity_id", "state")) == [(outline.lesson_1.pk, State.DONE)]
    assert Completion.objects.get() == completion
    assert Bookmark.objects.get().activity == outline.quiz


def test_a_rehearsal_counts_and_changes_nothing(spoilt, outline):
    before = derived(spoilt)
    assert run("--dry-run") == [1, 1]
    assert derived(spoilt) == before


def test_a_second_run_finds_nothing_to_do(spoilt):
    assert run() == [1, 1]
    assert run() == [0, 1]


def test_another_course_is_left_alone(spoilt, outline, units):
    other = Course.objects.create(key="00000000-0000-4000-8000-000000000001", title="Khác")
    Enrolment.objects.create(user=make_person("khac", "Người Khác", units.p2_a), course=other, enrolled_at=NOON)
    before = derived(spoilt)
    assert run("--course", str(other.pk)) == [0, 1]
    assert derived(spoilt) == before


def test_a_course_that_is_not_there_is_told_in_a_sentence(db):
    with pytest.raises(CommandError, match="4711"):
        run("--course", "4711")
