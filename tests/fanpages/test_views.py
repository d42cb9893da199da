"""The screens as an officer, a manager, a neighbour and a stranger meet them."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lms.accounts.models import User
from lms.fanpages.models import PageRecord
from lms.fanpages.services import confirm
from lms.units.models import Appointment, DivisionType, Grant, Unit
from lms.units.services.reorganising import close, merge
from tests.conftest import DAY_ONE, NOON, make_person, make_unit
from tests.fanpages.conftest import at, says

LATER = NOON + dt.timedelta(hours=1)
LIST = "/fanpages/"


def signed_in(person: User, **more: bool) -> Client:
    client = Client(**more)
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def page_of(unit: Unit) -> str:
    return reverse("fanpages:unit", args=[unit.pk])


def words(response) -> str:
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text).replace("\u00a0", " ").replace("&quot;", '"').replace("&#x27;", "'")


def send(client, unit, status="yes", url="https://m.facebook.com/mattran.vanyen/?ref=1", **more):
    if status != "yes":
        url = ""
    return client.post(page_of(unit), {"status": status, "url": url, "name": "", "since": "", "seen": "", **more})


def stands(unit):
    return PageRecord.objects.standing().filter(unit=unit).first()


# --- Who may see what ---------------------------------------------------------------------------------


def test_strangers_get_404_for_a_page_that_is_there(
    units, officer_p1, manager_p1, manager_p2, officer_p2, centre, trainer_without_rights
):
    record = says(units.p1_a, officer_p1)
    people = (officer_p1, manager_p1, centre, manager_p2, officer_p2, trainer_without_rights)
    assert [signed_in(person).get(page_of(units.p1_a)).status_code for person in people] == [200] * 3 + [404] * 3
    address = reverse("fanpages:confirm", args=[record.pk])
    for person in (manager_p2, officer_p2, trainer_without_rights, officer_p1):
        assert signed_in(person).post(address).status_code == 404
        assert send(signed_in(person), units.p1_b).status_code == 404
    assert [stands(units.p1_a).confirmed_by, stands(units.p1_b)] == [None, None]


@pytest.fixture
def trainer_without_rights(units):
    return make_person("trainer", "Trần Thị Giảng", units.p1_a)


def test_the_list_is_for_whoever_may_see_units_and_only_of_those(units, manager_p1, manager_p2, officer_p2):
    says(units.p2_a, officer_p2, name="Mặt trận Văn Lăng")
    assert "Văn Lăng" in words(signed_in(manager_p2).get(LIST))
    own = signed_in(manager_p1).get(LIST)
    assert [row.unit for row in own.context["found"].rows] == ["Xã Vạn Yên", "Phường Hạ Long"]
    assert "Văn Lăng" not in words(own)
    assert signed_in(manager_p1).get(LIST, {"don_vi": units.p2.pk}).status_code == 404
    assert signed_in(manager_p1).get(LIST, {"don_vi": units.centre.pk}).status_code == 404


def test_an_officer_comes_to_the_own_unit_or_chooses_and_a_colleague_finds_nothing(
    units, officer_p1, trainer_without_rights
):
    first = signed_in(officer_p1).get(LIST)
    assert (first.status_code, first["Location"]) == (302, page_of(units.p1_a))
    Appointment.objects.create(
        person=officer_p1, unit=units.p1_b, position="Kiêm", page_duty="team", is_primary=False, starts_on=DAY_ONE
    )
    assert words(signed_in(officer_p1).get(LIST)).count("Phường Hạ Long") == 1
    assert signed_in(trainer_without_rights).get(LIST).status_code == 404


def test_whoever_may_only_see_is_shown_no_form(units, manager_p1, officer_p1):
    says(units.p1_a, officer_p1)
    Grant.objects.filter(person=manager_p1).exclude(right="view").delete()
    page = signed_in(manager_p1).get(page_of(units.p1_a))
    assert (page.status_code, page.context["form"]) == (200, None)
    assert "confirm/" not in page.content.decode()
    assert send(signed_in(manager_p1), units.p1_a, "no").status_code == 404


def test_whoever_is_not_signed_in_is_asked_to(units):
    for address in (LIST, page_of(units.p1_a)):
        assert Client().get(address)["Location"].startswith(reverse("account_login"))


def test_nothing_is_sent_without_the_token(units, officer_p1, manager_p1):
    record = says(units.p1_a, officer_p1)
    client = signed_in(manager_p1, enforce_csrf_checks=True)
    assert client.post(reverse("fanpages:confirm", args=[record.pk])).status_code == 403
    assert client.get(reverse("fanpages:confirm", args=[record.pk])).status_code == 405


# --- The officer's form -------------------------------------------------------------------------------


def test_an_officer_reports_the_page_and_sees_it_wait(units, officer_p1):
    client = signed_in(officer_p1)
    response = send(client, units.p1_a, name="Mặt trận Vạn Yên", since="4/2022")
    assert (response.status_code, response["Location"]) == (302, f"{page_of(units.p1_a)}#top")
    record = stands(units.p1_a)
    assert (record.url, record.name, record.since, record.source) == (
        "https://www.facebook.com/mattran.vanyen",
        "Mặt trận Vạn Yên",
        dt.date(2022, 4, 1),
        "officer",
    )
    page = client.get(page_of(units.p1_a))
    assert page.context["row"].waits
    link = re.search(
        r'<a class="page-link" href="https://www.facebook.com/mattran.vanyen"[^>]*>', page.content.decode()
    )
    assert 'rel="noopener noreferrer nofollow"' in link[0]
    assert 'value="4/2022"' in page.content.decode()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"url": "https://www.facebook.com/share/1AbC/"}, "url"),
        ({"url": "https://www.facebook.com/groups/mattran"}, "url"),
        ({"url": "https://zalo.me/1"}, "url"),
        ({"url": "x" * 1001}, "url"),
        ({"since": "31/02/2022"}, "since"),
        ({"since": "24/11/2026"}, "since"),
        ({"since": "1999"}, "since"),
        ({"name": "x" * 151}, "name"),
        ({"status": ""}, "status"),
        ({"status": "no", "url": "facebook.com/mattran"}, "status"),
    ],
)
def test_what_is_refused_says_why_at_its_field_and_keeps_everything_typed(units, officer_p1, sent, field):
    typed = {"status": "yes", "url": "facebook.com/mattran.vanyen", "name": "Mặt trận", "since": "12/04/2022", **sent}
    response = signed_in(officer_p1).post(page_of(units.p1_a), {**typed, "seen": ""})
    form = response.context["form"]
    assert (response.status_code, list(form.errors), PageRecord.objects.count()) == (422, [field], 0)
    assert {name: form[name].value() for name in typed} == typed
    assert 'class="errorlist"' in response.content.decode()


def test_a_page_of_another_unit_is_said_at_the_address(units, officer_p1, manager_p1):
    says(units.p1_b, manager_p1, url="facebook.com/mattran.vanyen", source="manager")
    by_officer = send(signed_in(officer_p1), units.p1_a)
    by_manager = send(signed_in(manager_p1), units.p1_a)
    assert [list(page.context["form"].errors) for page in (by_officer, by_manager)] == [["url"], ["url"]]
    assert "Hạ Long" not in words(by_officer)
    assert "Phường Hạ Long" in words(by_manager)
    assert stands(units.p1_a) is None


def test_a_double_click_makes_one_record(units, officer_p1):
    client = signed_in(officer_p1)
    for _ in range(2):
        assert send(client, units.p1_a).status_code == 302
    assert PageRecord.objects.count() == 1


def test_of_two_tabs_the_last_wins_and_says_what_it_has_replaced(units, officer_p1, manager_p1):
    """The officer's form was opened before the manager said that there is no page."""
    client = signed_in(officer_p1)
    seen = re.search(r'name="seen" ?(?:value="(\d*)")?', client.get(page_of(units.p1_a)).content.decode())[1] or ""
    says(units.p1_a, manager_p1, "no", source="manager", when=at(dt.date(2026, 11, 20)))
    send(client, units.p1_a, seen=seen)
    assert stands(units.p1_a).status == "yes"
    told = words(client.get(page_of(units.p1_a)))
    assert "Hoàng Đức Hạnh, 10:00 20/11/2026" in told.split("Trang cộng đồng của")[0]
    # A form that knew what stood says nothing of the kind.
    send(client, units.p1_a, "no", seen=str(stands(units.p1_a).pk), url="")
    assert "10:00 20/11/2026" not in words(client.get(page_of(units.p1_a))).split("Xã Vạn Yên")[1][:120]


