"""Item analysis of real rows: who is counted, what is kept, when it is worked out, and what the CMS shows of it."""

import datetime as dt
import random
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quizzes.models import Attempt, QuizAnalysis, VersionAnalysis
from quizzes.queries import analysis as reads
from quizzes.services import analysis
from tests.conftest import make_person
from tests.factories.attempts import make_enrolments, make_marked_attempts
from tests.factories.quizzes import make_category, make_question, make_quiz

NOON = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
CHOICE = QuizAnalysis.Choice
GOLDEN = ["1210", "1201", "1111", "1100", "0211", "1001", "0100", "0001", "1210", "0001"]
MOST = (1, 2, 1, 1)


@pytest.fixture
def quiz(outline):
    return make_quiz(outline.quiz, {make_category("pt"): 4}, pass_percent=60)


@pytest.fixture
def versions(quiz):
    category = make_category("pt")
    return [make_question(category, code=f"pt-{row}", stem=f"Câu {row}?").version for row in range(4)]


def golden_rows(versions):
    return [
        {version: Decimal(mark) / most for version, mark, most in zip(versions, row, MOST, strict=True)}
        for row in GOLDEN
    ]


@pytest.fixture
def golden(quiz, versions, outline):
    people = make_enrolments(outline.course, 10)
    return make_marked_attempts(quiz, golden_rows(versions), people, most=dict(zip(versions, MOST, strict=True)))


def computed(quiz, choice=CHOICE.FIRST):
    analysis.ask(quiz=quiz, choice=choice, at=NOON)
    assert analysis.compute(quiz_id=quiz.pk, choice=choice, at=NOON) is True
    return reads.quiz_figures(quiz.pk, choice)


def answers(version, letters):
    """{"r": right, "w": wrong, "v": another wrong, "-": nothing} → answers to a single choice."""
    right = next(o["id"] for o in version.content["options"] if o["correct"])
    wrong = [o["id"] for o in version.content["options"] if not o["correct"]]
    return [{"r": right, "w": wrong[0], "v": wrong[-1], "-": None}[letter] for letter in letters]


# --- Who is counted -----------------------------------------------------------------------------------


def test_the_golden_vector_out_of_the_database(quiz, golden, versions):
    found = computed(quiz)
    by_code = {row.code: row.figures for row in found.items}
    assert [by_code[f"pt-{i}"].discrimination.value for i in range(4)] == pytest.approx(
        [25.160980, 36.115756, 56.871112, -36.710862], abs=1e-6
    )
    assert (found.whole.alpha, found.whole.sem, found.whole.mean) == (
        pytest.approx(29.465930, abs=1e-6), pytest.approx(1.191016, abs=1e-6), pytest.approx(2.7),
    )  # fmt: skip
    assert found.sample == found.people == 10


def test_previews_voided_open_and_unmarked_attempts_count_for_nothing(quiz, golden, versions, outline):
    for place, fields in enumerate(
        [{"is_preview": True}, {"state": Attempt.State.VOIDED}, {"state": Attempt.State.SUBMITTED},
         {"state": Attempt.State.ABANDONED}, {"state": Attempt.State.IN_PROGRESS, "submitted_at": None}]
    ):  # fmt: skip
        people = make_enrolments(outline.course, 1, prefix=f"x{place}")
        make_marked_attempts(quiz, [dict.fromkeys(versions, Decimal(1))], people, **fields)
    assert computed(quiz).sample == 10


def test_one_attempt_a_person_the_first_unless_asked_otherwise(quiz, versions, outline):
    people = make_enrolments(outline.course, 6)
    for number, fraction in enumerate((Decimal(0), Decimal(1), Decimal("0.5")), start=1):
        make_marked_attempts(
            quiz, [dict.fromkeys(versions, fraction)] * 6, people, number=number, at=NOON + dt.timedelta(hours=number)
        )
    means = {choice: computed(quiz, choice).whole.mean for choice in CHOICE.values}
    assert means == {"first": 0, "highest": 4, "last": 2, "all": 2}
    assert computed_sample(quiz) == {"first": 6, "highest": 6, "last": 6, "all": 18}


def computed_sample(quiz):
    return dict(QuizAnalysis.objects.filter(quiz=quiz).values_list("choice", "sample"))


