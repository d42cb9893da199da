"""The pages as a manager, a neighbour and a stranger meet them."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse

from lms.accounts.models import User
from lms.units.models import Appointment, Grant, UnitList
from tests.conftest import DAY_ONE, make_person, make_unit
from tests.reports.conftest import TODAY, begin, certify, complete

UNIT_PAGES = ["unit", "units-csv", "units-xlsx", "missing", "people", "people-csv", "people-xlsx"]


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def body(response) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", errors="replace")


def words(response) -> str:
    """The text of a page, white space as one space."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).replace("\u00a0", " ")


@pytest.fixture
def a_result(officer_p1, outline, units):
    """What could leak: somebody of province 1 with a phone, a completion and a certificate."""
    officer_p1.phone = "+84912345678"
    officer_p1.save()
    return certify(complete(officer_p1, outline.course, dt.date(2026, 5, 2), unit=units.p1_a))


# --- Who may see what ---------------------------------------------------------------------------------


@pytest.mark.parametrize("page", UNIT_PAGES)
def test_another_province_and_an_officer_get_404_for_a_unit_its_lists_and_its_files(
    page, units, manager_p1, manager_p2, officer_p1, a_result
):
    for unit in (units.p1, units.p1_a):
        address = reverse(f"reports:{page}", args=[unit.pk])
        assert [signed_in(person).get(address).status_code for person in (manager_p1, manager_p2, officer_p1)] == [
            200,
            404,
            404,
        ]


@pytest.mark.parametrize("page", UNIT_PAGES)
def test_a_province_may_not_see_what_is_above_it_nor_a_unit_that_is_not_there(page, units, manager_p1):
    client = signed_in(manager_p1)
    for unit_id in (units.centre.pk, 10**9, 0):
        assert client.get(reverse(f"reports:{page}", args=[unit_id])).status_code == 404


def test_a_person_is_seen_by_the_own_province_and_the_centre_only(
    units, manager_p1, manager_p2, centre, officer_p1, a_result
):
    address = reverse("reports:person", args=[officer_p1.pk])
    found = {
        who.username: signed_in(who).get(address).status_code for who in (manager_p1, centre, manager_p2, officer_p1)
    }
    assert found == {"manager_p1": 200, "centre": 200, "manager_p2": 404, "officer_p1": 404}


def test_a_grant_that_expired_or_has_not_begun_opens_nothing(units, manager_p1, a_result):
    client = signed_in(manager_p1)
    address = reverse("reports:people-csv", args=[units.p1.pk])
    assert client.get(address).status_code == 200
    Grant.objects.filter(person=manager_p1).update(ends_on=TODAY)
    pages = [address, reverse("reports:mine"), reverse("reports:person", args=[manager_p1.pk])]
    assert [client.get(page).status_code for page in pages] == [404, 404, 404]
    Grant.objects.filter(person=manager_p1).update(starts_on=TODAY + dt.timedelta(days=1), ends_on=None)
    assert client.get(address).status_code == 404
    # Nor does asking about a day on which the grant held.
    assert client.get(address, {"ngay": "24/11/2026"}).status_code == 404


def test_the_right_to_mark_does_not_show_reports(units, manager_p1):
    Grant.objects.filter(person=manager_p1).exclude(right=Grant.Right.MARK).delete()
    assert signed_in(manager_p1).get(reverse("reports:unit", args=[units.p1.pk])).status_code == 404


def test_nothing_of_the_neighbour_is_in_the_pages_and_files_of_the_own_province(
    units, manager_p2, officer_p2, officer_p1, a_result, outline
):
    client = signed_in(manager_p2)
    complete(officer_p2, outline.course, TODAY)
    for page in ("people", "people-csv", "unit", "units-csv"):
        text = body(client.get(reverse(f"reports:{page}", args=[units.p2.pk])))
        assert "Nguyệt Ánh" not in text
        assert "Vạn Yên" not in text
        assert a_result.payload["number"] not in text
    assert "Nguyễn Văn Ân" in body(client.get(reverse("reports:people-csv", args=[units.p2.pk])))


def test_whoever_is_not_signed_in_is_asked_to(units, db):
    response = Client().get(reverse("reports:unit", args=[units.p1.pk]))
    assert (response.status_code, response["Location"].partition("?")[0]) == (302, reverse("account_login"))


def test_nothing_can_be_sent_to_a_report(units, manager_p1):
    assert signed_in(manager_p1).post(reverse("reports:unit", args=[units.p1.pk])).status_code == 405


def test_no_cache_keeps_a_report(units, manager_p1):
    for page in ("unit", "people-csv", "people-xlsx"):
        response = signed_in(manager_p1).get(reverse(f"reports:{page}", args=[units.p1.pk]))
        assert {"no-store", "private"} <= {part.strip() for part in response["Cache-Control"].split(",")}


# --- Landing ------------------------------------------------------------------------------------------


def test_a_manager_lands_on_the_own_unit(units, manager_p1):
    response = signed_in(manager_p1).get(reverse("reports:mine"))
    assert (response.status_code, response["Location"]) == (302, reverse("reports:unit", args=[units.p1.pk]))


