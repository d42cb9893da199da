"""Joining a unit by its link: people ask, a manager decides, and nobody learns who has an account."""

import datetime as dt
import re

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import ModelLogEntry

from lms.accounts.models import User
from lms.core import clock
from lms.people import joining_queries as queries
from lms.people.enums import JoinState
from lms.people.models import JoinLink, JoinRequest
from lms.people.services import joining as service
from lms.people.services.joining import LinkClosedError, Purged, Said
from lms.people.services.roster_rights import NotAllowedError
from lms.people.views import joining as views
from lms.units.models import Appointment, Succession
from lms.units.services.errors import RefusedError
from tests.conftest import NOON, make_person, make_unit

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
SECRET = "a-secret-of-twenty-letters"
PAGE = "/units/joining/"


@pytest.fixture(autouse=True)
def _noon():
    cache.clear()
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def link(units, manager_p1) -> JoinLink:
    return service.make_link(unit=units.p1_a, by=manager_p1, at=NOON, expires_at=NOON + 30 * DAY)


@pytest.fixture
def wide(units, manager_p1) -> JoinLink:
    return service.make_link(unit=units.p1, by=manager_p1, at=NOON, expires_at=NOON + 30 * DAY, with_below=True)


def said(name="Bùi Thị Xuân", phone="+84912345678", email="", born_on=dt.date(1985, 8, 5), year=None) -> Said:
    return Said(name, phone, email, born_on, year, "Chuyên viên", "team")


def asked(link, *, secret=SECRET, at=NOON, applicant=None, unit=None, **words) -> JoinRequest:
    return service.ask(link=link, secret=secret, unit=unit or link.unit, said=said(**words), at=at, applicant=applicant)


def posted(**changed) -> dict[str, str]:
    return {
        "once": "x" * 24, "full_name": "Bùi Thị Xuân", "born": "05/08/1985", "phone": "0912 345 678", "email": "",
        "position": "Chuyên viên", "page_duty": "team", "website": "",
    } | changed  # fmt: skip


# --- Links ------------------------------------------------------------------------------------------


def test_a_link_is_made_for_own_units_only_and_several_may_be_open(units, manager_p1, manager_p2, officer_p1):
    made = [service.make_link(unit=units.p1, by=manager_p1, at=NOON, expires_at=NOON + DAY) for _ in range(2)]
    assert made[0].code != made[1].code
    for person in (manager_p2, officer_p1):
        with pytest.raises(NotAllowedError):
            service.make_link(unit=units.p1, by=person, at=NOON, expires_at=NOON + DAY)
        with pytest.raises(NotAllowedError):
            service.end_link(link=made[0], by=person, at=NOON)
    assert JoinLink.objects.count() == 2


def test_a_link_takes_requests_until_its_day_its_number_or_its_end(units, manager_p1, link):
    assert service.is_taking(link, NOON + 30 * DAY) is False
    assert service.is_taking(link, NOON + 29 * DAY) is True
    few = service.make_link(unit=units.p1_a, by=manager_p1, at=NOON, expires_at=NOON + DAY, at_most=1)
    first = asked(few)
    with pytest.raises(LinkClosedError):
        asked(few, secret="b" * 24, name="Người Thứ Hai", phone="+84912345679")
    service.refuse(asked=first, by=manager_p1, at=NOON, reason="Không phải người của đơn vị")
    asked(few, secret="c" * 24, name="Người Thứ Hai", phone="+84912345679")
    assert (
        service.end_link(link=link, by=manager_p1, at=NOON),
        service.end_link(link=link, by=manager_p1, at=NOON),
    ) == (
        True,
        False,
    )
    link.refresh_from_db()
    with pytest.raises(LinkClosedError):
        asked(link, secret="d" * 24)


def test_a_link_of_one_unit_takes_nobody_for_another(link, wide, units):
    with pytest.raises(LinkClosedError):
        asked(link, unit=units.p1_b)
    with pytest.raises(LinkClosedError):
        asked(wide, unit=units.p2_a)
    assert asked(wide, unit=units.p1_b).unit == units.p1_b
    assert [unit.name for unit, _ in queries.units_of_link(wide, NOON.date())] == [
        "Tỉnh Quảng Ninh", "Phường Hạ Long", "Xã Vạn Yên",
    ]  # fmt: skip