def test_who_takes_the_course_again_is_still_one_person(quiz, versions, outline):
    people = make_enrolments(outline.course, 6)
    make_marked_attempts(quiz, [dict.fromkeys(versions, Decimal(0))] * 6, people)
    again = [type(p).objects.create(user=p.user, course=p.course, cycle=2, enrolled_at=NOON) for p in people]
    make_marked_attempts(quiz, [dict.fromkeys(versions, Decimal(1))] * 6, again, at=NOON)
    found = computed(quiz)
    assert (found.sample, found.whole.mean) == (6, 0)


def test_a_description_is_no_item(quiz, golden, versions):
    from quizzes import types

    if not types.is_known("description"):
        pytest.skip("no such type yet")
    silent = make_question(make_category("pt"), "description").version
    for attempt in golden:
        attempt.questions.create(position=9, version=silent, max_mark=0, fraction=0)
    found = computed(quiz)
    assert len(found.items) == 4
    assert found.whole.alpha == pytest.approx(29.465930, abs=1e-6)


# --- What is kept -------------------------------------------------------------------------------------


def test_of_four_people_nothing_is_kept_but_their_number(quiz, versions, outline):
    make_marked_attempts(quiz, golden_rows(versions)[:4], make_enrolments(outline.course, 4))
    found = computed(quiz)
    assert (found.sample, found.whole, found.items) == (4, None, ())
    assert found.is_too_small
    kept = QuizAnalysis.objects.get(quiz=quiz).figures
    assert kept == {"people": 4, "changes": 4}


def test_every_choice_is_counted_with_the_best_and_the_weakest_third(quiz, versions, outline):
    first, *others = versions
    letters = "r" * 20 + "w" * 6 + "-" * 4
    rows = [
        {first: answer, **{other: Decimal(int(place < 15)) for other in others}}
        for place, answer in enumerate(answers(first, letters))
    ]
    make_marked_attempts(quiz, rows, make_enrolments(outline.course, 30))
    row = next(row for row in computed(quiz).items if row.version_id == first.pk)
    (part,) = row.parts
    by_right = {line.figures.is_right: line.figures for line in part.lines if line.figures.count}
    assert (by_right[True].count, by_right[False].count, part.silent) == (20, 6, 4)
    assert by_right[True].share == pytest.approx(200 / 3)
    assert (by_right[True].top, by_right[False].top) == (100, 0)
    assert (by_right[True].bottom, by_right[False].bottom) == (pytest.approx(100 / 3), 40)


def test_written_answers_of_few_people_are_not_shown_by_themselves(quiz, outline):
    version = make_question(make_category("pt"), "short_text").version
    if not reads.types.get("short_text").parts(version.content):
        pytest.skip("short text has no parts yet")
    written = ["Nguyễn Văn A ở xã Vạn Yên"] + ["trang  cộng đồng"] * 3 + ["Trang cộng đồng"] * 3
    make_marked_attempts(quiz, [{version: text} for text in written], make_enrolments(outline.course, 7))
    (part,) = computed(quiz).items[0].parts
    assert [line.figures.count for line in part.lines if not line.figures.is_right] == [6] or [
        line.figures.count for line in part.lines
    ] == [6]
    assert part.others == 1
    assert "Nguyễn" not in str(QuizAnalysis.objects.get(quiz=quiz).figures)


def test_a_wrong_key_is_said_in_plain_words(quiz, versions, outline):
    first, *others = versions
    letters = "w" * 29 + "r" * 11
    rows = [
        {first: answer, **{other: Decimal(int(place < 25 - 5 * n)) for n, other in enumerate(others)}}
        for place, answer in enumerate(answers(first, letters))
    ]
    make_marked_attempts(quiz, rows, make_enrolments(outline.course, 40))
    row = next(row for row in computed(quiz).items if row.version_id == first.pk)
    assert row.is_grave
    assert row.sentences[0].says == "key_may_be_wrong"
    assert "72,5" in row.sentences[0].text
    assert row.needs_checking


def test_figures_travel_with_the_version_over_all_quizzes(quiz, versions, outline):
    other = make_quiz(outline.lesson_1, {make_category("pt"): 4})
    one, two = make_enrolments(outline.course, 20), make_enrolments(outline.course, 20)
    make_marked_attempts(quiz, [dict.fromkeys(versions, Decimal(1))] * 20, one)
    make_marked_attempts(other, [{**dict.fromkeys(versions, Decimal(1)), versions[0]: Decimal(0)}] * 20, two)
    # Who meets it a second time is not counted a second time.
    make_marked_attempts(other, [dict.fromkeys(versions, Decimal(0))] * 20, one, at=NOON)
    computed(quiz)
    found = VersionAnalysis.objects.get(version=versions[0])
    assert (found.sample, found.facility) == (40, 0.5)
    assert found.figures["facility"]["low"] < 0.5 < found.figures["facility"]["high"]