def test_whoever_holds_several_units_chooses(units, manager_p1):
    Grant.objects.create(person=manager_p1, unit=units.p2_a, right="view", starts_on=DAY_ONE)
    response = signed_in(manager_p1).get(reverse("reports:mine"))
    links = re.findall(r'class="card" href="([^"]+)">([^<]+)', response.content.decode())
    assert links == [
        (reverse("reports:unit", args=[units.p1.pk]), "Tỉnh Quảng Ninh"),
        (reverse("reports:unit", args=[units.p2_a.pk]), "Xã Văn Lăng"),
    ]


def test_nobody_without_a_grant_has_a_landing(officer_p1):
    assert signed_in(officer_p1).get(reverse("reports:mine")).status_code == 404


# --- What the pages say -------------------------------------------------------------------------------


def test_the_unit_turns_complete_in_the_province_table(units, manager_p1, officer_p1, outline):
    client = signed_in(manager_p1)
    address = reverse("reports:unit", args=[units.p1.pk])

    def line():
        rows = re.findall(r"<tr[^>]*>(.*?)</tr>", client.get(address).content.decode(), re.S)
        row = next(row for row in rows if "Xã Vạn Yên" in row)
        return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<td.*?</td>", row, re.S)]

    before = line()
    complete(officer_p1, outline.course, TODAY)
    after = line()
    # In between stands what is known of the unit's page, which training does not touch.
    assert before[2:] == ["0/1 (0\u00a0%)".replace("\u00a0", " "), "0", "1"]
    assert after[2:] == ["1/1 (100\u00a0%)".replace("\u00a0", " "), "0", "0"]
    assert before[1] == after[1]
    assert before[0] != after[0]


def test_figures_are_written_as_vietnamese_documents_write_them(units, manager_p1, outline):
    from lms.units.models import Unit

    level = units.p1_a.level
    parts = [f"{units.p1.path}{index:04d}" for index in range(1000, 7000)]
    Unit.objects.bulk_create(
        [Unit(path=path, depth=3, numchild=0, level=level, closed_on=dt.date(2026, 1, 1)) for path in parts]
    )
    response = signed_in(manager_p1).get(reverse("reports:unit", args=[units.p1.pk]), {"ngay": "31/12/2025"})
    assert "0/6.002" in words(response)
    for index in range(7):
        person = make_person(f"t{index}", "Lê Văn Xong", units.p1_a)
        complete(person, outline.course, dt.date(2026, 3, 1))
    make_person("t8", "Lê Văn Chưa", units.p1_a)
    assert "7/9 77,8 %" in words(signed_in(manager_p1).get(reverse("reports:unit", args=[units.p1.pk])))


def test_a_day_in_the_past_shows_the_districts_and_keeps_the_day_in_every_link(
    units, manager_p1, district_era, outline
):
    page = signed_in(manager_p1).get(reverse("reports:unit", args=[units.p1.pk]), {"ngay": "05/08/2022"})
    address = reverse("reports:unit", args=[district_era["district"].pk])
    assert f'<a href="{address}?ngay=05%2F08%2F2022">Huyện Vân Đồn</a>' in page.content.decode()
    assert "Xã Vạn Yên" not in words(page)


def test_a_day_between_two_lists_says_so(units, manager_p1, renamed_b):
    address = reverse("reports:unit", args=[units.p1.pk])
    client = signed_in(manager_p1)
    assert 'role="note"' not in client.get(address, {"ngay": "05/08/2022"}).content.decode()
    UnitList.objects.create(
        as_of=dt.date(2023, 1, 1), source="x", source_hash="x", loaded_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    )
    page = client.get(address, {"ngay": "05/08/2022"})
    assert "01/01/2023" in re.search(r'role="note">(.*?)</p>', page.content.decode(), re.S)[1]


@pytest.mark.parametrize("sent", ["31/02/2026", "hôm qua", "24/11/2026", "01/01/9999", "2026-13-01", "'; DROP"])
def test_a_day_that_cannot_be_is_said_and_today_taken(units, manager_p1, officer_p1, outline, sent):
    complete(officer_p1, outline.course, TODAY)
    page = signed_in(manager_p1).get(reverse("reports:unit", args=[units.p1.pk]), {"ngay": sent})
    assert page.status_code == 200
    assert 'class="errorlist"' in page.content.decode()
    assert "1/2" in words(page)


@pytest.mark.parametrize(
    "sent",
    [{"khoa": "999"}, {"khoa": "x"}, {"nhiem_vu": "x"}, {"trang_thai": "x"}, {"trang": "-1"},
     {"trang": "99999"}, {"trang": "²"}, {"sap_xep": "x"}, {"pham_vi": "x"}, {"chuc_vu": "\x00"},
     {"chuc_vu": "a" * 500}]
)  # fmt: skip
def test_nonsense_in_the_address_breaks_no_page(units, manager_p1, officer_p1, outline, sent):
    client = signed_in(manager_p1)
    for page in UNIT_PAGES:
        assert client.get(reverse(f"reports:{page}", args=[units.p1.pk]), sent).status_code == 200


