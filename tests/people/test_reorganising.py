"""Reorganising units on the screen: from the resolution to what was done, with a second person in between."""

import csv
import datetime as dt
import io
import re

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lms.accounts.models import User
from lms.fanpages.models import PageRecord
from lms.people import reorganising_queries as queries
from lms.people.enums import ApprovalState, BatchState
from lms.people.models import Approval, JoinLink, RosterBatch
from lms.people.services import approvals, resets
from lms.people.services import reorganising as services
from lms.people.services.rosters import NotAllowedError
from lms.units import queries as tree
from lms.units.models import (
    Appointment,
    Grant,
    Reorganisation,
    ReorganisationStep,
    ReorganisedUnit,
    Succession,
    Unit,
    UnitName,
)
from lms.units.services.errors import RefusedError
from tests.conftest import NOON, make_person, make_unit
from tests.factories.plans import task

TODAY = dt.date(2026, 11, 23)
DAY = dt.date(2026, 12, 1)
DOCUMENT = {
    "document_kind": "Nghị quyết",
    "document_number": "1679/NQ-UBTVQH15",
    "document_issued_on": dt.date(2026, 11, 16),
    "document_issuer": "Ủy ban Thường vụ Quốc hội",
    "document_title": "về việc sắp xếp các đơn vị hành chính cấp xã",
}
Kind = ReorganisationStep.Kind
Standing = queries.Standing


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def desk(manager_p1: User) -> Client:
    return signed_in(manager_p1)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def plan(top: Unit, by: User, **fields: object) -> Reorganisation:
    return services.draft(top=top, document={**DOCUMENT, **fields}, effective_on=DAY, by=by, at=NOON)


def merge_step(change: Reorganisation, *units: Unit, by: User, name: str = "Phường Hồng Gai", code: str = "06652"):
    opening = {"name": name, "type": name.split()[0].lower(), "code": code}
    return services.add_step(
        change=change, kind=Kind.MERGE.value, units=[unit.pk for unit in units], params={"opening": opening}, by=by
    )


def split_step(change: Reorganisation, unit: Unit, *, by: User):
    openings = [{"name": name, "type": "xã", "code": code} for name, code in (("Xã Một", "1"), ("Xã Hai", "2"))]
    return services.add_step(
        change=change, kind=Kind.SPLIT.value, units=[unit.pk], params={"openings": openings}, by=by
    )


@pytest.fixture
def merger(units, manager_p1: User) -> Reorganisation:
    """Xã Vạn Yên and Phường Hạ Long become Phường Hồng Gai."""
    change = plan(units.p1, manager_p1)
    merge_step(change, units.p1_a, units.p1_b, by=manager_p1)
    return change


@pytest.fixture
def division(units, manager_p1: User) -> Reorganisation:
    """Xã Vạn Yên becomes Xã Một and Xã Hai."""
    change = plan(units.p1, manager_p1)
    split_step(change, units.p1_a, by=manager_p1)
    return change


def confirmed(change: Reorganisation, asker: User, second: User, **fields: object) -> Reorganisation:
    asked = services.ask(change=change, by=asker, at=NOON, reason="đã đối chiếu", **fields)
    assert approvals.approve(approval=asked, by=second, at=NOON)
    change.refresh_from_db()
    return change


def counted(call) -> int:
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


# --- Who may ------------------------------------------------------------------------------------------


def addresses(change: Reorganisation) -> list[str]:
    return [
        reverse("people:changes"),
        reverse("people:change_new"),
        *(
            reverse(f"people:{name}", args=[change.pk])
            for name in ("change", "change_edit", "change_progress", "change_preview", "change_csv", "change_ask")
        ),
        reverse("people:change_step", args=[change.pk, 1]),
        reverse("people:change_step_new", args=[change.pk, "merge"]),
    ]


def test_strangers_are_told_that_there_is_nothing(merger, officer_p1, manager_p2):
    unit = reverse("people:changes_unit", args=[merger.top_id])
    for address in [*addresses(merger), unit]:
        assert signed_in(officer_p1).get(address).status_code == 404, address
    for address in [*addresses(merger)[2:], unit]:
        assert signed_in(manager_p2).get(address).status_code == 404, address
    assert signed_in(manager_p2).get(addresses(merger)[0]).context["rows"] == []
    posts = ["change_cancel", "change_people", "change_rights", "change_withdraw"]
    for person in (officer_p1, manager_p2):
        for name in posts:
            assert signed_in(person).post(reverse(f"people:{name}", args=[merger.pk])).status_code == 404
    merger.refresh_from_db()
    assert merger.state == Reorganisation.State.DRAFT


def test_the_manager_the_centre_and_a_superuser_open_every_page(merger, manager_p1, centre, django_user_model):
    boss = django_user_model.objects.create_superuser(username="sep", password="mat-khau-thu-1")
    for person in (manager_p1, centre, boss):
        for address in addresses(merger):
            assert signed_in(person).get(address).status_code == 200, address