# --- When it is worked out ----------------------------------------------------------------------------


def test_the_same_population_is_not_worked_out_again(quiz, golden, monkeypatch):
    computed(quiz)
    analysis.mark_stale(quiz_id=quiz.pk, at=NOON)

    def never(*args, **kwargs):
        raise AssertionError("worked out again")

    monkeypatch.setattr(analysis.statistics, "analyse", never)
    assert analysis.compute(quiz_id=quiz.pk, choice=CHOICE.FIRST, at=NOON) is False
    assert QuizAnalysis.objects.get(quiz=quiz).stale_since is None


def test_a_new_mark_makes_another_population(quiz, golden, versions):
    computed(quiz)
    golden[0].events.create(kind="regraded", at=NOON)
    analysis.mark_stale(quiz_id=quiz.pk, at=NOON)
    assert analysis.compute(quiz_id=quiz.pk, choice=CHOICE.FIRST, at=NOON) is True


def test_nothing_is_done_where_nothing_is_stale(quiz, golden, django_assert_num_queries):
    computed(quiz)
    with django_assert_num_queries(1):
        assert analysis.compute(quiz_id=quiz.pk, choice=CHOICE.FIRST, at=NOON) is False


def test_telling_it_costs_one_query(quiz, golden, django_assert_num_queries):
    computed(quiz)
    for _turn in range(2):
        with django_assert_num_queries(1):
            analysis.mark_stale(quiz_id=quiz.pk, at=NOON)
    assert QuizAnalysis.objects.get(quiz=quiz).stale_since == NOON


def test_the_sweep_lets_a_mass_exam_go_on_for_a_while(quiz, golden):
    computed(quiz)
    analysis.mark_stale(quiz_id=quiz.pk, at=NOON)
    assert analysis.due(NOON + analysis.PAUSE - dt.timedelta(seconds=1)) == []
    assert analysis.due(NOON + analysis.PAUSE) == [(quiz.pk, "first")]


def test_a_quiz_that_was_never_analysed_is_found(quiz, golden):
    assert analysis.due(NOON) == [(quiz.pk, "first")]
    assert analysis.due(NOON) == [(quiz.pk, "first")]


def test_a_quiz_that_nobody_has_finished_is_left_alone(quiz):
    assert analysis.due(NOON) == []
    assert not QuizAnalysis.objects.exists()


def test_a_result_that_came_in_while_it_was_written_is_not_lost(quiz, golden, versions, outline):
    """Its transaction saw the flag set and left it, and ended after the analysis had read."""
    computed(quiz)
    make_marked_attempts(quiz, golden_rows(versions)[:1], make_enrolments(outline.course, 1))
    assert analysis.due(NOON) == []
    assert analysis.due(NOON + analysis.PAUSE) == [(quiz.pk, "first")]


def test_what_becomes_stale_while_it_is_worked_out_stays_stale(quiz, golden, monkeypatch):
    analysis.ask(quiz=quiz, choice=CHOICE.FIRST, at=NOON)
    plain = analysis.statistics.analyse
    later = NOON + dt.timedelta(minutes=1)

    def meanwhile(*args, **kwargs):
        QuizAnalysis.objects.filter(quiz=quiz).update(stale_since=later)
        return plain(*args, **kwargs)

    monkeypatch.setattr(analysis.statistics, "analyse", meanwhile)
    analysis.compute(quiz_id=quiz.pk, choice=CHOICE.FIRST, at=NOON)
    assert QuizAnalysis.objects.get(quiz=quiz).stale_since == later


def test_queries_do_not_grow_with_attempts_or_questions(quiz, versions, outline):
    def queries():
        analysis.ask(quiz=quiz, choice=CHOICE.FIRST, at=NOON)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert analysis.compute(quiz_id=quiz.pk, choice=CHOICE.FIRST, at=NOON)
        return len(caught)

    rng = random.Random(5)
    make_marked_attempts(
        quiz, [{versions[0]: Decimal(rng.randrange(2))} for _ in range(6)], make_enrolments(outline.course, 6)
    )
    few = queries()
    make_marked_attempts(
        quiz,
        [{version: Decimal(rng.randrange(2)) for version in versions} for _ in range(60)],
        make_enrolments(outline.course, 60),
    )
    assert queries() == few


