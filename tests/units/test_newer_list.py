"""A newer list on a loaded tree: shown first, then a plan, then the same tree as if all lists had come at once."""

import datetime as dt
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from lms.accounts.models import User
from lms.units.models import Appointment, Reorganisation, Succession, Unit, UnitCode, UnitList, UnitName
from lms.units.queries import is_day_inferred, tree_on
from tests.conftest import make_person
from tests.factories import units as make

pytestmark = pytest.mark.django_db
AUGUST_2022, LAST_OF_DISTRICTS, MERGER = dt.date(2022, 8, 1), dt.date(2025, 6, 30), dt.date(2025, 7, 1)
DAYS = (AUGUST_2022, LAST_OF_DISTRICTS, MERGER)
TABLES = (Unit, UnitName, UnitCode, UnitList, Succession, Reorganisation, Appointment)


def run(folder: Path, *options: str) -> str:
    output = StringIO()
    with translation.override("en"):
        call_command("import_units", str(folder), *options, stdout=output, verbosity=1)
    return output.getvalue()


def contents() -> list[list[tuple[object, ...]]]:
    return [list(model._default_manager.order_by("pk").values_list()) for model in TABLES]


def history() -> list[object]:
    """All that the tree tells, without keys and paths."""
    told: list[object] = []
    for day in DAYS:
        tree = tree_on(day)
        names = {unit.path: unit.name for unit in tree}
        told.append(sorted((unit.name, unit.type, unit.code, names.get(unit.path[:-4])) for unit in tree))
    told.append(
        sorted(Succession.objects.values_list("old__codes__code", "old__level__key", "new__codes__code", "share"))
    )
    told.append(
        sorted(
            UnitName.objects.values_list("full_name", "starts_after", "starts_on", "ends_after", "ends_on"), key=repr
        )
    )
    dates = ("codes__code", "level__key", "opened_after", "opened_on", "closed_after", "closed_on")
    told.append(sorted(Unit.objects.values_list(*dates), key=repr))
    told.append(sorted(UnitList.objects.values_list("as_of", "source", "source_hash")))
    return told


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    folder = tmp_path / "lists"
    folder.mkdir()
    return make.write_lists(folder)


@pytest.fixture
def quantri() -> User:
    person = make_person("quantri", "Quản Trị", None)
    person.is_superuser = True
    person.save()
    return person


def only(lists: Path, *names: str) -> Path:
    folder = lists.parent / "-".join(names)
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes((lists / name).read_bytes())
    return folder


def one_by_one(lists: Path) -> None:
    run(only(lists, "units-2022.csv"))
    run(only(lists, "units-2025-06-30.csv"), "--apply", "--by", "quantri")
    run(only(lists, "units-2025-07-01.csv", "successions-2025-07-01.csv"), "--apply", "--by", "quantri")


def test_one_after_the_other_the_lists_make_the_tree_that_all_make_at_once(lists, quantri) -> None:
    one_by_one(lists)
    apart = history()
    assert [sum(1 for _ in found) for found in Unit.find_problems()] == [0, 0, 0, 0, 0]
    for table in (Succession, UnitName, UnitCode, UnitList):
        table.objects.all().delete()
    for plan in Reorganisation.objects.all():
        plan.reorganised.all().delete()
    Reorganisation.objects.all().delete()
    Unit.objects.all()._raw_delete("default")
    run(lists)
    assert apart == history()


def test_the_same_list_twice_is_0_changes(lists, quantri) -> None:
    one_by_one(lists)
    before = contents()
    assert "0 changes" in run(lists)
    assert "0 changes" in run(lists, "--apply", "--by", "quantri")
    assert contents() == before


