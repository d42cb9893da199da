"""Marking again: asked for, worked out without changing anything, carried out once, and told."""

import datetime as dt
import io
from decimal import Decimal
from fractions import Fraction

import docx
import pytest
from django.urls import reverse

from courses.models import ActivityState, Completion, Enrolment
from lms.units.models import Grant
from quizzes import types
from quizzes.models import (
    Attempt,
    AttemptEvent,
    AttemptQuestion,
    AttemptStep,
    GradeChange,
    QuizGrade,
    Regrade,
    RegradeLine,
)
from quizzes.queries import regrades as reads
from quizzes.services import grading, regrades
from tests.conftest import DAY_ONE, make_person
from tests.factories.attempts import make_enrolments, make_marked_attempts
from tests.factories.quizzes import CONTENT, make_category, make_question, make_quiz

NOON = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
KEEP, TAKE_AWAY = Regrade.Policy.KEEP, Regrade.Policy.TAKE_AWAY


@pytest.fixture
def quiz(outline):
    return make_quiz(outline.quiz, {make_category("cl"): 2}, pass_percent=60)


@pytest.fixture
def versions(quiz):
    return [make_question(make_category("cl"), code=f"cl-{row}", stem=f"Câu {row}?").version for row in range(2)]


def right_and_wrong(version):
    options = version.content["options"]
    right = next(option["id"] for option in options if option["correct"])
    return right, next(option["id"] for option in options if not option["correct"])


@pytest.fixture
def corrected(versions):
    """The next version of the first question: the other option is right."""
    _right, wrong = right_and_wrong(versions[0])
    content = {
        **versions[0].content,
        "options": [{**option, "correct": option["id"] == wrong} for option in versions[0].content["options"]],
    }
    return make_question(make_category("cl"), code="cl-0", stem="Câu 0?", content=content).version


@pytest.fixture
def pair(quiz, versions, outline, units):
    """Two people: the first chose what the old key says, the second what the new one says; both know the other."""
    right, wrong = right_and_wrong(versions[0])
    people = [
        Enrolment.objects.create(
            user=make_person(name, full_name, unit), course=outline.course, unit=unit, enrolled_at=NOON
        )
        for name, full_name, unit in (("old", "Nguyễn Thị Cũ", units.p1_a), ("new", "Trần Văn Mới", units.p2_a))
    ]
    known = right_and_wrong(versions[1])[0]
    return make_marked_attempts(
        quiz, [{versions[0]: right, versions[1]: known}, {versions[0]: wrong, versions[1]: known}], people
    )


def asked(quiz, centre, versions, corrected, policy=KEEP, **fields):
    regrade = regrades.ask(
        quiz=quiz, by=centre, reason="Đáp án câu 0 sai", policy=policy, at=NOON,
        mapping={versions[0].pk: corrected.pk}, **fields,
    )  # fmt: skip
    assert regrades.work_out(regrade_id=regrade.pk) is True
    regrade.refresh_from_db()
    return regrade


def marks():
    return list(AttemptQuestion.objects.order_by("attempt__enrolment", "position").values_list("fraction", flat=True))


def carried_out(regrade, by):
    assert regrades.confirm(regrade=regrade, by=by, at=NOON)
    changed = regrades.carry_out(regrade_id=regrade.pk, at=NOON)
    regrade.refresh_from_db()
    return changed


# --- Asking -------------------------------------------------------------------------------------------


def test_only_who_may_mark_for_the_whole_country_may_ask(quiz, manager_p1, centre):
    with pytest.raises(regrades.RegradeRefusedError):
        regrades.ask(quiz=quiz, by=manager_p1, reason="Đáp án sai", at=NOON)
    assert regrades.ask(quiz=quiz, by=centre, reason="Đáp án sai", at=NOON).state == "waiting"


def test_without_a_reason_nothing_is_marked_again(quiz, centre):
    with pytest.raises(regrades.RegradeRefusedError):
        regrades.ask(quiz=quiz, by=centre, reason="  ", at=NOON)


