"""The editor of a quiz: what is saved, what is refused when it is to be published, and what stands beside it."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from lms.accounts.models import User
from quizzes.models import (
    Attempt,
    Category,
    Objective,
    Question,
    Quiz,
    QuizPage,
    QuizPageBand,
    QuizPageDraw,
    QuizPageSection,
)
from quizzes.rules import review
from quizzes.services import bank
from tests.conftest import Units, make_person
from tests.factories.pages import Pages, add, publish, small_course
from tests.factories.quizzes import make_category, make_question
from tests.quizzes.forms import sent_by


@pytest.fixture
def pages(db: None) -> Pages:
    return small_course()


@pytest.fixture
def boss(units: Units) -> User:
    person = make_person("boss", "Quản trị", units.centre)
    person.is_superuser = True
    person.save()
    return person


@pytest.fixture
def editor(client: Client, boss: User) -> Client:
    client.force_login(boss)
    return client


@pytest.fixture
def law(db: None) -> Objective:
    return bank.save_objective(key="goi/luat", name="Nắm quy định về phát ngôn")


def fill(category: Category, count: int, **fields: Any) -> None:
    for _ in range(count):
        make_question(category, **fields)


def quiz_page(pages: Pages, category: Category, count: int = 2, **fields: Any) -> QuizPage:
    page = QuizPage(title="Kiểm tra", slug="kiem-tra", **fields)
    page.draws = [QuizPageDraw(category=category, count=count)]
    return add(pages.module_1, page)


def form_of(editor: Client, page: QuizPage) -> dict[str, Any]:
    """Everything that the browser would send back unchanged."""
    response = editor.get(f"/cms/pages/{page.pk}/edit/")
    assert response.status_code == 200
    return sent_by(response.content, form="page-edit-form")


def post(editor: Client, page: QuizPage, sent: dict[str, Any], **more: Any) -> Any:
    return editor.post(f"/cms/pages/{page.pk}/edit/", {**sent, **more})


def said(response: Any) -> str:
    """All that the form found wrong."""
    form = response.context["form"]
    return " ".join([*map(str, form.errors.values()), *map(str, form.formsets["draws"].errors)])


def test_the_editor_keeps_every_setting_that_is_sent_back_unchanged(
    editor: Client, pages: Pages, category: Category
) -> None:
    fill(category, 6)
    page = quiz_page(
        pages, category, limit_minutes=33, navigation="sequential", grading="average", networks="10.1.0.0/16"
    )
    before = {name: getattr(page, name) for name in Quiz.SETTINGS}
    assert post(editor, page, form_of(editor, page), **{"action-publish": "1"}).status_code == 302
    page.refresh_from_db()
    assert {name: getattr(page, name) for name in Quiz.SETTINGS} == before
    quiz = Quiz.objects.get()
    assert {name: getattr(quiz, name) for name in Quiz.SETTINGS} == before


def test_a_pool_below_three_times_the_draw_is_refused_and_the_third_is_enough(
    editor: Client, pages: Pages, category: Category
) -> None:
    fill(category, 5)
    page = quiz_page(pages, category, count=2)
    sent = form_of(editor, page)
    refused = post(editor, page, sent, **{"action-publish": "1"})
    assert refused.status_code == 200
    assert "Ngăn cd1" in said(refused)
    assert refused.context["form"].formsets["draws"].errors[0]["count"]
    assert post(editor, page, sent).status_code == 302  # a draft may be saved
    fill(category, 1)
    assert post(editor, page, sent, **{"action-publish": "1"}).status_code == 302


def test_sending_to_review_is_refused_as_publishing_is(editor: Client, pages: Pages, category: Category) -> None:
    fill(category, 5)
    page = quiz_page(pages, category, count=2)
    assert post(editor, page, form_of(editor, page), **{"action-submit": "1"}).status_code == 200


def test_two_rows_over_one_drawer_are_judged_together(editor: Client, pages: Pages, category: Category) -> None:
    """Each alone has its six; together they want twelve."""
    fill(category, 7)
    page = QuizPage(title="Kiểm tra", slug="kiem-tra")
    page.draws = [QuizPageDraw(category=category, count=2), QuizPageDraw(category=category, count=2)]
    page = add(pages.module_1, page)
    refused = post(editor, page, form_of(editor, page), **{"action-publish": "1"})
    assert refused.status_code == 200
    assert "5" in str(refused.context["form"].non_field_errors())
    fill(category, 5)
    assert post(editor, page, form_of(editor, page), **{"action-publish": "1"}).status_code == 302


def test_what_can_never_be_drawn_names_the_rows_and_how_many_are_missing(
    editor: Client, pages: Pages, category: Category
) -> None:
    fill(category, 2)
    page = quiz_page(pages, category, count=9)
    refused = post(editor, page, form_of(editor, page), **{"action-publish": "1"})
    assert refused.status_code == 200
    sentence = str(refused.context["form"].non_field_errors())
    assert "Ngăn cd1" in sentence
    assert "7" in sentence


def test_drafts_and_retired_questions_are_not_counted(editor: Client, pages: Pages, category: Category) -> None:
    fill(category, 2)
    fill(category, 3, status="draft")
    make_question(category, code="x")
    bank.set_status(questions=Question.objects.filter(code="x"), status="retired")
    page = quiz_page(pages, category, count=1)
    assert post(editor, page, form_of(editor, page), **{"action-publish": "1"}).status_code == 200
    fill(category, 1)
    assert post(editor, page, form_of(editor, page), **{"action-publish": "1"}).status_code == 302


def test_a_row_that_asks_for_nothing_is_refused_in_words(editor: Client, pages: Pages, category: Category) -> None:
    fill(category, 3)
    page = quiz_page(pages, category, count=1)
    sent = form_of(editor, page) | {"draws-0-category": ""}
    refused = post(editor, page, sent, **{"action-publish": "1"})
    assert refused.status_code == 200
    assert refused.context["form"].formsets["draws"].errors[0]["category"]


def test_a_fixed_question_needs_no_pool_and_its_version_must_be_its_own(
    editor: Client, pages: Pages, category: Category
) -> None:
    mine, other = make_question(category), make_question(category)
    page = quiz_page(pages, category, count=1)
    sent = form_of(editor, page) | {"draws-0-category": "", "draws-0-question": mine.question.pk}
    wrong = post(editor, page, sent | {"draws-0-version": other.version.pk}, **{"action-publish": "1"})
    assert wrong.status_code == 200
    done = post(editor, page, sent | {"draws-0-version": mine.version.pk}, **{"action-publish": "1"})
    assert done.status_code == 302
    slot = Quiz.objects.get().slots.get()
    assert (slot.question, slot.version, slot.category) == (mine.question, mine.version, None)


def test_the_filters_of_a_row_reach_its_slot(editor: Client, pages: Pages, category: Category, law: Objective) -> None:
    fill(category, 3, objective=law, level="van_dung", tags=["luật", "dễ nhầm"])
    page = quiz_page(pages, category, count=1)
    sent = form_of(editor, page) | {
        "draws-0-objective": law.pk, "draws-0-level": "van_dung", "draws-0-tags_all": "luật, dễ nhầm ",
        "draws-0-only_here": "on", "draws-0-not_in_last": 2, "draws-0-max_mark": "1.50", "draws-0-display_number": "1a",
    }  # fmt: skip
    assert post(editor, page, sent, **{"action-publish": "1"}).status_code == 302
    slot = Quiz.objects.get().slots.get()
    assert (slot.objective, slot.level, slot.tags_all, slot.tags_any) == (law, "van_dung", ["luật", "dễ nhầm"], [])
    assert (slot.only_here, slot.not_in_last, slot.max_mark, slot.display_number) == (True, 2, Decimal("1.5"), "1a")
    wrong = sent | {"draws-0-tags_all": "không có"}
    assert post(editor, page, wrong, **{"action-publish": "1"}).status_code == 200


def with_blueprint(sent: dict[str, Any], row: int, **fields: Any) -> dict[str, Any]:
    prefix = f"blueprint-{row}-"
    return {
        **sent,
        f"{prefix}section": "1",
        **{prefix + name.replace("__", "-"): value for name, value in fields.items()},
    }


def test_the_blueprint_becomes_slots_that_are_filled_exactly(
    editor: Client, pages: Pages, category: Category, law: Objective
) -> None:
    fill(category, 6, objective=law, level="nhan_biet")
    fill(category, 3, objective=law, level="van_dung")
    page = quiz_page(pages, category, count=1)
    sent = form_of(editor, page) | {"draws-0-DELETE": "1"}
    sent = with_blueprint(
        sent, 0, objective=law.pk, nhan_biet__count="2", nhan_biet__mark="0,5", van_dung__count="1", van_dung__mark="2"
    )
    assert post(editor, page, sent, **{"action-publish": "1"}).status_code == 302
    slots = Quiz.objects.get().slots.values_list("objective", "level", "count", "max_mark", "is_of_blueprint")
    assert list(slots) == [(law.pk, "nhan_biet", 2, Decimal("0.5"), True), (law.pk, "van_dung", 1, Decimal(2), True)]
    again = form_of(editor, page)
    assert (again["blueprint-0-nhan_biet-count"], again["blueprint-0-nhan_biet-mark"]) == ("2", "0,5")
    ids = list(QuizPage.objects.get(pk=page.pk).cells.values_list("pk", flat=True))
    assert post(editor, page, again, **{"action-publish": "1"}).status_code == 302
    assert list(QuizPage.objects.get(pk=page.pk).cells.values_list("pk", flat=True)) == ids


def test_a_blueprint_that_cannot_be_filled_names_its_cell(
    editor: Client, pages: Pages, category: Category, law: Objective
) -> None:
    fill(category, 3)
    fill(category, 2, objective=law, level="nhan_biet")
    page = quiz_page(pages, category, count=1)
    sent = with_blueprint(form_of(editor, page), 0, objective=law.pk, nhan_biet__count="1")
    refused = post(editor, page, sent, **{"action-publish": "1"})
    assert refused.status_code == 200
    assert law.name in str(refused.context["form"].errors["blueprint"])


@pytest.mark.parametrize(
    "row",
    [
        {"nhan_biet__count": "1"},
        {"nhan_biet__count": "hai", "objective": "here"},
        {"nhan_biet__count": "1", "nhan_biet__mark": "-1", "objective": "here"},
        {"nhan_biet__count": "999", "objective": "here"},
    ],
)
def test_what_is_no_number_and_what_has_no_objective_is_refused_and_kept_as_typed(
    editor: Client, pages: Pages, category: Category, law: Objective, row: dict[str, Any]
) -> None:
    fill(category, 3)
    page = quiz_page(pages, category, count=1)
    row = {key: law.pk if value == "here" else value for key, value in row.items()}
    response = post(editor, page, with_blueprint(form_of(editor, page), 0, **row))
    assert response.status_code == 200
    assert "blueprint" in response.context["form"].errors
    assert f'value="{row["nhan_biet__count"]}"' in response.content.decode()


def test_the_review_matrix_is_kept_cell_by_cell_and_contradictions_are_refused(
    editor: Client, pages: Pages, category: Category
) -> None:
    fill(category, 3)
    page = quiz_page(pages, category, count=1)
    sent = form_of(editor, page)
    off = {key: value for key, value in sent.items() if key != "review-right_answer-256"}
    assert len(off) == len(sent) - 1
    assert post(editor, page, off, **{"action-publish": "1"}).status_code == 302
    wanted = {**review.as_json(review.DEFAULT)}
    wanted["right_answer"] -= int(review.Moment.LATER)
    assert Quiz.objects.get().review == wanted
    wrong = {key: value for key, value in sent.items() if key != "review-attempt-16"}
    refused = post(editor, page, wrong)
    assert refused.status_code == 200
    assert len(refused.context["form"].errors["review"]) == 4


def test_a_quiz_that_closes_before_it_opens_and_a_wrong_network_are_refused(
    editor: Client, pages: Pages, category: Category
) -> None:
    fill(category, 3)
    page = quiz_page(pages, category, count=1)
    sent = form_of(editor, page)
    wrong = post(editor, page, sent | {"opens_at": "2026-12-02 08:00", "closes_at": "2026-12-01 08:00"})
    assert set(wrong.context["form"].errors) == {"closes_at"}
    wrong = post(editor, page, sent | {"networks": "10.1.0.0/16\nphòng máy"})
    assert set(wrong.context["form"].errors) == {"networks"}


# --- Beside the editor --------------------------------------------------------------------------------


def test_the_figure_of_a_row_follows_its_filter(editor: Client, category: Category, law: Objective) -> None:
    below = make_category("cd1/1", parent=category)
    fill(category, 1)
    fill(below, 2, objective=law, tags=["luật"])
    fill(below, 1, status="draft")

    def count(**filters: Any) -> int:
        return int(editor.get("/cms/quizzes/matches/", filters).json()["count"])

    assert count(category=category.pk) == 3
    assert count(category=category.pk, only_here="1") == 1
    assert count(objective=law.pk) == 2
    assert count(category=category.pk, tags_all="luật") == 2
    assert count() == 0


def test_a_trial_of_the_quiz_marks_and_records_nothing(editor: Client, pages: Pages, category: Category) -> None:
    fill(category, 3)
    page = quiz_page(pages, category, count=2, shuffles=False)
    page.bands = [QuizPageBand(from_percent=0, text="Xem lại bài."), QuizPageBand(from_percent=90, text="Rất tốt.")]
    page.sections = [QuizPageSection(title="Phần chung")]
    publish(page)
    address = f"/cms/quizzes/{page.pk}/try/"
    shown = editor.get(address, {"seed": 7})
    assert shown.status_code == 200
    asked = [question.code for part in shown.context["sitting"].parts for question in part.questions]
    assert len(asked) == 2
    right = editor.post(address, {"seed": 7, "q1": "b", "q2": "b"})
    assert [q.code for part in right.context["sitting"].parts for q in part.questions] == asked
    outcome = right.context["sitting"].outcome
    assert (outcome.share, outcome.passed, outcome.band) == (1, True, "Rất tốt.")
    half = editor.post(address, {"seed": 7, "q1": "b", "q2": "a"}).context["sitting"].outcome
    assert (float(half.share), half.passed, half.band) == (0.5, False, "Xem lại bài.")
    nonsense = editor.post(address, {"seed": 7, "q1": "đây", "q2": ["a", "b"]}).context["sitting"].outcome
    assert nonsense.share == 0
    assert not Attempt.objects.exists()


def test_a_trial_can_be_looked_at_as_if_it_were_another_day(editor: Client, pages: Pages, category: Category) -> None:
    fill(category, 3)
    opens = dt.datetime(2026, 12, 1, 1, 0, tzinfo=dt.UTC)
    page = quiz_page(pages, category, count=1, opens_at=opens, closes_at=opens + dt.timedelta(hours=2))
    address = f"/cms/quizzes/{page.pk}/try/"
    assert editor.get(address, {"at": "2026-12-01T07:59"}).context["refusal"]
    during = editor.get(address, {"at": "2026-12-01T09:50"})
    assert during.context["refusal"] == ""
    assert during.context["deadline"] == opens + dt.timedelta(hours=2)
    assert editor.get(address, {"at": "2026-12-01T10:00"}).context["refusal"]
    assert editor.get(address, {"at": "hôm qua"}).status_code == 200


def test_a_trial_of_what_cannot_be_drawn_says_so(editor: Client, pages: Pages, category: Category) -> None:
    fill(category, 1)
    page = quiz_page(pages, category, count=3)
    response = editor.get(f"/cms/quizzes/{page.pk}/try/")
    assert response.status_code == 200
    assert "2" in response.context["problem"]


def test_the_official_table_sums_up_by_objective_and_level(
    editor: Client, pages: Pages, category: Category, law: Objective
) -> None:
    one = make_question(category, objective=law, level="van_dung").question
    page = QuizPage(title="Kiểm tra", slug="kiem-tra")
    page.draws = [
        QuizPageDraw(objective=law, level="nhan_biet", count=2, max_mark=Decimal("0.5")),
        QuizPageDraw(question=one, count=1, max_mark=3, sort_order=1),
    ]
    page = add(pages.module_1, page)
    table = editor.get(f"/cms/quizzes/{page.pk}/blueprint/").context["table"]
    assert [(row.title, [(cell.count, cell.marks) for cell in row.cells]) for row in table.rows] == [
        (law.name, [(2, Decimal(1)), (0, Decimal(0)), (1, Decimal(3))])
    ]
    assert [float(cell.share) for cell in table.totals] == [0.25, 0, 0.75]
    assert (table.total.count, table.total.marks, table.any_level) == (3, Decimal(4), False)


def test_who_may_not_edit_the_page_gets_neither_trial_nor_table(
    client: Client, pages: Pages, category: Category, officer_p1: User
) -> None:
    fill(category, 3)
    page = quiz_page(pages, category, count=1)
    client.force_login(officer_p1)
    for address in (
        f"/cms/quizzes/{page.pk}/try/", f"/cms/quizzes/{page.pk}/blueprint/", "/cms/quizzes/matches/?category=1",
    ):  # fmt: skip
        assert client.get(address).status_code in (302, 403)