def test_a_page_without_address_is_kept_and_does_not_wait_for_confirmation(units, officer_p1, manager_p1):
    send(signed_in(officer_p1), units.p1_a, url="")
    found = signed_in(manager_p1).get(LIST).context["found"]
    assert found.counts == {"co": 1, "chua-co": 0, "chua-ro": 1, "cho-xac-nhan": 0}


def test_the_history_names_who_reported_and_who_confirmed_newest_first(units, officer_p1, manager_p1):
    confirm(
        record=says(units.p1_a, officer_p1, when=at(dt.date(2026, 5, 2))), by=manager_p1, at=at(dt.date(2026, 5, 3))
    )
    says(units.p1_a, officer_p1, "no", when=at(dt.date(2026, 6, 1)))
    history = signed_in(manager_p1).get(page_of(units.p1_a)).context["history"]
    assert [(row.status, row.reported_by, row.confirmed_by) for row in history] == [
        ("no", "Đặng Thị Nguyệt Ánh", ""),
        ("yes", "Đặng Thị Nguyệt Ánh", "Hoàng Đức Hạnh"),
    ]


def test_the_name_is_a_hint_and_no_refusal(units, officer_p1, manager_p1):
    says(units.p1_a, officer_p1, name="Tuổi trẻ Vạn Yên")
    says(units.p1_b, manager_p1, name="Mặt trận Hạ Long", source="manager")
    assert [row.odd_name for row in signed_in(manager_p1).get(LIST).context["found"].rows] == [True, False]