def test_answers_are_marked_only_by_versions_of_their_own_question(quiz, centre, versions):
    with pytest.raises(regrades.RegradeRefusedError):
        regrades.ask(quiz=quiz, by=centre, reason="Nhầm", at=NOON, mapping={versions[0].pk: versions[1].pk})


def test_attempts_of_another_quiz_are_refused(quiz, centre, versions, outline, pair):
    other = make_quiz(outline.lesson_1, {make_category("cl"): 1})
    with pytest.raises(regrades.RegradeRefusedError):
        regrades.ask(quiz=other, by=centre, reason="Nhầm", at=NOON, attempts=[pair[0].pk])


# --- The dry run --------------------------------------------------------------------------------------


def test_a_dry_run_shows_old_and_new_and_changes_nothing(quiz, centre, versions, corrected, pair):
    before = (marks(), GradeChange.objects.count(), AttemptStep.objects.count(), AttemptEvent.objects.count())
    regrade = asked(quiz, centre, versions, corrected, TAKE_AWAY)
    lines = regrade.lines.order_by("question__attempt__enrolment")
    assert [(line.before, line.after, line.version) for line in lines] == [(1, 0, corrected), (0, 1, corrected)]
    assert before == (marks(), GradeChange.objects.count(), AttemptStep.objects.count(), AttemptEvent.objects.count())
    assert regrade.state == "dry"


def test_what_earns_the_same_has_no_line(quiz, centre, versions, pair):
    regrade = regrades.ask(quiz=quiz, by=centre, reason="Kiểm tra lại", at=NOON)
    regrades.work_out(regrade_id=regrade.pk)
    assert not regrade.lines.exists()


def test_a_difference_in_the_seventh_place_is_none(quiz, centre, versions, pair):
    AttemptQuestion.objects.filter(attempt=pair[0], version=versions[0]).update(fraction=Decimal("0.9999999"))
    AttemptQuestion.objects.filter(attempt=pair[1], version=versions[0]).update(fraction=Decimal("0.0000002"))
    regrade = regrades.ask(quiz=quiz, by=centre, reason="Kiểm tra lại", at=NOON)
    regrades.work_out(regrade_id=regrade.pk)
    assert [line.question.attempt_id for line in regrade.lines.all()] == [pair[1].pk]


def test_what_earns_the_same_by_the_other_version_moves_to_it_unseen(quiz, centre, versions, corrected, pair, outline):
    (attempt,) = make_marked_attempts(quiz, [{versions[0]: None}], make_enrolments(outline.course, 1))
    silent = attempt.questions.get()
    regrade = asked(quiz, centre, versions, corrected)
    assert regrade.impact["moved"] == 1
    assert len(reads.regrade_page(regrade, centre).lines) == 2
    carried_out(regrade, centre)
    silent.refresh_from_db()
    assert (silent.version, silent.fraction) == (corrected, 0)
    assert pair[0].questions.get(position=1).version == versions[0]


def test_only_chosen_attempts_and_questions_are_looked_at(quiz, centre, versions, corrected, pair):
    one = asked(quiz, centre, versions, corrected, attempts=[pair[1].pk])
    assert [line.question.attempt_id for line in one.lines.all()] == [pair[1].pk]
    other = asked(quiz, centre, versions, corrected, questions=[versions[1].question_id])
    assert not other.lines.exists()
    assert (other.impact["attempts"], other.impact["answers"]) == (2, 2)


def test_open_voided_and_preview_attempts_are_left_alone(quiz, centre, versions, corrected, outline):
    right, _wrong = right_and_wrong(versions[0])
    for place, fields in enumerate(
        [{"is_preview": True}, {"state": Attempt.State.VOIDED}, {"state": Attempt.State.ABANDONED},
         {"state": Attempt.State.IN_PROGRESS, "submitted_at": None}]
    ):  # fmt: skip
        people = make_enrolments(outline.course, 1, prefix=f"x{place}")
        make_marked_attempts(quiz, [{versions[0]: right}], people, **fields)
    assert asked(quiz, centre, versions, corrected, TAKE_AWAY).total == 0