def test_a_manager_changes_nothing_outside_the_own_province(units, manager_p1, manager_p2, desk):
    with pytest.raises(NotAllowedError):
        plan(units.p2, manager_p1)
    foreign = plan(units.p2, manager_p2)
    with pytest.raises(NotAllowedError):
        merge_step(foreign, units.p2_a, by=manager_p1)
    own = plan(units.p1, manager_p1)
    address = reverse("people:change_step_new", args=[own.pk, "merge"])
    sent = {"units": [units.p1_a.pk, units.p2_a.pk], "type": "commune:xã", "name": "Gộp", "do": "keep"}
    answer = desk.post(address, sent)
    assert answer.status_code == 200
    assert answer.context["form"].pickers["units"].ids == [units.p1_a.pk]
    assert not own.steps.exists()
    # Even where the row says so, the plan is refused: the unit lies outside.
    step = merge_step(own, units.p1_a, units.p2_a, by=manager_p1)
    assert [(row.key, row.order) for row in tree.problems(own) if not row.is_warning] == [("not_open", step.order)]


def test_merging_across_provinces_is_for_the_centre(units, centre, manager_p1):
    with pytest.raises(NotAllowedError):
        plan(units.centre, manager_p1)
    change = plan(units.centre, centre)
    merge_step(change, units.p1_a, units.p2_a, by=centre)
    assert [row.key for row in tree.problems(change) if not row.is_warning] == []


# --- A draft ------------------------------------------------------------------------------------------


HEAD = {**DOCUMENT, "document_issued_on": "16/11/2026", "effective_on": "01/12/2026"}


def test_a_new_change_needs_its_document_and_a_second_click_makes_no_second(units, desk):
    address = reverse("people:change_new")
    answer = desk.post(address, {**HEAD, "document_number": "", "document_issuer": "Quốc hội"})
    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {"document_number"}
    assert answer.context["form"]["document_issuer"].value() == "Quốc hội"
    first, second = (desk.post(address, HEAD) for _click in range(2))
    change = Reorganisation.objects.get()
    assert first.url == second.url == reverse("people:change", args=[change.pk])
    assert (change.top, change.effective_on, change.document) == (units.p1, DAY, "Nghị quyết 1679/NQ-UBTVQH15")


def test_a_document_is_not_dated_after_the_day_on_which_it_takes_effect(units, desk):
    answer = desk.post(reverse("people:change_new"), {**HEAD, "document_issued_on": "02/12/2026"})
    assert set(answer.context["form"].errors) == {"document_issued_on"}


def test_units_are_found_without_diacritics_and_what_was_typed_stays(units, manager_p1, desk):
    change = plan(units.p1, manager_p1)
    sent = {"units": [units.p1_a.pk], "units_search": "ha long", "name": "Hồng Gai", "do": "find"}
    answer = desk.post(reverse("people:change_step_new", args=[change.pk, "merge"]), sent)
    form, said = answer.context["form"], answer.content.decode()
    boxes = re.findall(r'<input type="checkbox" name="units" value="(\d+)"[^>]*?( checked)?>', said)
    assert boxes == [(str(units.p1_a.pk), " checked"), (str(units.p1_b.pk), "")]
    assert [(row.name, row.is_chosen) for row in form.pickers["units"].choices] == [
        ("Xã Vạn Yên", True),
        ("Phường Hạ Long", False),
    ]
    assert form["name"].value() == "Hồng Gai"
    assert not form.errors
    assert not change.steps.exists()