# --- What the CMS shows -------------------------------------------------------------------------------


@pytest.fixture
def author(units):
    from django.contrib.auth.models import Group

    person = make_person("author", "Phạm Thị Biên", units.centre)
    person.groups.add(Group.objects.get(name="Giảng viên"))
    return person


def address(name, *args):
    return reverse(name, args=args)


def test_whoever_may_not_look_into_the_bank_sees_no_analysis(client, quiz, golden, officer_p1, manager_p1):
    computed(quiz)
    for person in (officer_p1, manager_p1):
        client.force_login(person)
        for where in (address("quizzes_analysis"), address("quizzes_analysis_quiz", quiz.pk)):
            response = client.get(where)
            assert response.status_code in (302, 403, 404)
            assert "/cms/quiz-analysis" not in response.get("Location", "").split("?")[0]


def test_the_list_and_the_quiz_show_figures_and_no_name(client, quiz, golden, author):
    computed(quiz)
    client.force_login(author)
    listed = client.get(address("quizzes_analysis")).content.decode()
    assert "Kiểm tra" in listed
    assert "54" in listed  # 2.7 of 5
    shown = client.get(address("quizzes_analysis_quiz", quiz.pk)).content.decode()
    assert "29,5" in shown  # α
    assert "1,19" in shown  # SEM
    assert "<svg" in shown
    assert "Học viên" not in shown
    assert "style=" not in shown[shown.index('class="analysis"') :].split("</main")[0].split("<script")[0]


def test_a_population_of_repeaters_comes_with_a_warning(client, quiz, golden, author):
    client.force_login(author)
    for choice in ("highest", "last", "all"):
        computed(quiz, choice)
        page = client.get(address("quizzes_analysis_quiz", quiz.pk), {"population": choice}).content.decode()
        assert "analysis-warning" in page
    computed(quiz)
    assert "analysis-warning" not in client.get(address("quizzes_analysis_quiz", quiz.pk)).content.decode()
    assert client.get(address("quizzes_analysis_quiz", quiz.pk), {"population": "x"}).status_code == 404


def test_a_page_works_nothing_out_but_asks_for_it(
    client, quiz, golden, author, monkeypatch, django_capture_on_commit_callbacks
):
    from quizzes import tasks

    asked = []
    monkeypatch.setattr(tasks, "nudge", lambda task, *args: asked.append((task.name, args)))
    client.force_login(author)
    client.get(address("quizzes_analysis_quiz", quiz.pk))
    assert not QuizAnalysis.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address("quizzes_analysis_quiz", quiz.pk), {"population": "last"})
    assert asked == [("quizzes.analyse", (quiz.pk, "last"))]
    row = QuizAnalysis.objects.get()
    assert (row.choice, row.computed_at) == ("last", None)
    assert row.stale_since is not None


def test_a_question_is_suspended_by_one_click_and_only_by_who_may_change_it(
    client, quiz, golden, versions, author, centre
):
    computed(quiz)
    where = address("quizzes_analysis_suspend", quiz.pk, versions[0].question_id)
    client.force_login(centre)
    client.post(where)
    versions[0].refresh_from_db()
    assert versions[0].status == "ready"
    client.force_login(author)
    assert client.get(where).status_code == 405
    client.post(where)
    versions[0].refresh_from_db()
    assert versions[0].status == "retired"


def test_the_page_asks_the_same_for_one_question_and_for_four(quiz, versions, outline, django_assert_num_queries):
    people = make_enrolments(outline.course, 12)
    make_marked_attempts(quiz, [{versions[0]: Decimal(n % 2)} for n in range(6)], people[:6])
    computed(quiz)
    with django_assert_num_queries(3):
        assert len(reads.quiz_figures(quiz.pk).items) == 1
    make_marked_attempts(quiz, [dict.fromkeys(versions, Decimal(n % 2)) for n in range(6)], people[6:])
    computed(quiz)
    with django_assert_num_queries(3):
        assert len(reads.quiz_figures(quiz.pk).items) == 4


def test_the_list_asks_the_same_for_one_quiz_and_for_three(quiz, golden, outline, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert len(reads.overview()) == 1
    for activity in (outline.lesson_1, outline.lesson_2):
        make_quiz(activity, {make_category("pt"): 1})
    with django_assert_num_queries(2):
        assert len(reads.overview()) == 3


def test_the_analysis_stands_in_the_menu_of_the_bank(client, author):
    client.force_login(author)
    assert address("quizzes_analysis") in client.get("/cms/").content.decode()