def test_what_cannot_be_moved_says_why(quiz, centre, versions, pair):
    other_type = make_question(
        make_category("cl"), "true_false", code="cl-0", stem="Câu 0?", content=CONTENT["true_false"]
    ).version
    regrade = asked(quiz, centre, versions, other_type)
    lines = list(regrade.lines.all())
    assert len(lines) == 2
    assert all(line.obstacle and line.after is None for line in lines)
    assert regrade.impact["obstacles"] == 2
    assert carried_out(regrade, centre) == 0


def test_a_mark_that_a_person_gave_stays(quiz, centre, versions, corrected, pair):
    answer = pair[0].questions.get(version=versions[0])
    AttemptQuestion.objects.filter(pk=answer.pk).update(marked_by=centre, marked_at=NOON)
    regrade = asked(quiz, centre, versions, corrected, TAKE_AWAY)
    assert regrade.lines.get(question=answer).obstacle
    carried_out(regrade, make_root_marker(centre))
    answer.refresh_from_db()
    assert answer.fraction == 1


def make_root_marker(centre, name="second"):
    unit = centre.appointments.get().unit
    person = make_person(name, "Phạm Thị Hai", unit)
    Grant.objects.create(person=person, unit=unit, right=Grant.Right.MARK, starts_on=DAY_ONE)
    return person


def test_tries_are_marked_as_they_were_tried(quiz, versions, corrected, pair):
    """Interactive: wrong at first, right at the second try; by the corrected key the first try was right."""
    right, wrong = right_and_wrong(versions[0])
    answer = pair[0].questions.get(version=versions[0])
    answer.answer, answer.tries = right, 2
    steps = [AttemptStep(question=answer, kind="checked", answer=each, at=NOON) for each in (wrong, right)]
    rules = {"behaviour": "interactive", "tries": 3, "penalty_percent": 30}
    assert regrades.worth(rules, answer, versions[0], steps) == Decimal("0.7")
    assert regrades.worth(rules, answer, corrected, steps) == 1
    assert regrades.worth({"behaviour": "deferred"}, answer, corrected) == 0


def test_a_dry_run_killed_in_the_middle_comes_to_the_same_lines(quiz, centre, versions, corrected, pair, monkeypatch):
    regrade = regrades.ask(
        quiz=quiz, by=centre, reason="Sai", policy=TAKE_AWAY, at=NOON, mapping={versions[0].pk: corrected.pk}
    )
    monkeypatch.setattr(regrades, "_BATCH", 1)
    plain, turns = regrades._look_at, []

    def dies(run, ids):
        turns.append(ids)
        if len(turns) == 2:
            raise KeyboardInterrupt
        return plain(run, ids)

    monkeypatch.setattr(regrades, "_look_at", dies)
    with pytest.raises(KeyboardInterrupt):
        regrades.work_out(regrade_id=regrade.pk)
    assert (regrade.lines.count(), regrades.unfinished()) == (1, [(regrade.pk, "waiting")])
    assert regrades.work_out(regrade_id=regrade.pk)
    assert regrade.lines.count() == 2
    assert regrades.work_out(regrade_id=regrade.pk) is False


def test_what_an_earlier_run_found_and_is_no_longer_true_is_gone(quiz, centre, versions, corrected, pair):
    regrade = regrades.ask(quiz=quiz, by=centre, reason="Sai", at=NOON, mapping={versions[0].pk: corrected.pk})
    left = pair[0].questions.get(version=versions[1])
    RegradeLine.objects.create(regrade=regrade, question=left, version=versions[1], before=1, after=0)
    regrades.work_out(regrade_id=regrade.pk)
    assert left.pk not in regrade.lines.values_list("question", flat=True)


# --- Impact -------------------------------------------------------------------------------------------


def test_who_crosses_the_line_is_counted_by_unit(quiz, centre, versions, corrected, pair, units):
    impact = asked(quiz, centre, versions, corrected, TAKE_AWAY).impact
    assert (impact["gained"], impact["lost"], impact["up"], impact["down"]) == (1, 1, 1, 1)
    assert sorted((row["unit"], row["gained"], row["lost"]) for row in impact["units"]) == sorted(
        [(units.p1_a.pk, 0, 1), (units.p2_a.pk, 1, 0)]
    )