STEPS = {
    "merge": (
        lambda u: {"units": [u.p1_a.pk, u.p1_b.pk], "type": "commune:phường", "name": "Hồng Gai", "code": "06652"},
        lambda u: ([u.p1_a.pk, u.p1_b.pk], {"opening": {"name": "Phường Hồng Gai", "type": "phường", "code": "06652"}}),
    ),
    "split": (
        lambda u: {
            "units": [u.p1_a.pk], "number": "2", "part0_type": "commune:xã", "part0_name": "Một", "part0_code": "1",
            "part1_type": "commune:phường", "part1_name": "Phường Hai", "part1_code": "2",
        },
        lambda u: (
            [u.p1_a.pk],
            {"openings": [{"name": "Xã Một", "type": "xã", "code": "1"},
                          {"name": "Phường Hai", "type": "phường", "code": "2"}]},
        ),
    ),
    "rename": (
        lambda u: {"units": [u.p1_a.pk], "type": "commune:phường"},
        lambda u: ([u.p1_a.pk], {"name": "Phường Vạn Yên", "type": "phường"}),
    ),
    "dissolve": (
        lambda u: {"units": [u.p1_a.pk], "people_to": [u.p1_b.pk]},
        lambda u: ([u.p1_a.pk], {"people_to": str(u.p1_b.pk)}),
    ),
    "found": (
        lambda u: {"type": "commune:xã", "name": "Mới", "code": "9", "parent": [u.p1.pk]},
        lambda u: ([], {"opening": {"name": "Xã Mới", "type": "xã", "code": "9", "level": "commune",
                                    "parent": str(u.p1.pk)}}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", STEPS)
def test_a_form_says_its_step_as_the_engine_reads_it_and_reads_it_back(kind, units, manager_p1, desk):
    change = plan(units.p1, manager_p1)
    sent, expected = STEPS[kind]
    answer = desk.post(reverse("people:change_step_new", args=[change.pk, kind]), {**sent(units), "do": "keep"})
    assert answer.status_code == 302, answer.context and answer.context["form"].errors
    step = change.steps.get()
    assert (step.units, step.params) == expected(units)
    assert [row.key for row in tree.problems(change) if not row.is_warning] == []
    page = desk.get(reverse("people:change_step", args=[change.pk, step.order]))
    again = {name: page.context["form"][name].value() for name in page.context["form"].fields} | {
        name: picker.refs for name, picker in page.context["form"].pickers.items()
    }
    if kind == "split":
        again["number"] = "2"
    answer = desk.post(
        reverse("people:change_step", args=[change.pk, step.order]),
        {**again, "seen": page.context["seen"], "do": "keep"},
    )
    assert answer.status_code == 302, answer.context and answer.context["form"].errors
    step.refresh_from_db()
    assert (step.units, step.params) == expected(units)


def test_a_unit_goes_under_another_province_and_another_level(units, centre):
    change, desk = plan(units.centre, centre), signed_in(centre)
    desk.post(
        reverse("people:change_step_new", args=[change.pk, "transfer"]),
        {"units": [units.p1_a.pk], "parent": [units.p2.pk], "code": "5", "do": "keep"},
    )
    desk.post(
        reverse("people:change_step_new", args=[change.pk, "relevel"]),
        {"units": [units.p1_b.pk], "type": "province:tỉnh", "name": "Hạ Long", "code": "7",
         "parent": [units.centre.pk], "do": "keep"},
    )  # fmt: skip
    transfer, relevel = change.steps.all()
    assert transfer.params == {"parent": str(units.p2.pk), "opening": {"code": "5"}}
    told = {"name": "Tỉnh Hạ Long", "type": "tỉnh", "level": "province", "code": "7", "parent": str(units.centre.pk)}
    assert relevel.params == {"opening": told}
    assert [row.key for row in tree.problems(change) if not row.is_warning] == []


def test_the_units_below_a_divided_one_are_each_asked_for(units, centre):
    change, desk = plan(units.centre, centre), signed_in(centre)
    sent = {
        "units": [units.p1.pk], "number": "2", "part0_type": "province:tỉnh", "part0_name": "Một",
        "part1_type": "province:tỉnh", "part1_name": "Hai", f"child_{units.p1_a.pk}": "1", "do": "keep",
    }  # fmt: skip
    address = reverse("people:change_step_new", args=[change.pk, "split"])
    answer = desk.post(address, sent)
    assert set(answer.context["form"].errors) == {f"child_{units.p1_b.pk}"}
    assert desk.post(address, {**sent, f"child_{units.p1_b.pk}": "0"}).status_code == 302
    assert change.steps.get().params["children"] == {str(units.p1_a.pk): 1, str(units.p1_b.pk): 0}


def test_a_step_may_name_what_another_one_opens(units, manager_p1, desk, merger):
    address = reverse("people:change_step_new", args=[merger.pk, "dissolve"])
    other = make_unit("Xã Ba Chẽ", parent=units.p1, level="commune", rank=30)
    form = desk.get(address).context["form"]
    assert [(row.ref, row.name) for row in form.pickers["people_to"].choices] == [("1/0", "Phường Hồng Gai")]
    desk.post(address, {"units": [other.pk], "people_to": ["1/0"], "do": "keep"})
    assert merger.steps.get(order=2).params == {"people_to": "1/0"}
    # So the first cannot be taken away under it.
    desk.post(reverse("people:change_step_remove", args=[merger.pk, 1]))
    assert merger.steps.count() == 2


def test_a_step_that_is_added_twice_by_one_click_stands_once(units, manager_p1, desk, merger):
    sent = {**STEPS["merge"][0](units), "do": "keep"}
    desk.post(reverse("people:change_step_new", args=[merger.pk, "merge"]), sent)
    assert merger.steps.count() == 1


def test_what_is_wrong_stands_beside_its_step_and_the_plan_cannot_be_asked_for(units, manager_p1, desk, merger):
    step = merge_step(merger, units.p1_a, by=manager_p1, name="Xã Khác", code="3")
    context = desk.get(reverse("people:change", args=[merger.pk])).context
    wrong = {line.step.order: [row.key for row in line.problems if not row.is_warning] for line in context["lines"]}
    assert wrong == {1: [], step.order: ["used_twice"]}
    assert not context["is_sound"]
    desk.post(reverse("people:change_ask", args=[merger.pk]), {"reason": "xin"})
    assert not Approval.objects.exists()


def test_two_windows_over_one_step_do_not_overwrite_each_other(units, manager_p1, desk, merger):
    address = reverse("people:change_step", args=[merger.pk, 1])
    seen = desk.get(address).context["seen"]
    said = {"units": [units.p1_a.pk, units.p1_b.pk], "type": "commune:phường", "code": "06652", "do": "keep"}
    assert desk.post(address, {**said, "name": "Bãi Cháy", "seen": seen}).status_code == 302
    answer = desk.post(address, {**said, "name": "Cao Xanh", "seen": seen})
    assert answer.status_code == 200
    assert answer.context["form"]["name"].value() == "Cao Xanh"
    assert merger.steps.get().params["opening"]["name"] == "Phường Bãi Cháy"
    # Removed in the other window: the form says so, a second removal does nothing.
    for _click in range(2):
        assert desk.post(reverse("people:change_step_remove", args=[merger.pk, 1])).status_code == 302
    assert desk.post(address, {**said, "name": "Cao Xanh", "seen": seen}).status_code == 404
    assert not merger.steps.exists()


def test_a_dropped_plan_stays_in_the_list_and_changes_no_more(units, manager_p1, desk, merger):
    for _click in range(2):
        desk.post(reverse("people:change_cancel", args=[merger.pk]))
    (row,) = desk.get(reverse("people:changes")).context["rows"]
    assert row.standing == Standing.CANCELLED
    assert desk.get(reverse("people:change_step", args=[merger.pk, 1])).status_code == 404
    assert desk.get(reverse("people:change", args=[merger.pk])).status_code == 200


def test_a_plan_of_thousands_of_steps_is_shown_page_by_page(units, manager_p1, desk):
    change = plan(units.p1, manager_p1)
    Reorganisation.objects.filter(pk=change.pk).update(source=Reorganisation.Source.LIST)
    ReorganisationStep.objects.bulk_create(
        ReorganisationStep(
            reorganisation=change, order=number, kind=Kind.FOUND.value,
            params={"opening": {"name": f"Xã {number}", "type": "xã", "level": "commune", "parent": str(units.p1.pk)}},
        )
        for number in range(1, 1201)
    )  # fmt: skip
    context = desk.get(reverse("people:change", args=[change.pk]), {"page": "24"}).context
    assert [line.after for line in context["lines"]][-1] == ("Xã 1200",)
    assert (len(context["lines"]), context["may_edit"]) == (50, False)
    parts = desk.get(reverse("people:change_preview", args=[change.pk])).context["parts"]
    assert [(part.key, len(part.lines), len(page.object_list)) for part, page in parts] == [("opening", 1200, 15)]
    (one,) = desk.get(reverse("people:change_preview", args=[change.pk]), {"part": "opening"}).context["parts"]
    assert len(one[1].object_list) == 100


# --- What follows -------------------------------------------------------------------------------------


def figures(context) -> dict[str, int]:
    return {figure.key: figure.count for figure in context["figures"] if figure.count}


def test_the_preview_counts_everything_that_follows_and_writes_nothing(
    units, outline, merger, manager_p1, manager_p2, officer_p1, officer_p2, desk
):
    for unit, by in ((units.p1_a, manager_p1), (units.p2_a, manager_p2)):
        task(outline.course, unit, by, deadline=DAY)
        PageRecord.objects.create(
            unit=unit, status="yes", name="Mặt trận", url=f"https://www.facebook.com/{unit.pk}", page_key=str(unit.pk),
            source=PageRecord.Source.MANAGER, reported_by=by, reported_at=NOON,
        )  # fmt: skip
        RosterBatch.objects.create(
            unit=unit, uploaded_by=by, uploaded_at=NOON, file_name="danh-sach.xlsx", state=BatchState.STAGED
        )
        Grant.objects.create(person=officer_p1, unit=unit, right=Grant.Right.VIEW, starts_on=TODAY)
        JoinLink.objects.create(
            code=f"{unit.pk:08}", unit=unit, made_by=by, made_at=NOON, expires_at=NOON + dt.timedelta(days=9999)
        )
        JoinLink.objects.create(
            code=f"{unit.pk:08}x", unit=unit, made_by=by, made_at=NOON, expires_at=NOON + dt.timedelta(days=9999),
            ended_by=by, ended_at=NOON,
        )  # fmt: skip
    answer = desk.get(reverse("people:change_preview", args=[merger.pk]))
    assert figures(answer.context) == {
        "closing": 2, "opening": 1, "moving": 1, "rights": 1, "pages": 1, "tasks": 1, "rosters": 1, "joining": 1,
    }  # fmt: skip
    said = answer.content.decode()
    assert f"https://www.facebook.com/{units.p1_a.pk}" in said
    assert f"https://www.facebook.com/{units.p2_a.pk}" not in said
    assert "Nguyễn Văn Ân" not in said
    (line,) = [one for part, _page in answer.context["parts"] if part.key == "joining" for one in part.lines]
    assert (line.fate.unit_id, line.links, line.waiting) == (units.p1_a.pk, 1, 0)
    assert Unit.objects.count() == 6
    assert Appointment.objects.get(person=officer_p1).ends_on is None


def waiting(unit: Unit, by: User, key: str, *, days_ago: int = 0) -> Approval:
    return Approval.objects.create(
        action=resets.ACTION, unit=unit, payload_key=key, reason="mất điện thoại", asked_by=by,
        asked_at=NOON - dt.timedelta(days=days_ago),
    )  # fmt: skip


def test_the_preview_lists_the_requests_that_wait_over_units_that_end(units, merger, manager_p1, manager_p2, desk):
    fresh = waiting(units.p1_a, manager_p1, "a")
    old = waiting(units.p1_b, manager_p1, "b", days_ago=10)
    waiting(units.p2_a, manager_p2, "c")
    decided = waiting(units.p1_a, manager_p1, "d")
    Approval.objects.filter(pk=decided.pk).update(
        state=ApprovalState.REFUSED, decided_by=manager_p2, decided_at=NOON, note="trùng"
    )
    answer = desk.get(reverse("people:change_preview", args=[merger.pk]))
    (part,) = [part for part, _page in answer.context["parts"] if part.key == "approvals"]
    told = [(line.approval_id, line.fate.is_whole, line.lapses_on, line.is_before) for line in part.lines]
    assert told == [
        (fresh.pk, True, TODAY + dt.timedelta(days=14), False),
        (old.pk, True, TODAY + dt.timedelta(days=4), True),
    ]
    assert {line.title for line in part.lines} == {approvals.title_of(fresh)}
    assert resets.ACTION not in answer.content.decode()
    assert figures(answer.context)["approvals"] == 2
    assert reverse("people:approval", args=[fresh.pk]) in answer.content.decode()
    table = desk.get(reverse("people:change_csv", args=[merger.pk])).content.decode()
    assert table.count("07/12/2026") == 1


@pytest.mark.parametrize(("kind", "whole"), [("merger", True), ("division", False)])
def test_a_waiting_request_goes_where_the_preview_says(kind, whole, units, manager_p1, centre, request):
    """Over the unit that takes the old one over whole; of a divided one only above."""
    row = waiting(units.p1_a, manager_p1, "a")
    confirmed(request.getfixturevalue(kind), manager_p1, centre)
    new = Unit.objects.get(names__full_name="Phường Hồng Gai" if whole else "Xã Một")
    chief = make_person("chu-tich", "Chủ Tịch Mới", new)
    Grant.objects.create(person=chief, unit=new, right=Grant.Right.APPROVE, starts_on=DAY)
    with time_machine.travel(NOON + dt.timedelta(days=9), tick=False):
        assert approvals.may_decide(chief, row) is whole
        assert approvals.may_decide(centre, row)


def test_the_table_holds_no_formula(units, merger, manager_p1, desk):
    make_person("la", "=HYPERLINK(1)", units.p1_a)
    User.objects.filter(username="la").update(full_name="=HYPERLINK(1)")
    Appointment.objects.filter(person__username="la").update(position="@SUM(A1)")
    answer = desk.get(reverse("people:change_csv", args=[merger.pk]))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows[0]) == 5
    assert ["'=HYPERLINK(1), @SUM(A1)" in row for row in rows].count(True) == 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_pages_cost_the_same_with_one_and_with_three_people_pages_and_tasks(units, outline, merger, manager_p1, desk):
    def fill(number: int) -> None:
        unit = make_unit(f"Xã Số {number}", parent=units.p1, level="commune", rank=30)
        make_person(f"nguoi-{number}", f"Phạm Văn {number}", unit)
        Grant.objects.create(
            person=make_person(f"quyen-{number}", "Lê Thị Quyền", unit), unit=unit, right="view", starts_on=TODAY
        )
        task(outline.course, unit, manager_p1, note=str(number))
        waiting(unit, manager_p1, str(number))
        PageRecord.objects.create(
            unit=unit, status="yes", url=f"https://www.facebook.com/{unit.pk}", page_key=str(unit.pk), name="Mặt trận",
            source=PageRecord.Source.MANAGER, reported_by=manager_p1, reported_at=NOON,
        )  # fmt: skip
        merge_step(merger, unit, by=manager_p1, name=f"Xã Thành {number}", code=f"9{number}")

    def costs() -> list[int]:
        names = ("change", "change_preview", "change_csv", "change_ask")
        return [counted(lambda name=name: desk.get(reverse(f"people:{name}", args=[merger.pk]))) for name in names]

    fill(1)
    costs()
    one = costs()
    fill(2)
    fill(3)
    assert costs() == one


def test_the_list_costs_the_same_with_one_and_with_three_changes(units, merger, manager_p1, desk):
    def cost() -> int:
        return counted(lambda: desk.get(reverse("people:changes")))

    cost()
    one = cost()
    for number in range(2):
        services.ask(change=merger, by=manager_p1, at=NOON, reason="xin")
        other = plan(units.p1, manager_p1, document_number=f"{number}/NQ")
        merge_step(other, units.p1_a, units.p1_b, by=manager_p1)
    assert cost() == one


def test_the_list_is_narrowed_by_unit_year_and_state(units, merger, manager_p1, desk, division):
    assert division.pk == merger.pk, "the same click"
    other = plan(units.p1, manager_p1, document_number="5/QĐ")
    split_step(other, units.p1_b, by=manager_p1)
    services.ask(change=other, by=manager_p1, at=NOON, reason="xin")

    def found(**asked: str) -> set[int]:
        return {row.change.pk for row in desk.get(reverse("people:changes"), asked).context["rows"]}

    assert found(q="van yen") == {merger.pk}
    assert found(q="ha long") == {merger.pk, other.pk}
    assert found(q="5/qđ") == {other.pk}
    assert found(standing="waiting") == {other.pk}
    assert found(standing="draft") == {merger.pk}
    assert found(year="2026") == {merger.pk, other.pk}
    assert found(year="2025") == set()


# --- The second person --------------------------------------------------------------------------------


def test_a_second_person_confirms_and_people_and_tasks_go_along(
    units, outline, merger, manager_p1, centre, officer_p1, desk
):
    given = task(outline.course, units.p1_a, manager_p1, deadline=DAY)
    for _click in range(2):
        desk.post(reverse("people:change_ask", args=[merger.pk]), {"reason": "đã đối chiếu"})
    asked = Approval.objects.get()
    assert (asked.unit, asked.asked_by, asked.payload["reorganisation"]) == (units.p1, manager_p1, merger.pk)
    assert desk.get(reverse("people:change", args=[merger.pk])).context["standing"] == Standing.WAITING
    with pytest.raises(NotAllowedError):
        approvals.approve(approval=asked, by=manager_p1, at=NOON)
    assert any("Nghị quyết 1679/NQ-UBTVQH15" in line for line in services.describe(asked))
    assert approvals.approve(approval=asked, by=centre, at=NOON)
    assert not approvals.approve(approval=asked, by=centre, at=NOON)
    merger.refresh_from_db()
    assert (merger.state, merger.applied_by) == (Reorganisation.State.DONE, centre)
    new = ReorganisedUnit.objects.get(role="opened").unit
    assert tree.name_on(new, DAY) == "Phường Hồng Gai"
    old, now = Appointment.objects.filter(person=officer_p1).order_by("starts_on")
    assert (old.ends_on, now.unit, now.starts_on, now.page_duty) == (DAY, new, DAY, "officer")
    context = desk.get(reverse("people:change", args=[merger.pk])).context
    assert context["standing"] == Standing.DONE
    assert {key: figures(context)[key] for key in ("opening", "moved")} == {"opening": 1, "moved": 1}
    (moved,) = [page.object_list for part, page in context["parts"] if part.key == "moved"]
    assert [(line.person_id, line.unit) for line in moved] == [(officer_p1.pk, "Phường Hồng Gai")]
    # On the day: another unit, the same task, nothing broken.
    with time_machine.travel(dt.datetime(2026, 12, 2, 5, tzinfo=dt.UTC), tick=False):
        learner = signed_in(officer_p1)
        assert learner.get("/learn/").status_code == 200
        assert tree.primary_appointment(officer_p1, on=DAY).unit == new
        assert learner.get(f"/t/{given.code}/").url == f"/learn/#viec-{given.code}"


def test_a_superuser_alone_does_not_confirm_the_own_plan(units, django_user_model):
    boss = django_user_model.objects.create_superuser(username="sep", password="mat-khau-thu-1")
    change = plan(units.p1, boss)
    merge_step(change, units.p1_a, units.p1_b, by=boss)
    assert signed_in(boss).get(reverse("people:change_ask", args=[change.pk])).context["is_alone"]
    asked = services.ask(change=change, by=boss, at=NOON, reason="xin")
    with pytest.raises(NotAllowedError):
        approvals.approve(approval=asked, by=boss, at=NOON)
    assert Unit.objects.filter(closed_on__isnull=False).count() == 0


def test_while_it_waits_nobody_changes_the_plan_and_who_asked_takes_it_back(units, merger, manager_p1, centre, desk):
    services.ask(change=merger, by=manager_p1, at=NOON, reason="xin")
    other = make_unit("Xã Ba Chẽ", parent=units.p1, level="commune", rank=30)
    with pytest.raises(RefusedError):
        merge_step(merger, other, by=manager_p1)
    with pytest.raises(RefusedError):
        services.cancel(change=merger, by=manager_p1, at=NOON)
    desk.post(reverse("people:change_step_remove", args=[merger.pk, 1]))
    assert merger.steps.count() == 1
    assert signed_in(centre).post(reverse("people:change_withdraw", args=[merger.pk])).status_code == 404
    assert Approval.objects.get().state == ApprovalState.WAITING
    desk.post(reverse("people:change_withdraw", args=[merger.pk]))
    assert Approval.objects.get().state == ApprovalState.WITHDRAWN
    desk.post(reverse("people:change_step_remove", args=[merger.pk, 1]))
    assert merger.steps.count() == 0


def test_a_plan_changed_behind_the_second_person_s_back_is_not_carried_out(units, merger, manager_p1, centre):
    asked = services.ask(change=merger, by=manager_p1, at=NOON, reason="xin")
    merger.steps.update(params={"opening": {"name": "Phường Khác", "type": "phường", "code": "06652"}})
    with pytest.raises(RefusedError):
        approvals.approve(approval=asked, by=centre, at=NOON)
    asked.refresh_from_db()
    assert asked.state == ApprovalState.WAITING
    assert Unit.objects.count() == 6


def test_when_the_tree_changed_meanwhile_nothing_is_half_written(units, merger, manager_p1, centre, officer_p1, desk):
    asked = services.ask(change=merger, by=manager_p1, at=NOON, reason="xin")
    Unit.objects.filter(pk=units.p1_b.pk).update(closed_on=TODAY)
    with pytest.raises(RefusedError):
        approvals.approve(approval=asked, by=centre, at=NOON)
    asked.refresh_from_db()
    merger.refresh_from_db()
    assert (asked.state, merger.state) == (ApprovalState.WAITING, Reorganisation.State.DRAFT)
    assert (Unit.objects.count(), Succession.objects.count(), UnitName.objects.count()) == (6, 0, 6)
    assert Appointment.objects.get(person=officer_p1).ends_on is None
    context = desk.get(reverse("people:change", args=[merger.pk])).context
    assert [row.key for row in context["lines"][0].problems if not row.is_warning] == ["not_open"]


# --- Rights -------------------------------------------------------------------------------------------


def test_marked_rights_are_given_anew_and_the_rest_on_the_page_of_what_was_done(
    units, merger, manager_p1, centre, officer_p1, desk
):
    first, second, own = (
        Grant.objects.create(person=person, unit=units.p1_a, right=right, starts_on=TODAY)
        for person, right in ((officer_p1, "view"), (officer_p1, "remind"), (manager_p1, "view"))
    )
    offered = desk.get(reverse("people:change_ask", args=[merger.pk])).context["rights"]
    assert {line.grant.grant_id for line in offered} == {first.pk, second.pk}
    with pytest.raises(NotAllowedError):
        services.ask(change=merger, by=manager_p1, at=NOON, reason="xin", renewed=[own.pk])
    confirmed(merger, manager_p1, centre, renewed=[first.pk])
    new = ReorganisedUnit.objects.get(role="opened").unit
    rows = Grant.objects.filter(unit=new).values_list("person", "right", "starts_on", "granted_by")
    assert list(rows) == [(officer_p1.pk, "view", DAY, manager_p1.pk)]
    for _click in range(2):
        desk.post(reverse("people:change_rights", args=[merger.pk]), {"renew": [second.pk]})
    assert sorted(Grant.objects.filter(unit=new).values_list("right", flat=True)) == ["remind", "view"]
    assert desk.post(reverse("people:change_rights", args=[merger.pk]), {"renew": [own.pk]}).status_code == 404


# --- Doubtful people ----------------------------------------------------------------------------------


@pytest.fixture
def three(units) -> list[User]:
    return [make_person(f"nguoi-{name}", f"Phạm Văn {name}", units.p1_a) for name in ("An", "Ba", "Ca")]


def post_of(person: User) -> Appointment:
    return Appointment.objects.filter(person=person).order_by("-starts_on").first()


def test_people_of_a_divided_unit_are_decided_one_by_one_or_all_at_once(
    units, division, manager_p1, centre, three, desk
):
    address = reverse("people:change_people", args=[division.pk])
    an, ba, ca = three
    desk.post(address, {f"to_{post_of(an).pk}": "1/0", f"to_{post_of(ba).pk}": "", "do": "each"})
    lines = {line.line.person_id: line for line in tree.preview(division).doubtful}
    assert (lines[an.pk].line.to.name, lines[ba.pk].is_decided) == ("Xã Một", False)
    desk.post(address, {"bulk_unit": units.p1_a.pk, "bulk_to": "1/1", "do": "bulk"})
    lines = {line.line.person_id: line.line.to.name for line in tree.preview(division).doubtful}
    assert lines == {an.pk: "Xã Một", ba.pk: "Xã Hai", ca.pk: "Xã Hai"}
    confirmed(division, manager_p1, centre)
    assert {tree.name_on(post_of(person).unit, DAY) for person in (ba, ca)} == {"Xã Hai"}
    assert tree.name_on(post_of(an).unit, DAY) == "Xã Một"


def test_who_is_not_decided_about_stays_listed_until_somebody_decides(units, division, manager_p1, centre, three, desk):
    an, ba, ca = three
    confirmed(division, manager_p1, centre)
    assert division.state == Reorganisation.State.DONE
    page = reverse("people:change", args=[division.pk])
    assert figures(desk.get(page).context)["doubtful"] == 3
    address = reverse("people:change_people", args=[division.pk])
    new = ReorganisedUnit.objects.get(ref="1/0").unit
    for _click in range(2):
        desk.post(address, {f"to_{post_of(an).pk}": "1/0", "do": "each"})
    assert post_of(an).unit == new
    desk.post(address, {f"to_{post_of(ba).pk}": "none", "do": "each"})
    assert (post_of(ba).unit, post_of(ba).ends_on) == (units.p1_a, DAY)
    desk.post(address, {f"to_{post_of(ca).pk}": str(units.p1_b.pk), "do": "each"})
    assert post_of(ca).unit == units.p1_b
    assert "doubtful" not in figures(desk.get(page).context)


def test_another_unit_than_the_parts_is_found_by_its_name(units, division, three, desk):
    context = desk.get(reverse("people:change_preview", args=[division.pk]), {"other": "ha long"}).context
    assert [hit.unit.name for hit in context["other"]["hits"]] == ["Phường Hạ Long"]


# --- A unit over time ---------------------------------------------------------------------------------


def test_a_unit_s_page_tells_its_names_and_whom_it_came_from(units, merger, manager_p1, centre, desk):
    confirmed(merger, manager_p1, centre)
    new = ReorganisedUnit.objects.get(role="opened").unit
    context = desk.get(reverse("people:changes_unit", args=[new.pk])).context
    assert [(one.name, one.depth, one.on, one.is_whole) for one in context["history"].before] == [
        ("Phường Hạ Long", 1, DAY, True),
        ("Xã Vạn Yên", 1, DAY, True),
    ]
    assert [row.document for row in context["changes"]] == ["Nghị quyết 1679/NQ-UBTVQH15"]
    old = desk.get(reverse("people:changes_unit", args=[units.p1_a.pk])).context["history"]
    assert [(one.name, one.basis) for one in old.after] == [("Phường Hồng Gai", "Nghị quyết 1679/NQ-UBTVQH15")]
    assert [(one.name, one.first, one.last) for one in old.names] == [("Xã Vạn Yên", None, DAY - dt.timedelta(days=1))]
    assert [(one.name, one.first, one.last) for one in context["history"].names] == [("Phường Hồng Gai", DAY, None)]


def test_a_page_is_work_to_do_until_the_successor_reports_its_own(units, merger, manager_p1, centre, desk):
    def page(unit: Unit) -> None:
        PageRecord.objects.create(
            unit=unit, status="yes", url=f"https://www.facebook.com/{unit.pk}", page_key=str(unit.pk), name="Mặt trận",
            source=PageRecord.Source.MANAGER, reported_by=manager_p1, reported_at=NOON,
        )  # fmt: skip

    def settled() -> list[bool]:
        context = desk.get(reverse("people:change", args=[merger.pk])).context
        (lines,) = [part.lines for part, _page in context["parts"] if part.key == "pages"]
        return [line.is_settled for line in lines]

    page(units.p1_a)
    confirmed(merger, manager_p1, centre)
    assert settled() == [False]
    page(ReorganisedUnit.objects.get(role="opened").unit)
    assert settled() == [True]


def test_the_history_costs_the_same_with_one_and_with_three_predecessors(units, manager_p1, desk):
    new = make_unit("Xã Mới", parent=units.p1, level="commune", rank=30)
    old = [make_unit(f"Xã Cũ {number}", parent=units.p1, level="commune", rank=30) for number in range(3)]
    Succession.objects.create(old=old[0], new=new, share="whole")

    def cost() -> int:
        return counted(lambda: desk.get(reverse("people:changes_unit", args=[new.pk])))

    cost()
    one = cost()
    for unit in old[1:]:
        Succession.objects.create(old=unit, new=new, share="whole")
    assert cost() == one
