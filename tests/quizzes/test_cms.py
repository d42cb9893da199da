"""Trainers write the bank in the CMS; every change of content is a new version; attempts are not to be found there."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.forms import Form
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import GroupPagePermission, ModelLogEntry

from lms.accounts.models import User
from quizzes import types
from quizzes.forms import QuestionForm
from quizzes.models import Attempt, Category, Objective, Question, VersionAnalysis
from tests.conftest import NOON, Outline, Units, make_person
from tests.factories.quizzes import CONTENT, RIGHT, make_category, make_question
from tests.quizzes.forms import sent_by

LIST = "/cms/questions/"


@pytest.fixture
def trainer(units: Units) -> User:
    person = make_person("trainer", "Trần Văn Bình", units.centre)
    group = Group.objects.create(name="Giảng viên thử")
    names = ["access_admin", "add_question", "change_question", "view_question", "add_category", "change_category"]
    group.permissions.add(*Permission.objects.filter(codename__in=names))
    person.groups.add(group)
    return person


@pytest.fixture
def desk(client: Client, trainer: User) -> Client:
    client.force_login(trainer)
    return client


def typed(type_name: str, content: dict[str, Any], category: Category, **more: Any) -> dict[str, Any]:
    """What the browser sends for a question with ``content``."""
    form = Form()
    form.fields = types.get(type_name).edit_fields(content)
    entry = {"code": f"moi-{type_name}", "category": category.pk, "level": "van_dung", "status": "ready"}
    return {**sent_by(form.as_div()), **entry, "stem": "Ai được đăng bài?", "reason": "Vì thế.", **more}


@pytest.mark.parametrize("type_name", list(CONTENT))
def test_a_trainer_writes_a_question_of_each_type(desk: Client, category: Category, type_name: str) -> None:
    assert desk.get(f"{LIST}new/").status_code == 200
    assert desk.get(f"{LIST}new/?type={type_name}").status_code == 200
    response = desk.post(f"{LIST}new/?type={type_name}", typed(type_name, CONTENT[type_name], category))
    assert response.status_code == 302, response.context and response.context["form"].errors
    question = Question.objects.get()
    version = question.versions.get()
    kind = types.get(type_name)
    assert (question.code, version.type, version.number) == (f"moi-{type_name}", type_name, 1)
    assert kind.right_summary(version.content) == kind.right_summary(CONTENT[type_name])
    assert question.owner is not None
    assert version.created_by == question.owner


def test_changing_the_wording_makes_a_version_changing_nothing_does_not(desk: Client, category: Category) -> None:
    question = make_question(category, "single", code="moi-single", stem="Ai được đăng bài?", reason="Vì thế.").question
    address = f"{LIST}edit/{question.pk}/"
    assert desk.get(address).status_code == 200
    same = typed("single", CONTENT["single"], category)
    assert desk.post(address, same).status_code == 302
    assert question.versions.count() == 1
    assert desk.post(address, {**same, "stem": "Ai được xóa bài?"}).status_code == 302
    assert list(question.versions.values_list("number", "stem")) == [(1, "Ai được đăng bài?"), (2, "Ai được xóa bài?")]
    ids = [[option["id"] for option in version.content["options"]] for version in question.versions.all()]
    assert ids[0] == ids[1] == ["a", "b", "c"]


def test_a_question_without_a_right_option_is_refused_in_words(desk: Client, category: Category) -> None:
    sent = {key: value for key, value in typed("single", CONTENT["single"], category).items() if "correct" not in key}
    response = desk.post(f"{LIST}new/?type=single", sent)
    assert response.status_code == 200
    assert len(response.context["form"].non_field_errors()) == 1
    assert not Question.objects.exists()


@pytest.mark.parametrize(
    ("typed_words", "found"),
    [
        ("dang bai", ["q1"]),
        ("đăng bài", ["q1"]),
        ("Q2", ["q2"]),
        ("quyen", ["q1", "q2"]),
        ("khong co", []),
    ],
)
def test_search_ignores_diacritics(desk: Client, category: Category, typed_words: str, found: list[str]) -> None:
    make_question(category, code="q1", stem="Ai có quyền đăng bài?")
    make_question(category, code="q2", stem="Ai có quyền xóa?")
    rows = desk.get(LIST, {"q": typed_words}).context["object_list"]
    assert [row.code for row in rows] == found


def test_the_list_can_be_narrowed_by_type_and_drawer(desk: Client, category: Category) -> None:
    make_question(category, "single", code="q1")
    make_question(category, "ordering", code="q2")
    rows = desk.get(LIST, {"latest_type": "ordering", "category": category.pk}).context["object_list"]
    assert [row.code for row in rows] == ["q2"]


@pytest.mark.parametrize("address", [LIST, "/cms/question_categories/", "/cms/question_objectives/"])
def test_lists_take_as_many_queries_with_three_rows_as_with_one(desk: Client, category: Category, address: str) -> None:
    counts = []
    for size in (1, 3):
        while Question.objects.count() < size:
            objective = Objective.objects.create(key=f"m{Question.objects.count()}", name="Mục tiêu")
            version = make_question(category, objective=objective, tags=["luật"]).version
            VersionAnalysis.objects.create(version=version, facility=0.5, computed_at=NOON)
            if size > 1:
                category.add_child(name=f"n{Question.objects.count()}", key=f"k{Question.objects.count()}")
                category.refresh_from_db()
        desk.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_drawers_are_made_inside_one_another(desk: Client, category: Category) -> None:
    address = "/cms/question_categories/"
    response = desk.post(f"{address}new/", {"name": "Bài 1", "key": "cd1/1", "parent": category.pk})
    assert response.status_code == 302
    made = Category.objects.get(key="cd1/1")
    assert made.get_parent() == category
    desk.post(f"{address}edit/{made.pk}/", {"name": "Bài một"})
    made.refresh_from_db()
    assert (made.name, made.key) == ("Bài một", "cd1/1")


def test_who_is_no_trainer_does_not_get_in(client: Client, officer_p1: User, category: Category) -> None:
    question = make_question(category).question
    client.force_login(officer_p1)
    for address in (LIST, f"{LIST}new/", f"{LIST}edit/{question.pk}/"):
        assert client.get(address).status_code in (302, 403)


def test_no_attempt_is_shown_in_the_cms(desk: Client) -> None:
    assert desk.get("/cms/attempts/").status_code == 404
    assert desk.get("/cms/snippets/quizzes/attempt/").status_code in (302, 404)
    assert "Attempt" not in {form.Meta.model.__name__ for form in (QuestionForm,)}
    assert not GroupPagePermission.objects.filter(permission__content_type__model="attempt").exists()


def test_a_question_is_retired_never_deleted(client: Client, category: Category, units: Units) -> None:
    question = make_question(category).question
    boss = make_person("boss", "Quản trị", units.centre)
    boss.is_superuser = True
    boss.save()
    client.force_login(boss)
    assert client.post(f"{LIST}delete/{question.pk}/").status_code in (302, 403)
    assert Question.objects.filter(pk=question.pk).exists()


# --- One question ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_name", list(CONTENT))
def test_what_the_editor_shows_comes_back_unchanged(desk: Client, category: Category, type_name: str) -> None:
    question = make_question(category, type_name, code="q", tags=["luật"], hints=["Một", "Hai"]).question
    address = f"{LIST}edit/{question.pk}/"
    counts = []
    for _ in range(2):
        # The first time a content from elsewhere may take the shape that the form gives it.
        sent = sent_by(desk.get(address).content, form="w-editor-form")
        response = desk.post(address, sent)
        assert response.status_code == 302, response.context and response.context["form"].errors
        counts.append(question.versions.count())
    assert counts[0] == counts[1]
    question.refresh_from_db()
    assert question.latest.hints == ["Một", "Hai"]
    kind = types.get(type_name)
    assert kind.right_summary(question.latest.content) == kind.right_summary(CONTENT[type_name])
    assert [tag.name for tag in question.tags.all()] == ["luật"]


def test_hints_tags_objective_and_person_in_charge_are_kept(desk: Client, trainer: User, category: Category) -> None:
    sent = typed("single", CONTENT["single"], category)
    more = {"hints": "Một\n\n Hai ", "tags": "luật,  dễ nhầm, luật", "new_objective": "Phân quyền", "code": ""}
    assert desk.post(f"{LIST}new/?type=single", sent | more | {"owner": trainer.pk}).status_code == 302
    question = Question.objects.get()
    assert question.code.startswith("cau-")
    assert question.latest.hints == ["Một", "Hai"]
    assert sorted(tag.name for tag in question.tags.all()) == ["dễ nhầm", "luật"]
    assert (question.objective.name, question.owner) == ("Phân quyền", trainer)
    assert ModelLogEntry.objects.filter(action="quizzes.question_create", user=trainer).count() == 1


def test_opening_a_new_version_begins_it_as_a_draft(desk: Client, category: Category) -> None:
    question = make_question(category, code="q").question
    address = f"{LIST}edit/{question.pk}/?new=1"
    sent = sent_by(desk.get(address).content, form="w-editor-form")
    assert sent["status"] == "draft"
    assert desk.post(address, sent | {"stem": "Câu mới?"}).status_code == 302
    question.refresh_from_db()
    assert (question.latest.number, question.latest.status, question.ready.number) == (2, "draft", 1)


def test_suspending_takes_one_click_and_is_logged_once(desk: Client, category: Category) -> None:
    question = make_question(category).question
    for _ in range(2):
        assert desk.post(f"{LIST}{question.pk}/status/", {"status": "retired"}).status_code == 302
    question.refresh_from_db()
    assert (question.ready, question.latest.status) == (None, "retired")
    assert ModelLogEntry.objects.filter(action="quizzes.question_status").count() == 1
    assert desk.post(f"{LIST}{question.pk}/status/", {"status": "gone"}).status_code == 404
    assert desk.get(f"{LIST}{question.pk}/status/").status_code == 405


@pytest.mark.parametrize("type_name", list(CONTENT))
def test_a_question_of_each_type_is_played_marked_and_not_recorded(
    desk: Client, category: Category, type_name: str
) -> None:
    question = make_question(category, type_name, code="q", hints=["Xem lại bảng quyền"]).question
    address = f"{LIST}{question.pk}/try/"
    shown = desk.get(address)
    assert shown.status_code == 200
    kind = types.get(type_name)
    right = dict[str, Any]()
    for name, value in kind.fields(RIGHT[type_name], "q1"):
        right.setdefault(name, []).append(value)
    played = desk.post(address, {"seed": shown.context["seed"], **right}).context["question"]
    earned = kind.mark(CONTENT[type_name], RIGHT[type_name]) if kind.IS_ASKED else None
    assert (played.share, played.was_marked) == (earned, kind.IS_ASKED)
    assert not Attempt.objects.exists()


def test_a_wrong_try_costs_and_shows_the_next_hint_where_tries_are_allowed(desk: Client, category: Category) -> None:
    question = make_question(category, "single", hints=["Gợi ý một", "Gợi ý hai"]).question
    address = f"{LIST}{question.pk}/try/"
    first = desk.post(address, {"q1": "a", "behaviour": "interactive", "tries": 1})
    assert (first.context["verdict"].hint, first.context["next_try"]) == ("Gợi ý một", 2)
    second = desk.post(address, {"q1": "b", "behaviour": "interactive", "tries": 2})
    assert second.context["verdict"].is_settled
    assert 0 < second.context["verdict"].worth < 1
    assert "Gợi ý một" in first.content.decode()


def test_an_old_version_is_played_as_it_was_and_compared(desk: Client, category: Category) -> None:
    make_question(category, code="q", stem="Câu một?")
    question = make_question(category, code="q", stem="Câu hai?").question
    assert "Câu một?" in desk.get(f"{LIST}{question.pk}/try/?version=1").content.decode()
    assert desk.get(f"{LIST}{question.pk}/try/?version=9").status_code == 404
    shown = desk.get(f"{LIST}{question.pk}/compare/").content.decode()
    assert "<del>một?</del>" in shown
    assert "<ins>hai?</ins>" in shown
    alone = make_question(category, code="other").question
    assert desk.get(f"{LIST}{alone.pk}/compare/").status_code == 302


# --- Many questions ---------------------------------------------------------------------------------------


def test_many_are_changed_after_they_were_named(desk: Client, category: Category) -> None:
    rows = [make_question(category, status="draft").question for _ in range(3)]
    chosen = {"action": "ready", "id": [rows[0].pk, rows[1].pk]}
    asked = desk.get(f"{LIST}bulk/", chosen)
    assert [row.code for row in asked.context["named"]] == [rows[0].code, rows[1].code]
    assert not Question.objects.drawable().exists()
    assert desk.post(f"{LIST}bulk/", {**chosen, "confirmed": "1"}).status_code == 302
    assert list(Question.objects.drawable().order_by("pk")) == rows[:2]
    assert ModelLogEntry.objects.filter(action="quizzes.question_status").count() == 2


def test_all_that_the_filters_leave_means_just_those(desk: Client, category: Category) -> None:
    other = make_category("cd2")
    mine = [make_question(category).question for _ in range(2)]
    make_question(other)
    asked = desk.get(f"{LIST}bulk/", {"action": "move", "all": "1", "category": category.pk})
    assert {row.pk for row in asked.context["named"]} == {row.pk for row in mine}
    sent = {"action": "move", "id": asked.context["ids"], "category": other.pk, "confirmed": "1"}
    assert desk.post(f"{LIST}bulk/", sent).status_code == 302
    assert other.questions.count() == 3


def test_tags_are_put_on_and_taken_off_many(desk: Client, category: Category) -> None:
    rows = [make_question(category, tags=["cũ"]).question for _ in range(2)]
    ids = [row.pk for row in rows]
    desk.post(f"{LIST}bulk/", {"action": "tag", "id": ids, "tags": "luật", "confirmed": "1"})
    desk.post(f"{LIST}bulk/", {"action": "untag", "id": ids, "tags": "cũ", "confirmed": "1"})
    assert [[tag.name for tag in row.tags.all()] for row in rows] == [["luật"], ["luật"]]
    empty = desk.post(f"{LIST}bulk/", {"action": "tag", "id": ids, "tags": " , ", "confirmed": "1"})
    assert empty.status_code == 200  # a form keeps what was typed
    assert desk.post(f"{LIST}bulk/", {"action": "tag", "tags": "x", "confirmed": "1"}).status_code == 302


def test_who_may_only_look_changes_nothing(client: Client, category: Category, units: Units) -> None:
    looker = make_person("looker", "Người xem", units.centre)
    looker.user_permissions.add(*Permission.objects.filter(codename__in=["access_admin", "view_question"]))
    client.force_login(looker)
    question = make_question(category, status="draft").question
    assert client.get(LIST).status_code == 200
    assert client.get(f"{LIST}{question.pk}/try/").status_code == 200
    client.post(f"{LIST}{question.pk}/status/", {"status": "ready"})
    client.post(f"{LIST}bulk/", {"action": "ready", "id": [question.pk], "confirmed": "1"})
    assert not Question.objects.drawable().exists()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"status": "draft"}, ["b", "c"]),
        ({"level": "van_dung"}, ["b"]),
        ({"tag": "luật"}, ["a"]),
        ({"draft": "yes"}, ["c"]),
        ({"checking": "yes"}, ["a"]),
        ({"asked": "no"}, ["a", "b", "c"]),
        ({"asked": "yes"}, []),
    ],
)
def test_each_filter_leaves_what_it_says(
    desk: Client, category: Category, wanted: dict[str, str], found: list[str]
) -> None:
    version = make_question(category, code="a", tags=["luật"]).version
    VersionAnalysis.objects.create(version=version, facility=0.2, needs_checking=True, computed_at=NOON)
    make_question(category, code="b", level="van_dung", status="draft")
    make_question(category, code="c", stem="Một?")
    make_question(category, code="c", stem="Hai?", status="draft")
    response = desk.get(LIST, wanted)
    assert [row.code for row in response.context["object_list"]] == found


def test_what_needs_checking_is_marked_with_its_figures(desk: Client, category: Category) -> None:
    version = make_question(category).version
    VersionAnalysis.objects.create(
        version=version, sample=40, facility=0.256, discrimination=-36.7, needs_checking=True, computed_at=NOON
    )
    html = desk.get(LIST).content.decode()
    assert "bank-check" in html
    assert "25,6" in html


def test_objectives_have_a_list_and_a_form_of_their_own(desk: Client, category: Category, outline: Outline) -> None:
    address = "/cms/question_objectives/"
    sent = {"name": "Phân quyền cho Tổ quản trị", "key": "", "lesson": outline.lesson_1.pk}
    assert desk.post(f"{address}new/", sent).status_code == 302
    made = Objective.objects.get()
    assert (made.key, made.lesson) == ("phan-quyen-cho-to-quan-tri", outline.lesson_1)
    assert desk.get(address).status_code == 200
    assert desk.post(f"{address}edit/{made.pk}/", {"name": "Phân quyền", "lesson": ""}).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.key, made.lesson) == ("Phân quyền", "phan-quyen-cho-to-quan-tri", None)
    assert desk.post(f"{address}delete/{made.pk}/").status_code in (302, 403)
    assert Objective.objects.exists()


def test_the_chooser_of_questions_searches_without_diacritics(desk: Client, category: Category) -> None:
    make_question(category, code="a", stem="Ai được đăng bài?")
    make_question(category, code="b", stem="Khác")
    shown = desk.get("/cms/question_chooser/results/", {"q": "dang bai"}).content.decode()
    assert "Ai được đăng bài?" in shown
    assert "Khác" not in shown