def test_where_nobody_is_to_lose_only_rises_count(quiz, centre, versions, corrected, pair):
    impact = asked(quiz, centre, versions, corrected, KEEP).impact
    assert (impact["gained"], impact["lost"], impact["down"], impact["changed_attempts"]) == (1, 0, 1, 1)


def test_a_course_that_would_be_complete_by_it_is_said_with_its_certificate(
    quiz, centre, versions, corrected, pair, outline
):
    new = pair[1].enrolment
    for activity in (outline.lesson_1, outline.lesson_2, outline.lesson_3):
        ActivityState.objects.create(enrolment=new, activity=activity, state="done", started_at=NOON, done_at=NOON)
    impact = asked(quiz, centre, versions, corrected).impact
    assert impact["completes"] == 1
    assert impact["lines"] == [{"kind": "certificate_due", "enrolment_id": new.pk, "label": ""}]


def complete(enrolment):
    from certificates import services

    completion = Completion.objects.create(
        enrolment=enrolment, course=enrolment.course, user=enrolment.user, completed_at=NOON, unit=enrolment.unit
    )
    return services.issue(completion=completion, at=NOON)


def test_a_completed_course_is_never_touched_and_its_certificate_is_named(
    quiz, centre, versions, corrected, pair, outline
):
    old = pair[0].enrolment
    certificate = complete(old)
    regrade = asked(quiz, centre, versions, corrected, TAKE_AWAY)
    assert (regrade.impact["lost"], regrade.impact["stays"]) == (1, 1)
    assert {"kind": "certificate_stands", "enrolment_id": old.pk, "label": certificate.payload["number"]} in (
        regrade.impact["lines"]
    )
    carried_out(regrade, make_root_marker(centre))
    assert Completion.objects.filter(enrolment=old).exists()
    certificate.refresh_from_db()
    assert certificate.revoked_at is None
    assert QuizGrade.objects.get(enrolment=old, quiz=quiz).passed is False


def test_the_impact_is_what_carrying_out_comes_to(quiz, centre, versions, corrected, pair):
    regrade = asked(quiz, centre, versions, corrected, TAKE_AWAY)
    expected = {row["enrolment_id"]: row["passed_after"] for row in regrade.impact["people"]}
    carried_out(regrade, make_root_marker(centre))
    assert dict(QuizGrade.objects.values_list("enrolment_id", "passed")) == expected
    scores = {row["enrolment_id"]: Decimal(row["score_after"]) for row in regrade.impact["people"]}
    assert dict(QuizGrade.objects.values_list("enrolment_id", "score")) == scores


# --- Carrying out -------------------------------------------------------------------------------------


def test_carried_out_marks_grades_and_history_say_who_and_why(quiz, centre, versions, corrected, pair):
    regrade = asked(quiz, centre, versions, corrected)
    assert carried_out(regrade, centre) == 1
    assert marks() == [1, 1, 1, 1]
    assert regrade.state == "done"
    step = AttemptStep.objects.get()
    assert (step.kind, step.before, step.fraction, step.version, step.by) == ("regraded", 0, 1, corrected, centre)
    event = AttemptEvent.objects.get(attempt=pair[1], kind="regraded")
    assert (event.by, event.reason) == (centre, "Đáp án câu 0 sai")
    change = GradeChange.objects.filter(attempt=pair[1]).last()
    assert (change.kind, change.passed, change.by) == ("regraded", True, centre)
    assert QuizGrade.objects.get(enrolment=pair[1].enrolment).passed


def test_nobody_loses_anything_by_it_unless_that_is_wanted(quiz, centre, versions, corrected, pair):
    carried_out(asked(quiz, centre, versions, corrected), centre)
    pair[0].refresh_from_db()
    assert (pair[0].score, pair[0].passed) == (1, True)


def test_taking_away_takes_a_second_person(quiz, centre, versions, corrected, pair):
    regrade = asked(quiz, centre, versions, corrected, TAKE_AWAY)
    with pytest.raises(regrades.RegradeRefusedError):
        regrades.confirm(regrade=regrade, by=centre, at=NOON)
    assert carried_out(regrade, make_root_marker(centre)) == 2
    pair[0].refresh_from_db()
    assert pair[0].passed is False