# --- Asking -----------------------------------------------------------------------------------------


def test_sending_twice_is_one_request(link):
    first, same_page = asked(link), asked(link, name="Đã sửa")
    again = asked(link, secret="e" * 24)
    assert first.pk == same_page.pk == again.pk
    assert JoinRequest.objects.get().key == service.key_of("e" * 24)


def test_the_public_form_sends_a_request_and_its_answer_is_found_again(client, link):
    page = client.get(f"/join/{link.code.upper()}/")
    assert page.status_code == 200
    assert "Xã Vạn Yên" in page.content.decode()
    answer = client.post(f"/join/{link.code}/", posted(once=page.context["once"]))
    assert answer.status_code == 302
    assert client.post(f"/join/{link.code}/", posted(once=page.context["once"])).headers["Location"] == answer.headers[
        "Location"
    ]  # fmt: skip
    made = JoinRequest.objects.get()
    assert (made.full_name, made.phone, made.born_on, made.position, made.page_duty, made.state) == (
        "Bùi Thị Xuân", "+84912345678", dt.date(1985, 8, 5), "Chuyên viên", "team", JoinState.WAITING,
    )  # fmt: skip
    status = client.get(answer.headers["Location"])
    assert (status.status_code, status.context["state"]) == (200, "waiting")
    assert "Bùi Thị Xuân" not in status.content.decode()
    assert client.get(f"/join/{link.code}/").context["earlier"] == answer.headers["Location"]
    assert Client().get(f"/join/{link.code}/").context["earlier"] == ""
    assert Client().get(f"/join/{link.code}/{'z' * 24}/").status_code == 404


def test_what_was_typed_stays_and_each_fault_is_told(client, link):
    wrong = posted(full_name="Xu4n", born="32/13/1985", phone="123", position="")
    form = client.post(f"/join/{link.code}/", wrong).context["form"]
    assert sorted(form.errors) == ["born", "full_name", "phone", "position"]
    assert form["born"].value() == "32/13/1985"
    for born, day, year in (("1985", None, 1985), ("5-8-1985", dt.date(1985, 8, 5), None)):
        client.post(
            f"/join/{link.code}/", posted(born=born, once=f"{born:x<24}", phone=f"09123456{year or 1:02.0f}"[:10])
        )
        made = JoinRequest.objects.order_by("-pk").first()
        assert (made.born_on, made.birth_year) == (day, year)


def test_nobody_learns_whether_an_account_exists(link, officer_p1):
    User.objects.filter(pk=officer_p1.pk).update(phone="+84912345678", email="anh@example.vn")
    seen = []
    for number, words in enumerate(
        (
            {"full_name": "Đặng Thị Nguyệt Ánh", "phone": "0912345678", "email": "anh@example.vn"},
            {"full_name": "Không Có Ai", "phone": "0987654321", "email": "khong@example.vn"},
        )
    ):
        browser = Client()
        secret = f"{number}" * 24
        answer = browser.post(f"/join/{link.code}/", posted(once=secret, **words))
        status = browser.get(answer.headers["Location"])
        html = re.sub(r"[01]{24}", "", status.content.decode())
        seen.append((answer.status_code, status.status_code, re.sub(r"csrf.*?>", "", html)))
    assert seen[0] == seen[1]


def test_a_machine_that_fills_what_nobody_sees_is_thanked_and_forgotten(client, link):
    assert client.post(f"/join/{link.code}/", posted(website="https://spam.example")).context["state"] == "waiting"
    assert JoinRequest.objects.count() == 0


def test_too_many_at_once_are_asked_to_wait_and_keep_what_they_typed(client, link, settings):
    settings.ACCOUNT_RATE_LIMITS = {"join": "1/h/key"}
    client.post(f"/join/{link.code}/", posted())
    second = client.post(f"/join/{link.code}/", posted(once="y" * 24, phone="0987654321"))
    assert second.status_code == 429
    assert second.context["form"]["phone"].value() == "0987654321"
    assert JoinRequest.objects.count() == 1


def test_a_closed_link_says_so_and_an_unknown_one_is_nothing(client, link, manager_p1):
    service.end_link(link=link, by=manager_p1, at=NOON)
    assert client.get(f"/join/{link.code}/").status_code == 410
    assert client.post(f"/join/{link.code}/", posted()).status_code == 410
    assert client.get("/join/khongco2/").status_code == 404
    assert JoinRequest.objects.count() == 0