def test_what_somebody_typed_is_shown_as_text(units, officer_p1, manager_p1):
    says(units.p1_a, officer_p1, name="<script>alert(1)</script>")
    for address in (LIST, page_of(units.p1_a), LIST + "?tim=<script>alert(1)</script>"):
        assert "<script>alert" not in signed_in(manager_p1).get(address).content.decode()


# --- Units that closed --------------------------------------------------------------------------------


def test_a_closed_unit_shows_its_record_and_takes_no_more(units, manager_p1):
    says(units.p1_a, manager_p1, source="manager", when=at(dt.date(2026, 5, 2)))
    close(unit=Unit.objects.get(pk=units.p1_a.pk), on=dt.date(2026, 6, 1), actor=None)
    client = signed_in(manager_p1)
    page = client.get(page_of(units.p1_a))
    assert (page.context["form"], page.context["row"].is_yes) == (None, True)
    assert send(client, units.p1_a, "no").status_code == 404
    assert [row.unit for row in client.get(LIST).context["found"].rows] == ["Phường Hạ Long"]


def test_the_successor_sees_what_its_predecessors_had_and_may_go_on_with_it(units, manager_p1):
    old = says(units.p1_a, manager_p1, name="Mặt trận Vạn Yên", source="manager", when=at(dt.date(2026, 5, 2)))
    new = merge(
        units=[Unit.objects.get(pk=unit.pk) for unit in (units.p1_a, units.p1_b)],
        full_name="Xã Mới",
        short_name="Mới",
        type=DivisionType.objects.get(key="xã"),
        code="00001",
        on=dt.date(2026, 6, 1),
        actor=None,
    )
    client = signed_in(manager_p1)
    page = client.get(page_of(new))
    assert (page.context["row"].status, [row.record_id for row in page.context["predecessors"]]) == (
        "unknown",
        [old.pk],
    )
    form = client.get(page_of(new), {"tu": old.pk}).context["form"]
    assert (form["status"].value(), form["url"].value(), form["name"].value()) == ("yes", old.url, "Mặt trận Vạn Yên")
    assert send(client, new, url=old.url).status_code == 302
    assert client.get(page_of(new)).context["predecessors"] == []


