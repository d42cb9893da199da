"""The screens as a manager, a neighbour, an officer and a stranger meet them."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import Enrolment
from lms.accounts.models import User
from lms.plans import services
from lms.plans.models import Assignment, BasisDocument
from lms.units.models import Grant, Level
from tests.conftest import NOON, make_person, make_unit
from tests.factories.plans import plan_141, task

DEADLINE = dt.date(2026, 11, 30)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def words(response) -> str:
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text).replace("\u00a0", " ")


@pytest.fixture
def given(units, outline, manager_p1, officer_p1) -> Assignment:
    """To the page officers of the communes of the first province, one of whom has a phone that could leak."""
    officer_p1.phone = "+84912345678"
    officer_p1.save()
    return task(
        outline.course, units.p1, manager_p1, levels=("commune",), duties=["officer"], deadline=DEADLINE,
        basis=plan_141(),
    )  # fmt: skip


@pytest.fixture
def filled(units, outline) -> dict[str, object]:
    """The form as a browser sends it."""
    return {
        "course": str(outline.course.pk),
        "unit": str(units.p1.pk),
        "levels": [str(Level.objects.get(key="commune").pk)],
        "duty": "officer",
        "deadline": "30/11/2026",
        "document_kind": "Kế hoạch",
        "document_reference": "141/KH-MTTQ-BTT",
        "document_date": "12/4/2022",
        "contact_name": "Vũ Thị Hải",
        "contact_phone": "0203 3835 123",
        "other_positions": "phó chủ tịch",
    }


# --- Who may -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["", "edit/", "withdraw/", "qr.svg"])
def test_a_task_is_for_the_own_province_only(page, given, manager_p1, manager_p2, officer_p1):
    found = [
        signed_in(person).get(f"/plans/{given.pk}/{page}").status_code
        for person in (manager_p1, manager_p2, officer_p1)
    ]
    assert found == [200, 404, 404]
    assert Client().get(f"/plans/{given.pk}/{page}").status_code == 302


def test_strangers_find_no_tasks_and_cannot_give_or_take_one(given, filled, units, manager_p2, officer_p1):
    client = signed_in(officer_p1)
    assert [client.get(page).status_code for page in ("/plans/", "/plans/new/")] == [404, 404]
    assert client.post("/plans/new/", {**filled, "step": "assign"}).status_code == 404
    neighbour = signed_in(manager_p2)
    assert neighbour.post(f"/plans/{given.pk}/withdraw/", {"reason": "không"}).status_code == 404
    assert neighbour.post("/plans/new/", {**filled, "step": "assign"}).status_code == 200
    assert list(Assignment.objects.values_list("pk", "withdrawn_at")) == [(given.pk, None)]


def test_the_right_to_see_shows_a_task_but_gives_changes_and_withdraws_none(given, filled, manager_p1):
    Grant.objects.filter(person=manager_p1).exclude(right=Grant.Right.VIEW).delete()
    client = signed_in(manager_p1)
    pages = [
        "/plans/",
        f"/plans/{given.pk}/",
        "/plans/new/",
        f"/plans/{given.pk}/edit/",
        f"/plans/{given.pk}/withdraw/",
    ]
    assert [client.get(page).status_code for page in pages] == [200, 200, 404, 404, 404]


def test_from_below_a_task_of_the_centre_is_read_only_and_shows_the_own_people(
    units, outline, centre, manager_p1, officer_p1, officer_p2
):
    above = task(outline.course, units.centre, centre, duties=["officer"])
    client = signed_in(manager_p1)
    page = client.get(f"/plans/{above.pk}/")
    assert "Đặng Thị Nguyệt Ánh" in words(page)
    assert "Nguyễn Văn Ân" not in words(page)
    assert "/edit/" not in page.content.decode()
    assert client.get(f"/plans/{above.pk}/edit/").status_code == 404
    assert "Nguyễn Văn Ân" in words(signed_in(centre).get(f"/plans/{above.pk}/"))


# --- Giving a task ---------------------------------------------------------------------------------------


def test_a_fresh_form_offers_the_own_unit_and_oneself_as_contact(manager_p1, units, outline):
    form = signed_in(manager_p1).get("/plans/new/").context["form"]
    assert form["unit"].value() == units.p1.pk
    assert form["contact_name"].value() == "Hoàng Đức Hạnh"
    assert [label for _value, label in form.fields["unit"].choices] == ["Tỉnh Quảng Ninh"]


def test_preview_shows_whom_it_concerns_and_gives_nothing(manager_p1, officer_p1, filled, units):
    make_unit("Xã Trống", parent=units.p1, level="commune", rank=30)
    answer = signed_in(manager_p1).post("/plans/new/", {**filled, "step": "preview"})
    reach = answer.context["reach"]
    assert (reach.people, reach.units, reach.empty) == (1, 1, 2)
    assert "Đặng Thị Nguyệt Ánh" in words(answer)
    assert not Assignment.objects.exists()
    assert not BasisDocument.objects.exists()


def test_what_the_preview_sends_on_gives_the_task_and_twice_gives_it_once(manager_p1, officer_p1, filled, units):
    client = signed_in(manager_p1)
    preview = client.post("/plans/new/", {**filled, "step": "preview"})
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', preview.content.decode())
    sent: dict[str, list[str]] = {}
    for name, value in hidden:
        if name != "csrfmiddlewaretoken":
            sent.setdefault(name, []).append(value)
    first = client.post("/plans/new/", {**sent, "step": "assign"})
    second = client.post("/plans/new/", {**sent, "step": "assign"})
    assignment = Assignment.objects.get()
    assert first["Location"] == second["Location"] == f"/plans/{assignment.pk}/"
    assert (assignment.unit_id, assignment.deadline, assignment.duties, assignment.positions) == (
        units.p1.pk, DEADLINE, ["officer"], ["phó chủ tịch"],
    )  # fmt: skip
    assert [level.key for level in assignment.levels.all()] == ["commune"]
    assert (assignment.basis.kind, assignment.basis.reference, assignment.basis.date_as_written) == (
        "Kế hoạch", "141/KH-MTTQ-BTT", "12/4/2022",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("deadline", "30/13/2026"),
        ("deadline", "22/11/2026"),
        ("contact_name", ""),
        ("contact_phone", "gọi sau"),
        ("document_reference", ""),
        ("unit", "0"),
        ("course", "999999"),
        ("duty", "boss"),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_what_was_typed_stays(manager_p1, filled, field, value):
    answer = signed_in(manager_p1).post("/plans/new/", {**filled, field: value, "step": "assign"})
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    html = answer.content.decode()
    assert 'value="Vũ Thị Hải"' in html or field == "contact_name"
    assert 'value="12/4/2022"' in html
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("typed", ["30/11/2026", "30-11-2026", "30.11.2026", "2026-11-30"])
def test_a_day_is_read_as_people_and_as_browsers_write_it(manager_p1, filled, typed):
    signed_in(manager_p1).post("/plans/new/", {**filled, "deadline": typed, "step": "assign"})
    assert Assignment.objects.get().deadline == DEADLINE


def test_a_unit_below_is_found_by_name_and_may_be_chosen(manager_p1, filled, units):
    client = signed_in(manager_p1)
    answer = client.post("/plans/new/", {**filled, "unit_search": "ha long", "step": "find"})
    labels = dict(answer.context["form"].fields["unit"].choices)
    assert str(units.p1_b.pk) in labels
    assert answer.context["form"].errors == {}
    assert 'value="Vũ Thị Hải"' in answer.content.decode()
    client.post("/plans/new/", {**filled, "unit": str(units.p1_b.pk), "step": "assign"})
    assert Assignment.objects.get().unit_id == units.p1_b.pk


def test_a_unit_of_another_province_is_neither_found_nor_taken(manager_p1, filled, units):
    client = signed_in(manager_p1)
    answer = client.post("/plans/new/", {**filled, "unit_search": "van lang", "step": "find"})
    assert answer.context["form"].found == []
    client.post("/plans/new/", {**filled, "unit": str(units.p2_a.pk), "step": "assign"})
    assert not Assignment.objects.exists()


def test_an_earlier_document_is_used_again_but_not_beside_another_one(manager_p1, filled, given):
    client = signed_in(manager_p1)
    both = client.post("/plans/new/", {**filled, "basis": str(given.basis_id), "step": "assign"})
    assert list(both.context["form"].errors) == ["basis"]
    again = {name: value for name, value in filled.items() if not name.startswith("document_")}
    client.post("/plans/new/", {**again, "basis": str(given.basis_id), "step": "assign"})
    assert Assignment.objects.exclude(pk=given.pk).get().basis_id == given.basis_id


def test_an_odd_number_is_advised_about_and_kept(manager_p1, filled):
    client = signed_in(manager_p1)
    odd = {**filled, "document_reference": "KH của tỉnh"}
    assert len(client.post("/plans/new/", {**odd, "step": "preview"}).context["warnings"]) == 1
    client.post("/plans/new/", {**odd, "step": "assign"})
    assert Assignment.objects.get().basis.reference == "KH của tỉnh"


# --- One task --------------------------------------------------------------------------------------------


def test_a_task_s_page_says_how_far_whom_to_call_and_what_to_send(given, manager_p1, settings):
    settings.PUBLIC_URL = "https://lms.example"
    page = signed_in(manager_p1).get(f"/plans/{given.pk}/")
    assert "0/1" in words(page)
    assert 'href="tel:+84912345678"' in page.content.decode()
    message = page.context["message"]
    assert f"https://lms.example/t/{given.code}/" in message
    assert "30/11/2026" in message
    assert "0203 3835 123" in message


def test_the_qr_code_is_a_picture_from_its_own_address(given, manager_p1):
    answer = signed_in(manager_p1).get(f"/plans/{given.pk}/qr.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer.content.lstrip().startswith(b"<?xml") or answer.content.lstrip().startswith(b"<svg")
    assert b"style=" not in answer.content


def test_a_task_s_page_asks_as_often_for_three_people_as_for_one(given, manager_p1, units):
    client = signed_in(manager_p1)
    client.get(f"/plans/{given.pk}/")

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get(f"/plans/{given.pk}/")
        return len(found)

    one = cost()
    for number in range(3):
        commune = make_unit(f"Xã Mới {number}", parent=units.p1, level="commune", rank=30)
        make_person(f"moi-{number}", "Phạm Thị Mới", commune, duty="officer")
    assert cost() == one


def test_the_list_asks_as_often_for_three_tasks_as_for_one(given, manager_p1, units, outline, centre):
    client = signed_in(manager_p1)
    task(outline.course, units.centre, centre, levels=("commune",))
    client.get("/plans/")

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get("/plans/")
        return len(found)

    one = cost()
    for unit, by in ((units.p1_a, manager_p1), (units.p1_b, manager_p1), (units.centre, centre)):
        task(outline.course, unit, by, levels=("commune", "province"), basis=plan_141(), positions=["phó"])
    assert cost() == one


def test_an_empty_list_says_what_to_do(manager_p1):
    assert 'href="/plans/new/"' in signed_in(manager_p1).get("/plans/").content.decode()


def test_a_deadline_is_changed_and_a_task_withdrawn(given, manager_p1):
    client = signed_in(manager_p1)
    sent = {"deadline": "15/12/2026", "contact_name": "Vũ Thị Hải", "contact_phone": "0912 345 678", "note": ""}
    assert client.post(f"/plans/{given.pk}/edit/", sent).status_code == 302
    given.refresh_from_db()
    assert (given.deadline, given.contact_name) == (dt.date(2026, 12, 15), "Vũ Thị Hải")
    assert client.post(f"/plans/{given.pk}/withdraw/", {"reason": ""}).status_code == 200
    assert client.post(f"/plans/{given.pk}/withdraw/", {"reason": "thay kế hoạch"}).status_code == 302
    given.refresh_from_db()
    assert given.withdrawn_reason == "thay kế hoạch"
    assert client.get(f"/plans/{given.pk}/").status_code == 200
    assert client.get(f"/plans/{given.pk}/edit/").status_code == 404


def test_a_deadline_that_is_over_does_not_keep_the_contact_from_being_changed(given, manager_p1):
    Assignment.objects.filter(pk=given.pk).update(deadline=dt.date(2026, 11, 1))
    sent = {"deadline": "01/11/2026", "contact_name": "Vũ Thị Hải", "contact_phone": "0912 345 678", "note": ""}
    assert signed_in(manager_p1).post(f"/plans/{given.pk}/edit/", sent).status_code == 302
    assert signed_in(manager_p1).post(f"/plans/{given.pk}/edit/", {**sent, "deadline": "02/11/2026"}).status_code == 200


# --- Beginning -------------------------------------------------------------------------------------------


def test_whoever_is_concerned_begins_though_the_course_is_not_open_and_twice_is_once(given, outline, officer_p1):
    outline.course.is_open = False
    outline.course.save()
    client = signed_in(officer_p1)
    assert client.post(f"/learn/courses/{outline.course.pk}/enrol/").status_code == 404
    answers = [client.post(f"/plans/{given.pk}/begin/") for _click in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, outline.lesson_1.url)] * 2
    enrolment = Enrolment.objects.get()
    assert (enrolment.user, enrolment.source) == (officer_p1, Enrolment.Source.ASSIGNED)


def test_nobody_else_begins_and_no_link_begins(given, officer_p1, officer_p2, manager_p1, manager_p2, outline, units):
    task(outline.course, units.p2, manager_p2)  # officer_p2 owes something, but not this
    for stranger in (officer_p2, manager_p1):
        assert signed_in(stranger).post(f"/plans/{given.pk}/begin/").status_code == 404
    assert signed_in(officer_p1).get(f"/plans/{given.pk}/begin/").status_code == 405
    services.withdraw(assignment=given, by=manager_p1, reason="sai", at=NOON)
    assert signed_in(officer_p1).post(f"/plans/{given.pk}/begin/").status_code == 404
    assert not Enrolment.objects.exists()


# --- The short link --------------------------------------------------------------------------------------


def test_the_short_link_leads_through_sign_in_to_the_task(given, officer_p1):
    visitor = Client()
    answer = visitor.get(f"/t/{given.code}/")
    assert answer["Location"] == f"/accounts/login/?next=/t/{given.code}/"
    after = visitor.post(answer["Location"], {"login": "officer_p1", "password": "mat-khau-thu-1"}, follow=True)
    assert after.redirect_chain[0][0] == f"/t/{given.code}/"
    assert after.redirect_chain[-1][0] == f"/learn/#viec-{given.code}"
    assert f'id="viec-{given.code}"' in after.content.decode()


def test_a_code_is_read_in_capitals_too(given, officer_p1):
    answer = signed_in(officer_p1).get(f"/t/{given.code.upper()}/")
    assert answer["Location"] == f"/learn/#viec-{given.code}"


@pytest.mark.parametrize("code", ["khong-co", "x", "0" * 200, "%00", "đ"])
def test_an_unknown_code_says_what_to_do(code, given, officer_p1):
    for client in (Client(), signed_in(officer_p1)):
        answer = client.get(f"/t/{code}/")
        assert answer.status_code == 404
        assert 'href="/learn/"' in answer.content.decode()


def test_a_withdrawn_task_says_so(given, officer_p1, manager_p1):
    services.withdraw(assignment=given, by=manager_p1, reason="bí mật nội bộ", at=NOON)
    answer = signed_in(officer_p1).get(f"/t/{given.code}/")
    assert answer.context["what"] == "withdrawn"
    assert "bí mật nội bộ" not in answer.content.decode()


def test_who_is_not_concerned_reads_the_course_s_title_and_no_more(given, officer_p2, outline):
    answer = signed_in(officer_p2).get(f"/t/{given.code}/")
    text = words(answer)
    assert outline.course.title in text
    for hidden in ("Quảng Ninh", "0203", "Hoàng Đức Hạnh", "141/KH", "30/11"):
        assert hidden not in text


def test_a_manager_is_led_to_the_task_s_page(given, manager_p1):
    assert f'href="/plans/{given.pk}/"' in signed_in(manager_p1).get(f"/t/{given.code}/").content.decode()


@pytest.mark.parametrize("typed", ["\0", "%", "'", "q" * 500, "…"])
def test_whatever_is_searched_for_the_form_comes_back(manager_p1, filled, typed):
    answer = signed_in(manager_p1).post("/plans/new/", {**filled, "unit_search": typed, "step": "find"})
    assert (answer.status_code, answer.context["form"].found) == (200, [])