def test_who_is_signed_in_asks_for_a_further_appointment(client, link, officer_p2, manager_p1):
    client.force_login(officer_p2)
    page = client.get(f"/join/{link.code}/")
    assert "full_name" not in page.context["form"].fields
    answer = client.post(f"/join/{link.code}/", {"once": "x" * 24, "position": "Ủy viên Ủy ban", "page_duty": ""})
    assert answer.status_code == 302
    made = JoinRequest.objects.get()
    assert (made.applicant, made.full_name) == (officer_p2, "")
    with pytest.raises(RefusedError):
        service.approve_new(asked=made, by=manager_p1, at=NOON)
    service.approve_onto(asked=made, person=officer_p2, by=manager_p1, at=NOON)
    posts = Appointment.objects.filter(person=officer_p2).order_by("pk").values_list("unit", "is_primary", "position")
    assert list(posts)[1:] == [(link.unit_id, False, "Ủy viên Ủy ban")]


# --- Answering --------------------------------------------------------------------------------------


def test_approving_makes_an_account_with_a_post_and_no_code_yet(link, manager_p1):
    request = asked(link)
    person = service.approve_new(asked=request, by=manager_p1, at=NOON)
    assert service.approve_new(asked=request, by=manager_p1, at=NOON) is None
    person = User.objects.get(pk=person.pk)
    assert (person.full_name, person.phone, person.born_on) == ("Bùi Thị Xuân", "+84912345678", dt.date(1985, 8, 5))
    assert (person.has_usable_password(), person.must_change_password) == (False, True)
    post = Appointment.objects.get(person=person)
    assert (post.unit, post.position, post.page_duty, post.is_primary, post.starts_on) == (
        link.unit, "Chuyên viên", "team", True, NOON.date(),
    )  # fmt: skip
    request.refresh_from_db()
    assert (request.state, request.person, request.is_new_account) == (JoinState.APPROVED, person, True)
    logged = set(ModelLogEntry.objects.values_list("action", flat=True))
    assert {"people.join_account", "people.approve_joining", "units.appoint"} <= logged


def test_a_phone_that_belongs_to_an_account_makes_no_second_one(link, officer_p2, manager_p1):
    User.objects.filter(pk=officer_p2.pk).update(phone="+84912345678")
    request = asked(link)
    with pytest.raises(RefusedError):
        service.approve_new(asked=request, by=manager_p1, at=NOON)
    row = queries.request_rows(queries.requests_seen_by(manager_p1, "waiting"), manager_p1)[0]
    assert (row.is_taken_elsewhere, row.likely, row.may_be_new) == (True, (), False)
    with pytest.raises(NotAllowedError):
        service.approve_onto(asked=request, person=officer_p2, by=manager_p1, at=NOON)
    request.refresh_from_db()
    assert request.state == JoinState.WAITING


def test_likely_accounts_are_shown_with_what_agrees(link, officer_p1, manager_p1, units):
    User.objects.filter(pk=officer_p1.pk).update(phone="+84912345678")
    namesake = make_person("xuan2", "Bùi Thị Xuân", units.p1_b)
    User.objects.filter(pk=namesake.pk).update(birth_year=1985)
    other = make_person("xuan3", "Bùi Thị Xuân", units.p1_b)
    User.objects.filter(pk=other.pk).update(birth_year=1970)
    make_person("xuan4", "Bùi Thị Xuân", units.p2_a)
    asked(link)
    row = queries.request_rows(queries.requests_seen_by(manager_p1, "waiting"), manager_p1)[0]
    assert {(hit.found.person.username, hit.same) for hit in row.likely} == {
        ("officer_p1", frozenset({"phone"})),
        ("xuan2", frozenset({"name"})),
    }
    assert row.is_plain is False


def test_approving_onto_an_account_adds_the_post_and_changes_nothing_else(client, link, manager_p1, units):
    person = make_person("xuan", "Bùi Thị Xuân", units.p1_b)
    before = User.objects.filter(pk=person.pk).values().get()
    request = asked(link)
    client.force_login(manager_p1)
    decision = {"decision": "onto", "person": person.pk, "position": "Ủy viên", "page_duty": ""}
    answer = client.post(f"{PAGE}requests/{request.pk}/", decision)
    assert answer.status_code == 302
    assert User.objects.filter(pk=person.pk).values().get() == before
    posts = Appointment.objects.filter(person=person, unit=link.unit).values_list("position", "is_primary", "page_duty")
    assert list(posts) == [("Ủy viên", False, "")]