def test_the_page_of_a_unit_that_is_no_predecessor_is_not_filled_in(units, manager_p1, manager_p2):
    foreign = says(units.p2_a, manager_p2, source="manager")
    form = signed_in(manager_p1).get(page_of(units.p1_a), {"tu": foreign.pk}).context["form"]
    assert form["url"].value() in ("", None)


# --- The manager's list -------------------------------------------------------------------------------


@pytest.fixture
def some_pages(units, officer_p1, manager_p1, centre):
    """Of five communes: confirmed, waiting, own report, none, nothing known."""
    names = ("Xã Đông Hải", "Xã Bình Dân", "Xã Đài Xuyên")
    made = [make_unit(name, parent=units.p1, level="commune", rank=30) for name in names]
    confirm(record=says(units.p1_a, officer_p1), by=manager_p1, at=NOON)
    waiting = says(units.p1_b, centre, source="manager")
    says(made[0], manager_p1, source="manager")
    says(made[1], manager_p1, "no", source="manager")
    return waiting


def test_the_filters_choose_what_their_numbers_say(units, manager_p1, some_pages):
    client = signed_in(manager_p1)
    counts = client.get(LIST).context["found"].counts
    assert counts == {"co": 3, "chua-co": 1, "chua-ro": 1, "cho-xac-nhan": 2}
    found = {
        key: [row.unit for row in client.get(LIST, {"trang_thai": key}).context["found"].rows] for key in ("", *counts)
    }
    assert found == {
        "": ["Xã Vạn Yên", "Phường Hạ Long", "Xã Đông Hải", "Xã Bình Dân", "Xã Đài Xuyên"],
        "co": ["Xã Vạn Yên", "Phường Hạ Long", "Xã Đông Hải"],
        "chua-co": ["Xã Bình Dân"],
        "chua-ro": ["Xã Đài Xuyên"],
        "cho-xac-nhan": ["Phường Hạ Long", "Xã Đông Hải"],
    }


def test_a_unit_is_found_without_diacritics(units, manager_p1, some_pages):
    client = signed_in(manager_p1)
    assert [row.unit for row in client.get(LIST, {"tim": "dong hai"}).context["found"].rows] == ["Xã Đông Hải"]
    assert [row.unit for row in client.get(LIST, {"tim": "đài"}).context["found"].rows] == ["Xã Đài Xuyên"]
    assert client.get(LIST, {"tim": "thai nguyen"}).context["found"].rows == ()


def test_the_level_above_has_its_own_list(units, centre, manager_p1):
    says(units.p1, manager_p1, source="manager")
    found = signed_in(centre).get(LIST, {"cap": "province"}).context["found"]
    assert [(row.unit, row.is_yes) for row in found.rows] == [("Tỉnh Quảng Ninh", True), ("Tỉnh Thái Nguyên", False)]


@pytest.mark.parametrize(
    "sent", [{"trang": "-1"}, {"trang": "99999"}, {"trang": "²"}, {"trang_thai": "x"}, {"cap": "x"}, {"tim": "\x00"},
             {"tim": "a" * 500}, {"tim": "%_("}, {"don_vi": "x"}]
)  # fmt: skip
def test_nonsense_in_the_address_breaks_no_page(units, manager_p1, some_pages, sent):
    assert signed_in(manager_p1).get(LIST, sent).status_code == 200


def test_one_click_confirms_and_comes_back_to_the_same_list(units, manager_p1, some_pages):
    client = signed_in(manager_p1)
    shown = client.get(LIST, {"trang_thai": "cho-xac-nhan"})
    buttons = re.findall(r'action="(/fanpages/records/\d+/confirm/)"', shown.content.decode())
    # Of the two that wait the manager has reported one, and does not confirm that.
    assert buttons == [reverse("fanpages:confirm", args=[some_pages.pk])]
    back = re.search(r'name="back" value="([^"]+)"', shown.content.decode())[1].replace("&amp;", "&")
    response = client.post(buttons[0], {"back": back})
    assert (response.status_code, response["Location"]) == (302, f"{LIST}?trang_thai=cho-xac-nhan")
    assert stands(units.p1_b).confirmed_by == manager_p1
    # The second click changes nothing.
    assert client.post(buttons[0], {"back": back}).status_code == 302


