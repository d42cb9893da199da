"""The screens of imports and exports, as an author sees them."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from quizzes.models import Category, ImportBatch, Question
from quizzes.services import imports
from tests.conftest import Units, make_person
from tests.quizzes.test_imports import THREE

HOME = "/cms/question-imports/"


@pytest.fixture
def desk(client: Client, units: Units) -> Client:
    person = make_person("trainer", "Trần Văn Bình", units.centre)
    group = Group.objects.create(name="Giảng viên thử")
    group.permissions.add(*Permission.objects.filter(codename__in=["access_admin", "add_question", "change_question"]))
    person.groups.add(group)
    client.force_login(person)
    return client


def send(desk: Client, category: Category, data: str) -> ImportBatch:
    file = SimpleUploadedFile("de.gift", data.encode())
    response = desk.post(HOME, {"file": file, "category": category.pk, "level": "nhan_biet", "format": ""})
    assert response.status_code == 302, response.context["form"].errors
    return ImportBatch.objects.latest("pk")


def test_from_the_file_to_the_drafts_and_back(desk: Client, category: Category) -> None:
    assert desk.get(HOME).status_code == 200
    batch = send(desk, category, THREE + "\n\n// [id:sai]\nKhông có câu đúng? {~Một ~Hai}\n")
    address = f"{HOME}{batch.pk}/"
    assert desk.get(address)["Refresh"] == "2"
    imports.read(batch_id=batch.pk)
    page = desk.get(address)
    assert [row.code for row in page.context["rows"]][:3] == ["l-01", "l-02", "l-03"]
    assert "Ai duyệt bài?" in page.content.decode()
    assert [row.position for row in desk.get(f"{address}?show=refused").context["rows"]] == [4]
    shown = {"shown": ["1", "2", "3"], "wanted": ["1", "3"]}
    desk.post(address, {"action": "enter", **shown})
    desk.post(address, {"action": "enter", **shown})
    imports.enter(batch_id=batch.pk)
    assert set(Question.objects.values_list("code", flat=True)) == {"l-01", "l-03"}
    assert desk.get(address).status_code == 200
    desk.post(address, {"action": "undo"})
    imports.take_back(batch_id=batch.pk)
    assert not Question.objects.exists()
    assert desk.get(address).status_code == 200


def test_a_wrong_file_is_told_beside_its_field(desk: Client, category: Category) -> None:
    response = desk.post(HOME, {"file": SimpleUploadedFile("a.png", b"\x89PNG\r\n"), "level": "", "format": ""})
    assert response.status_code == 200
    assert response.context["form"].errors["file"]
    assert not ImportBatch.objects.exists()


def test_templates_and_an_export_are_given(desk: Client, category: Category) -> None:
    for name in ("docx", "xlsx"):
        assert desk.get(f"{HOME}template/{name}/").content.startswith(b"PK")
    batch = send(desk, category, THREE)
    imports.read(batch_id=batch.pk)
    imports.confirm(batch=batch, by=None, at=batch.made_at)
    imports.enter(batch_id=batch.pk)
    assert desk.get("/cms/question-export/").status_code == 200
    response = desk.post("/cms/question-export/", {"format": "moodle-xml", "category": "", "status": ""})
    assert b"l-02" in response.content


def test_who_may_not_add_questions_is_not_let_in(client: Client, units: Units, category: Category) -> None:
    batch = ImportBatch.objects.create(format="gift", file_name="de.gift", sha256="0" * 64, made_at="2026-11-23T00:00Z")
    client.force_login(make_person("officer", "Lê Văn An", units.p1_a))
    for address in (HOME, f"{HOME}{batch.pk}/", "/cms/question-export/"):
        assert client.get(address).status_code in (302, 403, 404)
