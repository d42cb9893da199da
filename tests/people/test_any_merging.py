"""Whatever two or three accounts of one person have done, united in any order: they count as one person who had done
all of it, and taken back they are what they were.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.enums import State
from courses.models import Enrolment
from courses.queries.progress import my_training
from courses.services import progress
from courses.services.enrolment import enrol
from lms.accounts.models import User
from lms.fanpages import services as fanpages
from lms.people.services import merging
from lms.reports import queries as reports
from lms.units.models import Appointment, Grant
from quizzes.models import Attempt, QuizGrade
from tests.conftest import DAY_ONE, NOON, make_person
from tests.people.test_merging import DAY, admin, done, dump, today  # noqa: F401  fixtures
from tests.quizzes.conftest import category, quiz  # noqa: F401  fixtures
from tests.quizzes.test_exemption import take

LESSONS = ("lesson_1", "lesson_2", "lesson_3")
# Who of three, what, and which lesson or how many right answers. A withdrawal under one account takes nothing from the
# other, which no single account can show: it is played only where the dumps are compared.
DEEDS = st.tuples(
    st.integers(0, 2),
    st.sampled_from(["lesson", "lesson", "lesson", "take", "page", "post", "right"]),
    st.integers(0, 2),
)
ORDERS = st.sampled_from([[(0, 1), (1, 2)], [(1, 2), (0, 2)], [(0, 2), (1, 2)], [(2, 1), (1, 0)], [(2, 0), (1, 0)]])


class Story:
    """Three accounts in one commune, and in another province one person who does all of it again."""

    def __init__(self, units: Any, outline: Any, quiz: Any) -> None:  # noqa: F811
        self.units, self.outline, self.quiz = units, outline, quiz
        name = "Đặng Thị Nguyệt Ánh"
        self.people = [make_person(f"anh{number}", name, units.p1_a, duty="officer") for number in range(3)]
        self.whole = make_person("mot_nguoi", name, units.p2_a, duty="officer")
        self.takes = 0

    def play(self, who: User, kind: str, which: int, at: dt.datetime, unit: Any) -> None:
        if kind == "lesson":
            enrolment = enrol(user=who, course=self.outline.course, at=at)
            done(enrolment, getattr(self.outline, LESSONS[which]), at=at)
        elif kind == "take":
            enrol(user=who, course=self.outline.course, at=at)
            take(who, self.quiz, right=(2, 4, 6)[which], at=at)
        elif kind == "page":
            url = f"https://www.facebook.com/mattran.{unit.pk}.{which}"
            fanpages.report(unit=unit, status="yes", url=url, source="officer", by=who, at=at)
        elif kind == "post":
            fields = {"person": who, "unit": unit, "position": f"Kiêm {which}", "is_primary": False}
            Appointment.objects.get_or_create(**fields, defaults={"starts_on": DAY_ONE})
        elif kind == "right":
            fields = {"person": who, "unit": unit, "right": list(Grant.Right.values)[which]}
            Grant.objects.get_or_create(**fields, defaults={"starts_on": DAY_ONE})

    def deed(self, deed: tuple[int, str, int], number: int, *, again: bool) -> None:
        who, kind, which = deed
        # Two accounts give nobody more tries than one has, and none after the test was passed.
        self.takes += kind == "take"
        if kind == "take" and (self.takes > 3 or QuizGrade.objects.filter(quiz=self.quiz, passed=True).exists()):
            return
        at = NOON - (60 - number) * DAY
        self.play(self.people[who], kind, which, at, self.units.p1_a)
        if again:
            self.play(self.whole, kind, which, at, self.units.p2_a)

    def unite(self, order: list[tuple[int, int]], by: User) -> list[Any]:
        return [
            merging.merge(
                old=self.people[old], survivor=self.people[new], by=by, at=NOON + number * DAY, reason="Một người"
            )
            for number, (old, new) in enumerate(order)
        ]


def seen_by(person: User, outline: Any) -> dict[str, Any]:
    """What the learner sees and what counts: courses, parts done, the grade, attempts, papers."""
    mine = Enrolment.objects.standing().filter(user=person).first()
    grades = QuizGrade.objects.filter(enrolment=mine) if mine else QuizGrade.objects.none()
    return {
        "training": [(row.title, row.percent, row.completed_at is not None) for row in my_training(person)],
        "done": sorted(mine.activity_states.filter(state=State.DONE).values_list("activity_id", flat=True))
        if mine
        else [],
        "grade": list(grades.values_list("quiz", "score", "passed")),
        "attempts": Attempt.objects.owned_by(person).filter(state="graded").count(),
        # What two accounts say alike stands twice, and is one post: reports count people.
        "posts": set(Appointment.objects.filter(person=person).values_list("position", flat=True)),
        "rights": sorted(Grant.objects.filter(person=person).values_list("right", flat=True)),
    }


def counted(viewer: User, unit: Any, course: Any) -> Any:
    place = reports.place_in_scope(viewer, unit.pk, NOON.date())
    assert place is not None
    return reports.unit_table(place, reports.Question(NOON.date(), course.pk)).total.figures


def rolled_back(play: Callable[[], None]) -> None:
    with transaction.atomic():
        play()
        transaction.set_rollback(True)


EXAMPLES = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.django_db
@EXAMPLES
@given(deeds=st.lists(DEEDS, min_size=1, max_size=9), order=ORDERS)
def test_united_they_are_one_person_who_has_done_all_of_it(units, outline, quiz, admin, deeds, order):  # noqa: F811
    def play() -> None:
        story = Story(units, outline, quiz)
        for number, deed in enumerate(deeds):
            story.deed(deed, number, again=True)
        story.unite(order, admin)
        survivor = story.people[order[-1][1]]
        mine, whole = seen_by(survivor, outline), seen_by(story.whole, outline)
        assert mine == whole
        standing = Enrolment.objects.standing().filter(user=survivor)
        assert [progress.rebuild(enrolment=row) for row in standing] == [False] * len(standing)
        figures = [counted(admin, unit, outline.course) for unit in (units.p1, units.p2)]
        told = [(row.people, row.done, row.under_way, row.covered, row.with_page) for row in figures]
        assert told[0] == told[1]

    rolled_back(play)


# What only all together had completed is revoked, and stays in the register with the enrolment that it hangs on.
KEPT = {"certificates.Certificate", "certificates.Register", "courses.Completion", "courses.Enrolment"}


@pytest.mark.django_db
@EXAMPLES
@given(deeds=st.lists(DEEDS, min_size=1, max_size=9), order=ORDERS, withdrawn=st.booleans())
def test_taken_back_they_are_what_they_were(units, outline, quiz, admin, deeds, order, withdrawn):  # noqa: F811
    def play() -> None:
        story = Story(units, outline, quiz)
        for number, deed in enumerate(deeds):
            story.deed(deed, number, again=False)
        enrolment = Enrolment.objects.order_by("pk").first()
        if withdrawn and enrolment:
            progress.withdraw_activity(enrolment=enrolment, activity=outline.lesson_1, source_key="w", at=NOON)
        before, seen = dump(), [seen_by(person, outline) for person in story.people]
        for alias in reversed(story.unite(order, admin)):
            assert merging.undo(alias=alias, by=admin, at=NOON + 3 * DAY, reason="Ba người")
        after = dump()
        assert [seen_by(person, outline) for person in story.people] == seen
        different = {label for label in before if before[label] != after[label]}
        assert different <= KEPT, different
        for label in different - {"certificates.Register"}:
            assert set(before[label]) <= set(after[label]), label

    rolled_back(play)