def test_a_position_that_nobody_holds_shows_nobody(units, manager_p1, officer_p1, outline):
    client = signed_in(manager_p1)
    page = client.get(reverse("reports:unit", args=[units.p1.pk]), {"chuc_vu": "giám đốc"})
    assert [page.context["total"].people, page.context["total"].units] == [0, 2]
    assert client.get(reverse("reports:people", args=[units.p1.pk]), {"chuc_vu": "giám đốc"}).context["count"] == 0


def test_the_commune_page_lists_people_with_phone_and_certificate(units, manager_p1, officer_p1, a_result):
    text = signed_in(manager_p1).get(reverse("reports:unit", args=[units.p1_a.pk])).content.decode()
    assert '<a class="tel" href="tel:+84912345678">0912 345 678</a>' in text
    assert a_result.payload["number"] in text
    assert "02/05/2026" in text


def test_the_person_page_shows_course_states_and_certificate(units, manager_p1, officer_p1, a_result, outline):
    page = signed_in(manager_p1).get(reverse("reports:person", args=[officer_p1.pk]))
    shown = words(page)
    for expected in (
        "Đặng Thị Nguyệt Ánh",
        "Trang cộng đồng",
        "Bài 1",
        "Kiểm tra",
        a_result.payload["number"],
        "02/05/2026",
    ):
        assert expected in shown


def test_a_name_that_is_markup_is_shown_as_text(units, manager_p1):
    make_person("evil", "<script>alert(1)</script>", units.p1_a)
    for address in (
        reverse("reports:unit", args=[units.p1_a.pk]),
        reverse("reports:people", args=[units.p1.pk]),
        reverse("reports:unit", args=[units.p1.pk]) + "?chuc_vu=<script>alert(1)</script>",
    ):
        assert "<script>alert" not in signed_in(manager_p1).get(address).content.decode()


def test_nothing_inline_for_the_policy_to_refuse(units, manager_p1, officer_p1, a_result):
    client = signed_in(manager_p1)
    pages = [reverse(f"reports:{page}", args=[units.p1.pk]) for page in ("unit", "people", "missing")]
    for address in [*pages, reverse("reports:person", args=[officer_p1.pk])]:
        text = client.get(address).content.decode()
        assert re.findall(r"<style|\sstyle=|<script(?![^>]*src=)|\son[a-z]+=", text) == []


def test_a_long_list_is_paged_and_every_person_stands_on_one_page(units, manager_p1, outline):
    for index in range(60):
        make_person(f"many{index:02d}", f"Lê Văn {index:02d}", units.p1_a)
    client, address = signed_in(manager_p1), reverse("reports:people", args=[units.p1.pk])
    seen = [row.person_id for number in (1, 2) for row in client.get(address, {"trang": number}).context["people"]]
    assert (len(seen), len(set(seen))) == (61, 61)


# --- Numbers of queries -------------------------------------------------------------------------------


def _queries(client: Client, address: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


@pytest.mark.parametrize("page", ["unit", "missing", "people"])
def test_a_page_takes_as_many_queries_with_one_unit_as_with_three(page, units, centre, outline, officer_p2):
    client = signed_in(centre)
    complete(officer_p2, outline.course, TODAY)
    address = reverse(f"reports:{page}", args=[units.p2.pk])
    make_unit("Xã Không", parent=units.p2, level="commune", rank=30)
    few = _queries(client, address)
    for index in range(3):
        unit = make_unit(f"Xã Thêm {index}", parent=units.p2, level="commune", rank=30)
        complete(make_person(f"more{index}", "Lê Văn Thêm", unit, duty="officer"), outline.course, TODAY)
        make_unit(f"Xã Trống {index}", parent=units.p2, level="commune", rank=30)
    assert _queries(client, address) == few


def test_a_commune_takes_as_many_queries_with_one_person_as_with_three(units, manager_p1, officer_p1, outline):
    client, address = signed_in(manager_p1), reverse("reports:unit", args=[units.p1_a.pk])
    complete(officer_p1, outline.course, TODAY)
    one = _queries(client, address)
    certify(complete(make_person("more1", "Lê Văn A", units.p1_a), outline.course, TODAY))
    begin(make_person("more2", "Lê Văn B", units.p1_a), outline.course, TODAY)
    assert _queries(client, address) == one


def test_a_person_takes_as_many_queries_with_one_post_as_with_three(units, manager_p1, officer_p1, outline):
    client, address = signed_in(manager_p1), reverse("reports:person", args=[officer_p1.pk])
    certify(complete(officer_p1, outline.course, TODAY))
    one = _queries(client, address)
    for unit in (units.p1, units.p1_b):
        Appointment.objects.create(
            person=officer_p1, unit=unit, position="Kiêm", is_primary=False, starts_on=dt.date(2026, 1, 1)
        )
    assert _queries(client, address) == one