def test_with_htmx_the_row_comes_back_as_it_is_now(units, manager_p1, some_pages):
    address = reverse("fanpages:confirm", args=[some_pages.pk])
    row = signed_in(manager_p1).post(address, {"back": LIST}, headers={"HX-Request": "true"})
    assert row.content.decode().strip().startswith(f'<tr id="unit-{units.p1_b.pk}">')
    assert "Hoàng Đức Hạnh" in words(row)
    # As in the list, nothing above the manager's own unit.
    assert "Quảng Ninh" not in words(row)
    assert "confirm/" not in row.content.decode()


def test_an_own_report_is_refused_with_a_sentence(units, manager_p1, some_pages):
    own = PageRecord.objects.get(reported_by=manager_p1, status="yes")
    client = signed_in(manager_p1)
    response = client.post(reverse("fanpages:confirm", args=[own.pk]), {"back": LIST}, follow=True)
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    own.refresh_from_db()
    assert own.confirmed_by is None


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_nobody_is_led_elsewhere_after_confirming(units, manager_p1, some_pages, back):
    response = signed_in(manager_p1).post(reverse("fanpages:confirm", args=[some_pages.pk]), {"back": back})
    assert response["Location"] == page_of(units.p1_b)


def test_a_long_list_is_paged_and_keeps_its_filter(units, manager_p1):
    for index in range(60):
        make_unit(f"Xã Số {index}", parent=units.p1, level="commune", rank=30)
    client = signed_in(manager_p1)
    first = client.get(LIST, {"trang_thai": "chua-ro"})
    second = client.get(LIST + first.context["next"])
    seen = [row.unit_id for page in (first, second) for row in page.context["found"].rows]
    assert (len(seen), len(set(seen)), second.context["choice"]) == (62, 62, "chua-ro")


def test_an_empty_answer_says_what_to_do(units, manager_p1):
    client = signed_in(manager_p1)
    for sent in ({"trang_thai": "co"}, {"trang_thai": "cho-xac-nhan"}, {"tim": "khong co don vi nay"}):
        page = client.get(LIST, sent)
        assert page.context["found"].rows == ()
        assert re.search(
            r'<section class="card" aria-labelledby="units">.*?<p>[^<]{20,}</p>', page.content.decode(), re.S
        )


def test_nothing_inline_for_the_policy_to_refuse(units, manager_p1, officer_p1, some_pages):
    for address in (LIST, page_of(units.p1_a), page_of(units.p1_b)):
        text = signed_in(manager_p1).get(address).content.decode()
        assert re.findall(r"<style|\sstyle=|<script(?![^>]*src=)|\son[a-z]+=", text) == []


# --- Numbers of queries -------------------------------------------------------------------------------


def _queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


@pytest.mark.parametrize("query", ["", "?trang_thai=co", "?tim=xa"])
def test_the_list_takes_as_many_queries_with_one_unit_as_with_three(units, centre, officer_p2, query):
    client = signed_in(centre)
    says(units.p2_a, officer_p2)
    address = f"{LIST}{query}{'&' if query else '?'}don_vi={units.p2.pk}"
    one = _queries(client, address)
    for index in range(2):
        unit = make_unit(f"Xã Thêm {index}", parent=units.p2, level="commune", rank=30)
        confirm(record=says(unit, None), by=centre, at=NOON)
    assert _queries(client, address) == one


def test_a_unit_takes_as_many_queries_with_one_statement_as_with_three(units, officer_p1, manager_p1):
    client = signed_in(manager_p1)
    confirm(record=says(units.p1_a, officer_p1), by=manager_p1, at=NOON)
    one = _queries(client, page_of(units.p1_a))
    says(units.p1_a, officer_p1, "no", when=LATER)
    confirm(record=says(units.p1_a, officer_p1, when=LATER), by=manager_p1, at=LATER)
    assert _queries(client, page_of(units.p1_a)) == one
