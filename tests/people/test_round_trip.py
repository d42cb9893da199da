"""What is exported and brought in again changes nothing, and no cell does harm in a spreadsheet."""

import csv
import datetime as dt
import io

import openpyxl
import pytest
import time_machine
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.accounts.models import User
from lms.core.cells import neutral, restored
from lms.fanpages import services as fanpages
from lms.fanpages.models import PageRecord
from lms.people import exports, people_queries
from lms.people.services import rosters
from lms.units.models import Appointment
from tests.conftest import DAY_ONE, NOON, make_person

HOSTILE = ["=HYPERLINK(1)", "+84", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1"]
LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạấầẩẫậếềểễệốồổỗộớờởỡợứừửữựíìỉĩịĐĂÂ"
WORD = st.text(alphabet=LETTERS, min_size=1, max_size=7).map(str.capitalize)
NAME = st.lists(WORD | st.sampled_from(["H'Hen", "Y", "K’Brêu", "Niê", "A"]), min_size=1, max_size=5).map(" ".join)
POSITION = st.sampled_from(
    ["Chủ tịch", "-", "= Phó Chủ tịch", "+1", "'Ủy viên", "Phó Chủ tịch; Trưởng ban", 'Ủy viên "mới"']
)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.mark.parametrize("text", HOSTILE)
def test_what_might_be_a_formula_is_text_and_comes_back_as_it_was(text):
    assert neutral(text) == f"'{text}"
    assert restored(neutral(text)) == text


@pytest.mark.parametrize("text", ["'Hen", "H'Hen Niê", "", "0912 345 678", "a=b"])
def test_other_cells_stay_as_they_are_both_ways(text):
    assert (neutral(text), restored(text)) == (text, text)


def again(manager, units, kind):
    lines = people_queries.roster_lines(manager, units.p1)
    data = exports.roster_xlsx(lines) if kind == "xlsx" else "".join(exports.roster_csv(lines)).encode()
    batch = rosters.stage(data=data, file_name=f"ds.{kind}", unit=units.p1, by=manager, at=NOON)
    return [(row.full_name, row.outcome, row.refusal, row.changes) for row in batch.rows.order_by("number")]


def person(units, number, name, *, born=None, year=None, phone=None, email="", position="Chuyên viên", duty=""):
    made = make_person(f"cb{number}", name, None)
    made.born_on, made.birth_year, made.phone, made.email = born, year or (born.year if born else None), phone, email
    made.save()
    unit = (units.p1, units.p1_a, units.p1_b)[number % 3]
    Appointment.objects.create(person=made, unit=unit, position=position, page_duty=duty, starts_on=DAY_ONE)
    return made


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_roster_of_a_province_comes_back_without_a_difference(manager_p1, units, kind):
    manager_p1.phone = "+84912000999"
    manager_p1.save()
    person(units, 1, "Đặng Thị Hoà", born=dt.date(1985, 8, 5), duty="officer", position="=Phó Chủ tịch")
    person(units, 2, "Đặng Thị Hòa", year=1985, phone="+84912345678")
    further = person(units, 3, "H'Hen Niê", email="hen@mattran.vn", position="-")
    Appointment.objects.create(
        person=further, unit=units.p1_b, position="Ủy viên", is_primary=False, starts_on=DAY_ONE, page_duty="team"
    )
    fanpages.report(
        unit=units.p1_a, status="yes", url="https://www.facebook.com/mattran.vanyen",
        source=PageRecord.Source.MANAGER, by=manager_p1, at=NOON,
    )  # fmt: skip
    found = again(manager_p1, units, kind)
    assert {outcome for _, outcome, _, _ in found} == {"unchanged"}, found
    assert len(found) == 4


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(NAME, st.dates(dt.date(1950, 1, 1), dt.date(2005, 1, 1)), st.booleans(), st.booleans(), POSITION),
        min_size=1,
        max_size=5,
        unique_by=lambda row: row[0].casefold(),
    ),
    kind=st.sampled_from(["csv", "xlsx"]),
)
def test_whoever_serves_comes_back_as_he_left(manager_p1, units, rows, kind):
    made = [
        person(
            units, number, name, born=None if bare else born, year=born.year,
            phone=f"+8491200{number:04d}" if with_phone else None, position=position,
        )
        for number, (name, born, bare, with_phone, position) in enumerate(rows)
    ]  # fmt: skip
    try:
        found = {row[0]: row[1:] for row in again(manager_p1, units, kind)}
        assert {name: outcome for name, (outcome, _, _) in found.items() if name != manager_p1.full_name} == {
            each.full_name: "unchanged" for each in User.objects.filter(pk__in=[one.pk for one in made])
        }, found
    finally:
        from lms.people.models import RosterBatch, RosterRow

        RosterRow.objects.all().delete()
        RosterBatch.objects.all().delete()
        Appointment.objects.filter(person__in=made).delete()
        for each in made:
            each.delete()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_hostile_cells_leave_as_text(client, manager_p1, units, kind):
    person(units, 1, "Vi Văn Sơn", year=1980, position="=cmd|' /C calc'!A0")
    client.force_login(manager_p1)
    answer = client.get(reverse(f"people:people_{kind}"))
    if kind == "csv":
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(text), delimiter=";") for cell in row]
        assert [cell for cell in cells if cell[:1] in "=+-@" and cell] == []
        assert "'=cmd|' /C calc'!A0" in cells
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        kinds = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value}
        assert kinds == {"s"}


def test_only_who_may_bring_in_people_takes_the_roster_out(client, manager_p2, units, officer_p1):
    client.force_login(manager_p2)
    assert client.get(reverse("people:people_csv"), {"unit": units.p1.pk}).status_code == 404
    body = b"".join(client.get(reverse("people:people_csv")).streaming_content).decode()
    assert officer_p1.full_name not in body