def test_a_refusal_says_why_and_the_applicant_reads_it(client, link, manager_p1):
    request = asked(link)
    client.force_login(manager_p1)
    page = client.post(f"{PAGE}requests/{request.pk}/", {"decision": "refuse", "reason": ""})
    assert page.context["form"].errors.keys() == {"reason"}
    client.post(f"{PAGE}requests/{request.pk}/", {"decision": "refuse", "reason": "Đồng chí công tác ở xã khác"})
    status = Client().get(f"/join/{link.code}/{SECRET}/")
    assert (status.context["state"], "Đồng chí công tác ở xã khác" in status.content.decode()) == ("refused", True)
    assert User.objects.filter(full_name="Bùi Thị Xuân").count() == 0


def test_the_applicant_reads_who_gives_the_slip_and_never_a_code(client, link, manager_p1):
    User.objects.filter(pk=manager_p1.pk).update(phone="+84911222333")
    manager_p1.refresh_from_db()
    service.approve_new(asked=asked(link), by=manager_p1, at=NOON)
    html = client.get(f"/join/{link.code}/{SECRET}/").content.decode()
    assert "0911 222 333 (Hoàng Đức Hạnh)" in html
    assert User.objects.get(full_name="Bùi Thị Xuân").username not in html


def test_several_are_approved_at_one_stroke_and_the_doubtful_are_left(client, link, manager_p1, officer_p1, units):
    plain = [
        asked(link, secret=f"{number}" * 24, name=f"Người {name}", phone=f"+8491234560{number}")
        for number, name in enumerate(("Một", "Hai"))
    ]
    doubtful = asked(link, secret="d" * 24, name="Đặng Thị Nguyệt Ánh", phone="")
    client.force_login(manager_p1)
    marked = [request.pk for request in (*plain, doubtful)]
    answer = client.post(f"{PAGE}approve/", {"request": marked}, follow=True)
    assert [message.level_tag for message in answer.context["messages"]] == ["success", "info"]
    assert set(JoinRequest.objects.values_list("pk", "state")) == {
        (plain[0].pk, "approved"), (plain[1].pk, "approved"), (doubtful.pk, "waiting"),
    }  # fmt: skip
    assert [row.person.full_name for row in answer.context["rows"]] == ["Người Hai", "Người Một"]
    pdf = client.post("/units/unclaimed/?joined=1", {"all": "1"})
    assert (pdf.status_code, pdf.headers["Content-Type"], pdf.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert all(person.has_usable_password() for person in User.objects.filter(full_name__startswith="Người "))


def test_strangers_find_neither_links_nor_requests(client, link, manager_p2, officer_p1):
    request = asked(link)
    addresses = [
        f"{PAGE}links/{link.pk}/", f"{PAGE}links/{link.pk}/qr.svg", f"{PAGE}links/{link.pk}/poster/",
        f"{PAGE}requests/{request.pk}/", f"{PAGE}links/new/{link.unit_id}/",
    ]  # fmt: skip
    for person in (manager_p2, officer_p1):
        client.force_login(person)
        assert [client.get(address).status_code for address in addresses] == [404] * 5
        assert client.post(f"{PAGE}requests/{request.pk}/", {"decision": "new"}).status_code == 404
        client.post(f"{PAGE}approve/", {"request": [request.pk]})
    client.force_login(manager_p2)
    context = client.get(PAGE).context
    assert (context["rows"], context["open_links"]) == ([], [])
    assert JoinRequest.objects.get().state == JoinState.WAITING


def test_a_manager_makes_a_link_on_the_screen_with_qr_message_and_poster(client, units, manager_p1):
    client.force_login(manager_p1)
    assert [top.name for top in client.get(f"{PAGE}links/new/").context["tops"]] == ["Tỉnh Quảng Ninh"]
    assert client.get(f"{PAGE}links/new/?unit=van yen").context["hits"][0].unit.id == units.p1_a.pk
    new = f"{PAGE}links/new/{units.p1.pk}/"
    assert client.post(new, {"last_day": "2026-11-22"}).context["form"].errors.keys() == {"last_day"}
    answer = client.post(new, {"last_day": "2026-12-01", "at_most": "40", "note": "Lớp tháng 12", "with_below": "on"})
    made = JoinLink.objects.get()
    assert (made.at_most, made.with_below, made.expires_at) == (40, True, clock.end_of_day(dt.date(2026, 12, 1)))
    html = client.get(answer.headers["Location"]).content.decode()
    assert f"/join/{made.code}/" in html
    assert "01/12/2026" in html
    assert client.get(f"{PAGE}links/{made.pk}/qr.svg").headers["Content-Type"] == "image/svg+xml"
    assert f"/join/{made.code}/" in client.get(f"{PAGE}links/{made.pk}/poster/").content.decode()
    client.post(f"{PAGE}links/{made.pk}/")
    assert [row.link.pk for row in client.get(PAGE).context["closed_links"]] == [made.pk]


def test_the_list_costs_the_same_queries_for_one_and_three(client, link, manager_p1, units):
    client.force_login(manager_p1)
    counts = []
    for number in (1, 3):
        for made in range(JoinRequest.objects.count(), number):
            make_person(f"xuan{made}", f"Bùi Thị Xuân {'ABC'[made]}", units.p1_b)
            asked(link, secret=f"{made}" * 24, name=f"Bùi Thị Xuân {'ABC'[made]}", phone=f"+8491234560{made}")
            service.make_link(unit=units.p1_b, by=manager_p1, at=NOON, expires_at=NOON + DAY)
        with CaptureQueriesContext(connection) as captured:
            context = client.get(PAGE).context
        assert [len(row.likely) for row in context["rows"]] == [1] * number
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- Forgetting -------------------------------------------------------------------------------------


def test_what_was_refused_or_never_answered_is_forgotten_after_a_month(link, manager_p1):
    def late(number: int) -> JoinRequest:
        return asked(link, secret=f"{number}" * 24, name=f"Người {'abcd'[number]}", phone=f"+8491234560{number}")

    refused, approved, never, fresh = (late(number) for number in range(4))
    service.refuse(asked=refused, by=manager_p1, at=NOON, reason="Không")
    service.approve_new(asked=approved, by=manager_p1, at=NOON)
    JoinRequest.objects.filter(pk=fresh.pk).update(sent_at=NOON + 20 * DAY)
    assert service.purge(NOON + 29 * DAY) == Purged(0, 0, 0)
    later = NOON + 31 * DAY
    assert service.purge(later, dry_run=True) == Purged(1, 1, 1) == service.purge(later)
    assert service.purge(later) == Purged(0, 0, 0)
    left = {row.pk: (row.state, row.full_name, row.phone) for row in JoinRequest.objects.all()}
    assert left == {
        approved.pk: ("approved", "", ""), never.pk: ("expired", "Người c", "+84912345602"),
        fresh.pk: ("waiting", "Người d", "+84912345603"),
    }  # fmt: skip
    assert service.purge(later + 31 * DAY) == Purged(1, 1, 0)
    assert User.objects.get(full_name="Người b").phone == "+84912345601"


# --- A unit that was reorganised meanwhile ----------------------------------------------------------


def merged(old, new, *, share=Succession.Share.WHOLE) -> None:
    old.closed_on = NOON.date()
    old.save()
    Succession.objects.create(old=old, new=new, share=share)


def test_a_link_of_a_unit_that_was_merged_leads_to_the_whole_successor(client, link, units, manager_p1):
    before = asked(link)
    merged(units.p1_a, units.p1_b)
    link.refresh_from_db()
    page = client.get(f"/join/{link.code}/")
    assert (page.status_code, page.context["unit_name"]) == (200, "Phường Hạ Long")
    sent = client.post(f"/join/{link.code}/", posted(full_name="Người Đến Sau", phone="0912 345 670"))
    assert client.get(sent.headers["Location"]).context["unit_name"] == "Phường Hạ Long"
    after = JoinRequest.objects.get(full_name="Người Đến Sau")
    assert after.unit == units.p1_b
    # What was asked before the merger is approved into the successor too.
    assert [row.unit for row in queries.request_rows([before, after], manager_p1)] == ["Phường Hạ Long"] * 2
    person = service.approve_new(asked=before, by=manager_p1, at=NOON)
    assert Appointment.objects.get(person=person).unit == units.p1_b
    [row] = queries.link_rows([link], NOON)
    assert (row.unit, row.is_open) == ("Phường Hạ Long", True)


def test_a_link_of_a_unit_that_was_divided_or_dissolved_is_closed(client, link, units):
    merged(units.p1_a, units.p1_b, share=Succession.Share.PART)
    link.refresh_from_db()
    assert client.get(f"/join/{link.code}/").status_code == 410
    with pytest.raises(LinkClosedError):
        asked(link)
    [row] = queries.link_rows([link], NOON)
    assert row.is_open is False


def test_a_chain_of_mergers_is_followed_to_its_end(link, units):
    merged(units.p1_a, units.p1_b)
    merged(units.p1_b, units.p2_a)
    units.p1_a.refresh_from_db()
    assert queries.place_of(units.p1_a, NOON.date()) == units.p2_a
    assert queries.place_of(units.p1_a, NOON.date() - DAY) == units.p1_a


def test_links_of_three_closed_units_cost_as_many_queries_as_of_one(link, units, manager_p1):
    def cost(rows) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert len(queries.link_rows(rows, NOON)) == len(rows)
        return len(asked)

    made = [link]
    for number in range(2):
        unit = make_unit(f"Xã Cũ {number}", parent=units.p1, level="commune", rank=30)
        made.append(service.make_link(unit=unit, by=manager_p1, at=NOON, expires_at=NOON + 30 * DAY))
    for row in made:
        merged(row.unit, units.p2_a)
    listed = list(JoinLink.objects.filter(pk__in=[row.pk for row in made]).select_related("unit", "made_by"))
    assert cost(listed) == cost(listed[:1])
    assert {row.unit for row in queries.link_rows(listed, NOON)} == {"Xã Văn Lăng"}


# --- Guesses, and two at the same moment ------------------------------------------------------------


def test_guessing_codes_is_stopped_for_that_network_alone(client, link, monkeypatch):
    monkeypatch.setattr(views, "WRONG_CODES", 3)
    answers = [client.get(f"/join/khongco{number}/").status_code for number in range(4)]
    assert answers == [404, 404, 404, 429]
    # A good code and a bad one look the same meanwhile, whatever is asked of them.
    for path in (f"/join/{link.code}/", "/join/khongco9/"):
        assert (client.get(path).status_code, client.post(path, posted()).status_code) == (429, 429)
    assert JoinRequest.objects.count() == 0
    assert Client(REMOTE_ADDR="198.51.100.8").get(f"/join/{link.code}/").status_code == 200


def test_a_hall_that_opens_a_good_link_is_never_stopped(client, link, monkeypatch):
    monkeypatch.setattr(views, "WRONG_CODES", 3)
    assert {client.get(f"/join/{link.code}/").status_code for _ in range(8)} == {200}


def test_of_two_managers_who_approve_at_once_one_account_comes(link, manager_p1, centre):
    first = asked(link)
    read_before = JoinRequest.objects.get(pk=first.pk)
    person = service.approve_new(asked=first, by=manager_p1, at=NOON)
    assert service.approve_new(asked=read_before, by=centre, at=NOON) is None
    assert service.refuse(asked=read_before, by=centre, at=NOON, reason="Trùng") is False
    assert list(User.objects.filter(full_name="Bùi Thị Xuân")) == [person]
    assert Appointment.objects.filter(person=person).count() == 1


def test_a_doubled_click_on_the_form_is_one_request_and_leads_to_the_same_answer(client, link):
    places = [client.post(f"/join/{link.code}/", posted()).headers["Location"] for _ in range(2)]
    assert (len(set(places)), JoinRequest.objects.count()) == (1, 1)


def test_a_doubled_click_on_approving_several_makes_each_account_once(client, link, manager_p1):
    pks = [asked(link, secret=letter * 24, name=f"Người {letter}", phone=f"+8491234567{digit}").pk
           for letter, digit in (("m", 1), ("n", 2), ("p", 3))]  # fmt: skip
    client.force_login(manager_p1)
    for _ in range(2):
        client.post(f"{PAGE}approve/", {"request": pks})
    assert User.objects.filter(full_name__startswith="Người ").count() == 3
    assert {row.state for row in JoinRequest.objects.all()} == {JoinState.APPROVED}