def test_a_dry_run_shows_the_differences_and_writes_nothing(lists) -> None:
    run(only(lists, "units-2022.csv"))
    before = contents()
    output = run(only(lists, "units-2025-06-30.csv"), "--dry-run", "--verbose")
    assert contents() == before
    assert output.splitlines() == [
        "What units-2025-06-30.csv changes in the tree:",
        "  1 × commune: under another unit",
        "    00003 Xã Mỹ Lộc, Huyện Nam → Xã Mỹ Lộc, Huyện Bắc",
        "  2 × commune: opened",
        "    00004 – → Xã Tam An",
        "    00006 – → Xã Mới",
        "  1 × province: of another type",
        "    01 Tỉnh Một → Thành phố Một",
        "  1 × commune: of another type",
        "    00001 Xã Văn Lang → Phường Văn Lang",
        "  2 × commune: closed",
        "    00002 Xã Văn Lăng → –",
        "    00004 Xã Tam Phước → –",
        "  1 × district: closed",
        "    002 Huyện Nam → –",
        "Not told by the lists, and not guessed:",
        "  between 01/08/2022 and 30/06/2025: 1 × commune: gone, no successor told",
        "    00002 Xã Văn Lăng, Huyện Bắc, Thành phố Một",
        "  between 01/08/2022 and 30/06/2025: 1 × district: gone, no successor told",
        "    002 Huyện Nam, Thành phố Một",
        "  between 01/08/2022 and 30/06/2025: 1 × commune: code under another parent and another name, not linked",
        "    00004 Xã Tam Phước, Huyện Nam, Thành phố Một → Xã Tam An",
        "  between 01/08/2022 and 30/06/2025: 1 × commune: new, no predecessor told",
        "    00006 Xã Mới, Huyện Đông, Tỉnh Hai",
        "Dry run: nothing was written.",
    ]


def test_a_plan_waits_and_a_second_run_makes_no_second_one(lists) -> None:
    run(only(lists, "units-2022.csv", "units-2025-06-30.csv"))
    for _ in range(2):
        assert "waits to be confirmed" in run(lists)
    plan = Reorganisation.objects.get()
    assert (plan.state, plan.source, plan.effective_on, plan.effective_after) == ("draft", "list", MERGER, None)
    assert not Unit.objects.filter(opened_on=MERGER).exists()


def test_only_a_superuser_who_is_named_applies(lists) -> None:
    run(only(lists, "units-2022.csv", "units-2025-06-30.csv"))
    make_person("somebody", "Y Bình", None)
    before = contents()
    for options in (["--apply"], ["--apply", "--by", "somebody"]):
        with pytest.raises(CommandError, match="superuser"):
            run(lists, *options)
    assert contents() == before


def test_a_code_that_changed_alone_closes_nothing(tmp_path, quantri) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, day, code in ((first, "2024-01-01", "00001"), (second, "2025-01-01", "00009")):
        folder.mkdir()
        rows = ["province,01,,Tỉnh Một,tỉnh", f"commune,{code},01,Xã Văn Lang,xã", "commune,00002,01,Xã Hai,xã"]
        make.write_csv(folder / f"units-{day}.csv", make.UNIT_HEADER, rows)
    run(first)
    run(second, "--apply", "--by", "quantri")
    commune = Unit.objects.get(names__full_name="Xã Văn Lang")
    assert list(commune.codes.order_by("pk").values_list("code", "starts_after", "starts_on", "ends_on")) == [
        ("00001", None, None, dt.date(2025, 1, 1)), ("00009", dt.date(2024, 1, 1), dt.date(2025, 1, 1), None),
    ]  # fmt: skip
    assert not Unit.objects.filter(closed_on__isnull=False).exists()


def test_a_boundary_between_two_lists_is_an_interval(lists, quantri) -> None:
    run(only(lists, "units-2022.csv"))
    run(only(lists, "units-2025-06-30.csv"), "--apply", "--by", "quantri")
    interval = is_day_inferred(dt.date(2024, 1, 1))
    assert interval is not None
    assert (interval.after, interval.on) == (AUGUST_2022, LAST_OF_DISTRICTS)


def test_people_follow_what_the_list_says(lists, quantri) -> None:
    run(only(lists, "units-2022.csv", "units-2025-06-30.csv"))
    whole = Unit.objects.get(codes__code="00001", closed_on=None)
    divided = Unit.objects.get(codes__code="00003", closed_on=None)
    people = [make_person(f"p{unit.pk}", "Y Bình", unit) for unit in (whole, divided)]
    run(lists, "--apply", "--by", "quantri")
    new = Unit.objects.get(codes__code="00001", opened_on=MERGER)
    assert [row.unit for row in Appointment.objects.on(MERGER).filter(person=people[0])] == [new]
    assert [row.unit for row in Appointment.objects.on(MERGER).filter(person=people[1])] == [divided]


def test_a_list_that_comes_too_late_is_refused(lists, quantri) -> None:
    run(only(lists, "units-2022.csv", "units-2025-06-30.csv"))
    make.unit("Xã Lập Sau", parent=Unit.objects.get(codes__code="02"), level="commune", opened_on=dt.date(2026, 1, 1))
    with pytest.raises(CommandError, match="comes too late"):
        run(lists)


def test_two_new_lists_come_one_after_the_other(lists) -> None:
    run(only(lists, "units-2022.csv"))
    with pytest.raises(CommandError, match="one after the other"):
        run(lists)