def test_a_manager_of_a_province_carries_nothing_out(quiz, centre, manager_p1, versions, corrected, pair):
    regrade = asked(quiz, centre, versions, corrected)
    with pytest.raises(regrades.RegradeRefusedError):
        regrades.confirm(regrade=regrade, by=manager_p1, at=NOON)


def test_killed_in_the_middle_it_goes_on_and_a_second_run_changes_nothing(
    quiz, centre, versions, corrected, pair, monkeypatch
):
    regrade = asked(quiz, centre, versions, corrected, TAKE_AWAY)
    regrades.confirm(regrade=regrade, by=make_root_marker(centre), at=NOON)
    plain, calls = grading.change_marks, []

    def dies(**kwargs):
        calls.append(kwargs)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return plain(**kwargs)

    monkeypatch.setattr(grading, "change_marks", dies)
    with pytest.raises(KeyboardInterrupt):
        regrades.carry_out(regrade_id=regrade.pk, at=NOON)
    assert (AttemptStep.objects.count(), regrades.unfinished()) == (1, [(regrade.pk, "running")])
    monkeypatch.setattr(grading, "change_marks", plain)
    assert regrades.carry_out(regrade_id=regrade.pk, at=NOON) == 1
    assert AttemptStep.objects.count() == 2
    assert regrades.carry_out(regrade_id=regrade.pk, at=NOON) == 0
    assert AttemptStep.objects.count() == 2
    regrade.refresh_from_db()
    assert (regrade.done, regrade.total, regrade.state) == (2, 2, "done")


def test_a_mark_given_since_the_dry_run_stays(quiz, centre, versions, corrected, pair):
    regrade = asked(quiz, centre, versions, corrected)
    answer = pair[1].questions.get(version=versions[0])
    grading.change_marks(
        attempt=pair[1], marks={answer.pk: grading.NewMark(Fraction(1, 2))}, kind=AttemptStep.Kind.MARKED,
        by=centre, reason="", at=NOON,
    )  # fmt: skip
    assert carried_out(regrade, centre) == 0
    answer.refresh_from_db()
    assert answer.fraction == Decimal("0.5")
    assert regrade.lines.get(question=answer).obstacle


def test_dropped_it_is_never_carried_out(quiz, centre, versions, corrected, pair):
    regrade = asked(quiz, centre, versions, corrected)
    assert regrades.drop(regrade=regrade, by=centre, at=NOON)
    assert not regrades.confirm(regrade=regrade, by=centre, at=NOON)
    assert not regrades.drop(regrade=regrade, by=centre, at=NOON)


# --- Screens ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["officer_p1", "manager_p1"])
def test_strangers_find_nothing(client, quiz, centre, versions, corrected, pair, who, request):
    regrade = asked(quiz, centre, versions, corrected)
    client.force_login(request.getfixturevalue(who))
    for name, *args in (("quizzes:regrades",), ("quizzes:regrade-ask", quiz.pk), ("quizzes:regrade", regrade.pk),
                        ("quizzes:near-the-mark", quiz.pk), ("reports:regrade-notice", regrade.pk)):  # fmt: skip
        assert client.get(reverse(name, args=args)).status_code == 404
    assert client.post(reverse("quizzes:regrade-carry-out", args=[regrade.pk])).status_code == 404
    regrade.refresh_from_db()
    assert regrade.state == "dry"


