"""Trainers write the bank in the CMS; every change of content is a new version; attempts are not to be found there."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.forms import Form
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import GroupPagePermission

from lms.accounts.models import User
from quizzes import types
from quizzes.forms import QuestionForm
from quizzes.models import Category, Question
from tests.conftest import Units, make_person
from tests.factories.quizzes import CONTENT, make_question
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


@pytest.mark.parametrize("address", [LIST, "/cms/question_categories/"])
def test_lists_take_as_many_queries_with_three_rows_as_with_one(desk: Client, category: Category, address: str) -> None:
    counts = []
    for size in (1, 3):
        while Question.objects.count() < size:
            make_question(category)
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
