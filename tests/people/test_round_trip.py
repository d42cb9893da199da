"""What is exported and brought in again changes nothing, and no cell does harm in a spreadsheet."""

import csv
import datetime as dt
import io

import openpyxl
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lms.accounts.models import User
from lms.core.cells import neutral, restored
from lms.fanpages import services as fanpages
from lms.fanpages.models import PageRecord
from lms.people import exports, people_queries
from lms.people.formats import tables
from lms.people.services import rosters
from lms.units.models import Appointment
from tests.conftest import DAY_ONE, NOON, make_person

HOSTILE = ["=HYPERLINK(1)", "+84", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1"]
LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạấầẩẫậếềểễệốồổỗộớờởỡợứừửữựíìỉĩịĐĂÂ"
WORD = st.text(alphabet=LETTERS, min_size=1, max_size=7).map(str.capitalize)
# "Aâ" is how an old code table writes "Â": a file in which one name in ten has that is refused as a whole.
WORD = WORD.filter(lambda word: not tables._VNI.search(word))
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
    assert len(found) == 5


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_decision_that_reads_like_the_mark_of_clearing_clears_nothing(manager_p1, units, kind):
    born = dt.date(1985, 8, 5)
    held = [(1, "Đặng Thị Hoà", "Xoá"), (2, "Lê Văn Bình", "12/QĐ-MTTQ"), (4, "Vũ Thị Cúc", "Xóa số 12/QĐ")]
    for number, name, decision in held:
        someone = person(units, number, name, born=born, email=f"cb{number}@mattran.vn")
        Appointment.objects.filter(person=someone).update(decision=decision, ends_on=dt.date(2027, 1, 1))
    found = [row for row in again(manager_p1, units, kind) if row[0] != manager_p1.full_name]
    assert sorted(found) == sorted((name, "unchanged", "", {}) for _, name, _ in held)


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


# --- Several posts of one person --------------------------------------------------------------------

POST = st.fixed_dictionaries(
    {
        "unit": st.sampled_from(["p1", "p1_a", "p1_b"]),
        "position": POSITION,
        "page_duty": st.sampled_from(["", "officer", "team"]),
        "is_acting": st.booleans(),
        "starts_on": st.dates(dt.date(2025, 7, 1), dt.date(2026, 10, 1)),
        "ends_on": st.none() | st.dates(dt.date(2027, 1, 1), dt.date(2030, 1, 1)),
        "decision": st.sampled_from(["", "12/QĐ-MTTQ-BTT", "=1+1", "-", "'5"]),
    }
)
PERSON = st.fixed_dictionaries(
    {
        "born_on": st.dates(dt.date(1950, 1, 1), dt.date(2005, 1, 1)),
        "with_phone": st.booleans(),
        "posts": st.lists(
            POST, min_size=1, max_size=4, unique_by=lambda post: (post["unit"], post["position"], post["starts_on"])
        ),
    }
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink would take minutes
)
@given(people=st.dictionaries(NAME, PERSON, min_size=1, max_size=3), kind=st.sampled_from(["csv", "xlsx"]))
def test_people_of_several_posts_come_back_as_they_left(manager_p1, units, people, kind):
    from lms.people.models import RosterBatch, RosterRow

    manager_p1.phone = "+84912000999"
    manager_p1.save()
    made = []
    try:
        for number, (name, told) in enumerate(people.items()):
            who = make_person(f"nhieu{number}", name, None)
            who.born_on, who.birth_year = told["born_on"], told["born_on"].year
            who.phone = f"+8491300{number:04d}" if told["with_phone"] else None
            who.save()
            made.append(who)
            for place, post in enumerate(told["posts"]):
                fields = {**post, "unit": getattr(units, post["unit"])}
                Appointment.objects.create(person=who, is_primary=place == 0, **fields)
        before = list(Appointment.objects.order_by("pk").values())
        found = again(manager_p1, units, kind)
        assert {outcome for _, outcome, _, _ in found} == {"unchanged"}, found
        assert len(found) == 1 + sum(len(told["posts"]) for told in people.values())
        assert list(Appointment.objects.order_by("pk").values()) == before
    finally:
        RosterRow.objects.all().delete()
        RosterBatch.objects.all().delete()
        Appointment.objects.filter(person__in=made).delete()
        for each in made:
            each.delete()


def test_an_exported_roster_puts_the_further_posts_below_the_main_one_wherever_they_are(manager_p1, units):
    who = person(units, 2, "Đặng Thị Ánh", year=1985, position="Phó Chủ tịch")  # in p1_b
    Appointment.objects.create(
        person=who, unit=units.p1, position="Ủy viên", is_primary=False, is_acting=True, starts_on=DAY_ONE,
        ends_on=dt.date(2027, 1, 1), decision="12/QĐ",
    )  # fmt: skip
    lines = [line for line in people_queries.roster_lines(manager_p1, units.p1) if line.full_name == who.full_name]
    assert [(line.position, line.is_primary, line.is_acting, line.last_day, line.decision) for line in lines] == [
        ("Phó Chủ tịch", True, False, None, ""),
        ("Ủy viên", False, True, dt.date(2026, 12, 31), "12/QĐ"),
    ]


def test_a_person_of_another_province_is_exported_with_the_post_in_the_own_one_only(manager_p1, units):
    who = make_person("tinhkhac", "Lò Văn Khánh", None)
    who.birth_year = 1970
    who.save()
    Appointment.objects.create(person=who, unit=units.p2_a, position="Chủ tịch", starts_on=DAY_ONE)
    Appointment.objects.create(
        person=who, unit=units.p1_a, position="Ủy viên", is_primary=False, starts_on=DAY_ONE
    )  # fmt: skip
    lines = [line for line in people_queries.roster_lines(manager_p1, units.p1) if line.full_name == who.full_name]
    assert [(line.unit, line.is_primary) for line in lines] == [(lines[0].unit, False)]
    assert [row for row in again(manager_p1, units, "xlsx") if row[0] == who.full_name] == [
        (who.full_name, "unchanged", "", {})
    ]


def test_the_roster_of_people_with_several_posts_costs_the_same_queries(manager_p1, units, django_assert_num_queries):
    who = person(units, 1, "Đặng Thị Ánh", year=1985)
    with CaptureQueriesContext(connection) as one:
        list(people_queries.roster_lines(manager_p1, units.p1))
    for number in range(3):
        Appointment.objects.create(
            person=who, unit=units.p1_b, position=f"Ủy viên {number}", is_primary=False, starts_on=DAY_ONE
        )
    with django_assert_num_queries(len(one)):
        list(people_queries.roster_lines(manager_p1, units.p1))


def test_a_post_is_exported_from_its_first_to_its_last_day_and_comes_back_on_both(manager_p1, units):
    manager_p1.phone = "+84912000999"
    manager_p1.save()
    who = person(units, 1, "Đặng Thị Ánh", year=1985)
    first, last = dt.date(2026, 12, 1), dt.date(2026, 12, 10)
    Appointment.objects.create(
        person=who, unit=units.p1_b, position="Chủ tịch", is_primary=False, is_acting=True, starts_on=first,
        ends_on=last + dt.timedelta(days=1),
    )  # fmt: skip
    found = []
    for day in (first - dt.timedelta(days=1), first, last, last + dt.timedelta(days=1)):
        with time_machine.travel(dt.datetime.combine(day, dt.time(5), dt.UTC), tick=False):
            found.append([outcome for name, outcome, _, _ in again(manager_p1, units, "csv") if name == who.full_name])
    assert found == [["unchanged"], ["unchanged"] * 2, ["unchanged"] * 2, ["unchanged"]]