def test_asked_for_on_a_form_and_carried_out_by_a_button(
    client, quiz, centre, versions, corrected, pair, django_capture_on_commit_callbacks, monkeypatch
):
    from quizzes import tasks

    monkeypatch.setattr(tasks, "nudge", lambda task, *args: task(*args))
    client.force_login(centre)
    address = reverse("quizzes:regrade-ask", args=[quiz.pk])
    shown = client.get(address, {"question": versions[0].question_id}).content.decode()
    assert "cl-0" in shown
    said = {"reason": "", "policy": "keep", f"question_{versions[0].question_id}": "on",
            f"version_{versions[0].question_id}": corrected.pk, "attempts": "x"}  # fmt: skip
    refused = client.post(address, said)
    assert (refused.status_code, Regrade.objects.count()) == (422, 0)
    with django_capture_on_commit_callbacks(execute=True):
        told = client.post(address, {**said, "reason": "Đáp án sai", "attempts": ""}, follow=True)
    page = client.get(told.request["PATH_INFO"]).content.decode()
    assert "Trần Văn Mới" in page
    regrade = Regrade.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("quizzes:regrade-carry-out", args=[regrade.pk]))
    regrade.refresh_from_db()
    assert regrade.state == "done"
    done = client.get(reverse("quizzes:regrade", args=[regrade.pk])).content.decode()
    assert reverse("reports:regrade-notice", args=[regrade.pk]) in done


def test_names_are_shown_only_of_people_whom_the_viewer_marks(quiz, centre, versions, corrected, pair, units, outline):
    """Somebody of another tree, whom nobody here may mark."""
    from tests.conftest import make_unit

    elsewhere = make_unit("Hội Người Lạ", parent=None, level="centre", rank=0)
    stranger = Enrolment.objects.create(
        user=make_person("la", "Lý Thị Lạ", elsewhere), course=outline.course, unit=elsewhere, enrolled_at=NOON
    )
    make_marked_attempts(quiz, [{versions[0]: right_and_wrong(versions[0])[1]}], [stranger])
    regrade = asked(quiz, centre, versions, corrected)
    page = reads.regrade_page(regrade, centre)
    assert {row.name for row in page.crossings} == {"Trần Văn Mới"}
    assert sorted(line.name for line in page.lines) == ["", "Nguyễn Thị Cũ", "Trần Văn Mới"]
    assert page.impact["gained"] == 2


def test_the_page_asks_the_same_whatever_the_number_of_lines(quiz, centre, versions, corrected, outline, units):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    _right, wrong = right_and_wrong(versions[0])

    def queries():
        regrade = asked(quiz, centre, versions, corrected)
        found = reads.one(regrade.pk)
        with CaptureQueriesContext(connection) as caught:
            assert reads.regrade_page(found, centre).lines
        return len(caught)

    def add(count, prefix):
        people = make_enrolments(outline.course, count, unit=units.p1_a, prefix=prefix)
        make_marked_attempts(quiz, [{versions[0]: wrong}] * count, people)

    add(1, "a")
    one = queries()
    add(2, "b")
    assert queries() == one


def test_the_notice_is_an_official_paper_without_a_name(client, quiz, centre, versions, corrected, pair):
    regrade = asked(quiz, centre, versions, corrected)
    client.force_login(centre)
    address = reverse("reports:regrade-notice", args=[regrade.pk])
    assert client.get(address).status_code == 404
    carried_out(regrade, centre)
    response = client.get(address)
    assert response.status_code == 200
    paper = docx.Document(io.BytesIO(response.content))
    words = "\n".join(
        [row.text for row in paper.paragraphs]
        + [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    )
    assert "THÔNG BÁO" in words
    assert "Đáp án câu 0 sai" in words
    assert "1 người được công nhận đạt; 0 người không còn đạt" in words
    assert "Xã Văn Lăng" in words
    assert "Trần Văn Mới" not in words
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in words


def test_every_type_can_be_marked_again_by_itself(quiz, centre, outline, versions):
    """Nothing that is marked by the machine changes when it is marked again by the same version."""
    from tests.factories.quizzes import RIGHT

    category = make_category("cl")
    row = {
        make_question(category, kind.NAME, code=f"all-{kind.NAME}").version: RIGHT[kind.NAME]
        for kind in types.all_types()
        if kind.IS_ASKED and not kind.NEEDS_MARKER and kind.NAME in RIGHT
    }
    make_marked_attempts(quiz, [row], make_enrolments(outline.course, 1))
    regrade = regrades.ask(quiz=quiz, by=centre, reason="Kiểm tra lại", at=NOON)
    assert regrades.work_out(regrade_id=regrade.pk)
    assert not regrade.lines.exists()
