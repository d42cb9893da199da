"""import_units on small lists: what it writes, what it refuses, what a second run does."""

import datetime as dt
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from wagtail.models import ModelLogEntry

from lms.units.models import DivisionType, Level, Succession, Unit, UnitCode, UnitList, UnitName
from lms.units.queries import is_day_inferred, tree_on
from tests.factories import units as make

AUGUST_2022 = dt.date(2022, 8, 1)
LAST_OF_DISTRICTS = dt.date(2025, 6, 30)
MERGER = dt.date(2025, 7, 1)
TABLES = (Level, DivisionType, Unit, UnitName, UnitCode, UnitList, Succession, ModelLogEntry)


def run(folder: Path, *options: str) -> str:
    output = StringIO()
    with translation.override("en"):
        call_command("import_units", str(folder), *options, stdout=output, verbosity=1)
    return output.getvalue()


def contents() -> list[list[tuple[object, ...]]]:
    return [list(model._default_manager.order_by("pk").values_list()) for model in TABLES]


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    return make.write_lists(tmp_path)


def named(day: dt.date) -> dict[str, tuple[str, str]]:
    """Code → name and parent's name on ``day``, below the root."""
    tree = tree_on(day)
    by_path = {unit.path: unit for unit in tree}
    return {unit.code: (unit.name, by_path[unit.path[:-4]].name) for unit in tree if unit.code}


def old(code: str, level: str, *, closed_on: dt.date | None) -> Unit:
    return Unit.objects.get(codes__code=code, level__key=level, closed_on=closed_on)


@pytest.mark.django_db
def test_the_tree_answers_for_each_day_as_its_list(lists: Path) -> None:
    run(lists)
    centre = "Ủy ban Trung ương MTTQ Việt Nam"
    assert named(AUGUST_2022) == {
        "01": ("Tỉnh Một", centre), "02": ("Tỉnh Hai", centre),
        "001": ("Huyện Bắc", "Tỉnh Một"), "002": ("Huyện Nam", "Tỉnh Một"), "003": ("Huyện Đông", "Tỉnh Hai"),
        "00001": ("Xã Văn Lang", "Huyện Bắc"), "00002": ("Xã Văn Lăng", "Huyện Bắc"),
        "00003": ("Xã Mỹ Lộc", "Huyện Nam"), "00004": ("Xã Tam Phước", "Huyện Nam"),
        "00005": ("Xã Yên Bình", "Huyện Đông"),
    }  # fmt: skip
    assert named(LAST_OF_DISTRICTS) == {
        "01": ("Thành phố Một", centre), "02": ("Tỉnh Hai", centre),
        "001": ("Huyện Bắc", "Thành phố Một"), "003": ("Huyện Đông", "Tỉnh Hai"),
        "00001": ("Phường Văn Lang", "Huyện Bắc"), "00003": ("Xã Mỹ Lộc", "Huyện Bắc"),
        "00004": ("Xã Tam An", "Huyện Bắc"), "00005": ("Xã Yên Bình", "Huyện Đông"), "00006": ("Xã Mới", "Huyện Đông"),
    }  # fmt: skip
    assert named(MERGER) == {
        "02": ("Tỉnh Hai", centre), "00001": ("Phường Văn Lang", "Tỉnh Hai"),
        "00003": ("Xã Yên Bình", "Tỉnh Hai"), "00009": ("Đặc khu Đảo Xa", "Tỉnh Hai"),
    }  # fmt: skip


@pytest.mark.django_db
def test_inside_the_interval_the_old_state_answers_and_is_marked_as_inferred(lists: Path) -> None:
    run(lists)
    day = dt.date(2024, 1, 1)
    assert named(day) == named(AUGUST_2022)
    interval = is_day_inferred(day)
    assert interval is not None
    assert (interval.after, interval.on) == (AUGUST_2022, LAST_OF_DISTRICTS)
    assert [is_day_inferred(day) for day in (AUGUST_2022, LAST_OF_DISTRICTS, MERGER, dt.date(2026, 11, 22))] == [
        None
    ] * 4


@pytest.mark.django_db
def test_a_rename_closes_nothing_and_has_an_interval(lists: Path) -> None:
    run(lists)
    commune = old("00001", "commune", closed_on=MERGER)
    assert commune.opened_on is None
    rows = commune.names.order_by("pk").values_list("full_name", "starts_after", "starts_on", "ends_after", "ends_on")
    assert list(rows) == [
        ("Xã Văn Lang", None, None, AUGUST_2022, LAST_OF_DISTRICTS),
        ("Phường Văn Lang", AUGUST_2022, LAST_OF_DISTRICTS, None, None),
    ]


@pytest.mark.django_db
def test_another_parent_closes_a_unit_and_the_same_name_is_its_whole_successor(lists: Path) -> None:
    run(lists)
    before = old("00003", "commune", closed_on=LAST_OF_DISTRICTS)
    after = old("00003", "commune", closed_on=MERGER)
    assert (before.closed_after, after.opened_after, after.opened_on) == (AUGUST_2022, AUGUST_2022, LAST_OF_DISTRICTS)
    assert list(before.successions.values_list("new_id", "share")) == [(after.pk, "whole")]


@pytest.mark.django_db
def test_another_parent_and_another_name_are_not_linked(lists: Path) -> None:
    run(lists)
    assert not old("00004", "commune", closed_on=LAST_OF_DISTRICTS).successions.exists()
    assert not old("00004", "commune", closed_on=MERGER).predecessions.exists()


@pytest.mark.django_db
def test_a_merged_province_closes_on_the_very_day_and_takes_its_subtree_along(lists: Path) -> None:
    run(lists)
    for code in ("01", "02"):
        province = old(code, "province", closed_on=MERGER)
        assert province.closed_after is None
        assert not Unit.objects.within(province).open_on(MERGER).exists()
    assert set(old("02", "province", closed_on=None).predecessions.values_list("old__codes__code", "share")) == {
        ("01", "whole"), ("02", "whole"),
    }  # fmt: skip


@pytest.mark.django_db
def test_a_divided_commune_goes_on_in_parts(lists: Path) -> None:
    run(lists)
    divided = old("00003", "commune", closed_on=MERGER)
    links = divided.successions.order_by("new__codes__code").values_list("new__codes__code", "share")
    assert list(links) == [("00001", "part"), ("00003", "part")]


@pytest.mark.django_db
def test_a_province_that_takes_nothing_in_stays_itself(tmp_path: Path) -> None:
    make.write_csv(tmp_path / "units-2025-06-30.csv", make.UNIT_HEADER, ["province,01,,Tỉnh Một,tỉnh"])
    make.write_csv(tmp_path / "units-2025-07-01.csv", make.UNIT_HEADER, ["province,01,,Thành phố Một,thành phố"])
    make.write_csv(tmp_path / "successions-2025-07-01.csv", make.SUCCESSION_HEADER, ["province,01,01,whole"])
    run(tmp_path)
    province = Unit.objects.get(level__key="province")
    assert (province.opened_on, province.closed_on, Succession.objects.count()) == (None, None, 0)
    rows = province.names.order_by("pk").values_list("full_name", "starts_after", "starts_on")
    assert list(rows) == [("Tỉnh Một", None, None), ("Thành phố Một", None, MERGER)]


@pytest.mark.django_db
def test_what_the_lists_do_not_say_is_listed(lists: Path) -> None:
    output = run(lists, "--verbose")
    start = output.index("Not told")
    assert output[start:].splitlines()[:-1] == [
        "Not told by the lists, and not guessed:",
        "  between 01/08/2022 and 30/06/2025: 1 × district: gone, no successor told",
        "    002 Huyện Nam, Thành phố Một",
        "  between 01/08/2022 and 30/06/2025: 1 × commune: gone, no successor told",
        "    00002 Xã Văn Lăng, Huyện Bắc, Thành phố Một",
        "  between 01/08/2022 and 30/06/2025: 1 × commune: code under another parent and another name, not linked",
        "    00004 Xã Tam Phước, Huyện Nam, Thành phố Một → Xã Tam An",
        "  between 01/08/2022 and 30/06/2025: 1 × commune: new, no predecessor told",
        "    00006 Xã Mới, Huyện Đông, Tỉnh Hai",
        "  01/07/2025: 2 × district: closed, the level ended",
        "    001 Huyện Bắc, Thành phố Một",
        "    003 Huyện Đông, Tỉnh Hai",
        "  01/07/2025: 1 × commune: gone, no successor told",
        "    00006 Xã Mới, Huyện Đông, Tỉnh Hai",
        "  01/07/2025: 1 × commune: new, no predecessor told",
        "    00009 Đặc khu Đảo Xa, Tỉnh Hai",
    ]


@pytest.mark.django_db
def test_a_second_run_changes_nothing_and_says_so(lists: Path) -> None:
    run(lists)
    before = contents()
    output = run(lists)
    assert "0 changes" in output
    assert "differs" not in output
    assert contents() == before


@pytest.mark.django_db
def test_a_second_run_reports_what_was_changed_by_hand_and_leaves_it(lists: Path) -> None:
    run(lists)
    UnitName.objects.filter(full_name="Tỉnh Hai", unit__closed_on=None).update(full_name="Tỉnh Khác")
    before = contents()
    assert "  differs from the list, left as it is: units-2025-07-01.csv, row 2, 02 Tỉnh Hai\n" in run(lists)
    assert contents() == before


@pytest.mark.django_db
def test_a_dry_run_reports_and_writes_nothing(lists: Path) -> None:
    before = contents()
    output = run(lists, "--dry-run")
    assert "30/06/2025: 2 provinces, 2 districts, 5 communes" in output
    assert "nothing was" in output
    assert contents() == before


@pytest.mark.django_db
def test_the_next_unit_made_by_hand_gets_a_key_and_a_path_of_its_own(lists: Path) -> None:
    run(lists)
    province = old("02", "province", closed_on=None)
    new = make.unit("Xã Lập Thêm", parent=province, level="commune", code="00010")
    assert new.get_parent() == province
    assert province.get_children().count() == 4
    assert Unit.find_problems() == ([], [], [], [], [])


# --- Bad input ---------------------------------------------------------------------------------------


def refuse(folder: Path) -> str:
    """The sentence with which the command ends, after checking that it ends with 1 and wrote nothing."""
    before = contents()
    with pytest.raises(CommandError) as caught:
        run(folder)
    assert caught.value.returncode == 1
    assert contents() == before
    return str(caught.value)


def _replace(name: str, old_row: str, new_row: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old_row in text
        path.write_text(text.replace(old_row, new_row, 1), encoding="utf-8")

    return change


def _old_font(folder: Path) -> None:
    path = folder / "units-2025-06-30.csv"
    path.write_bytes(path.read_bytes().replace("Tỉnh Hai".encode(), b"T\xd8nh Hai"))


def _append(name: str, row: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(row + "\n")

    return change


def _remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        pytest.param(
            _replace("units-2022.csv", "commune,00003,002,", "commune,00003,009,"),
            "units-2022.csv, row 9: the parent 009 of the unit 00003 is not in the list.",
            id="a parent is missing",
        ),
        pytest.param(
            _replace("units-2022.csv", "commune,00003,002,", "commune,00003,,"),
            "units-2022.csv, row 9: the code of the parent is missing.",
            id="no parent is named",
        ),
        pytest.param(
            _append("units-2025-06-30.csv", "commune,00001,003,Xã Nữa,xã"),
            "units-2025-06-30.csv, row 11: the code 00001 stands in row 6 already.",
            id="a code stands twice in a list",
        ),
        pytest.param(_old_font, "units-2025-06-30.csv, row 3: the file is not in UTF-8.", id="another encoding"),
        pytest.param(
            _replace("units-2025-07-01.csv", "level,code,parent_code,name,type", "level,code,name,type,parent"),
            "units-2025-07-01.csv, row 1: the column “parent_code” is missing.",
            id="a column is missing",
        ),
        pytest.param(
            _replace("units-2025-07-01.csv", "Đặc khu Đảo Xa,đặc khu", "Khu Đảo Xa,khu"),
            "units-2025-07-01.csv, row 5: unknown type “khu”.",
            id="a type is unknown",
        ),
        pytest.param(
            _replace("units-2022.csv", "district,003,02,Huyện Đông,huyện", "district,003,02,Xã Đông,xã"),
            "units-2022.csv, row 6: unknown type “xã”.",
            id="a type of another level",
        ),
        pytest.param(
            _replace("units-2022.csv", "commune,00005", "hamlet,00005"),
            "units-2022.csv, row 11: unknown level “hamlet”.",
            id="a level is unknown",
        ),
        pytest.param(
            _replace("units-2022.csv", "commune,00005", "commune,5"),
            "units-2022.csv, row 11: the code “5” does not have 5 digits.",
            id="a spreadsheet ate the zeros",
        ),
        pytest.param(
            _replace("units-2022.csv", "Xã Yên Bình,xã", "Yên Bình,xã"),
            "units-2022.csv, row 11: the name “Yên Bình” does not begin with its type “xã”.",
            id="the name lacks its type",
        ),
        pytest.param(
            _replace("units-2022.csv", "commune,00005,003,Xã Yên Bình,xã", "commune,00005,003"),
            "units-2022.csv, row 11: 3 cells where the header has 5.",
            id="cells are missing",
        ),
        pytest.param(
            _append("successions-2025-07-01.csv", "commune,00002,00001,whole"),
            "successions-2025-07-01.csv, row 9: the unit 00002 is not in the list it should be in.",
            id="a succession of a unit that had gone before",
        ),
        pytest.param(
            _append("successions-2025-07-01.csv", "commune,00004,00001,whole"),
            "successions-2025-07-01.csv, row 9: the unit 00004 goes whole into one unit and also into another.",
            id="a whole unit with two successors",
        ),
        pytest.param(
            _append("successions-2025-07-01.csv", "commune,00003,00003,part"),
            "successions-2025-07-01.csv, row 9: the code 00003 stands in row 6 already.",
            id="a succession told twice",
        ),
        pytest.param(
            _replace("successions-2025-07-01.csv", "commune,00004,00003,whole", "commune,00004,00003,half"),
            "successions-2025-07-01.csv, row 7: the share must be “whole” or “part”, not “half”.",
            id="an unknown share",
        ),
        pytest.param(
            _remove("units-2025-07-01.csv"),
            "successions-2025-07-01.csv: there is no pair of lists that it stands between.",
            id="successions without their list",
        ),
        pytest.param(
            lambda folder: (folder / "units-2022.csv").rename(folder / "units-mới.csv"),
            "units-mới.csv: the name does not say for which day the list is true (units-YYYY-MM-DD.csv).",
            id="a list without a day",
        ),
    ],
)
def test_bad_input_ends_with_one_sentence_and_nothing_written(
    lists: Path, spoil: Callable[[Path], object], sentence: str
) -> None:
    spoil(lists)
    assert refuse(lists) == sentence


@pytest.mark.django_db
def test_an_empty_folder_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    assert refuse(tmp_path) == f"{tmp_path}: no list of units (units-….csv) in this folder."
    assert refuse(tmp_path / "nowhere") == f"{tmp_path / 'nowhere'}: there is no such folder."


@pytest.mark.django_db
def test_lists_fill_only_an_empty_tree(lists: Path) -> None:
    make.unit("Tỉnh Làm Tay", parent=None, level="province")
    assert refuse(lists) == "the tree already holds units that came from no list; lists fill an empty tree."


@pytest.mark.django_db
def test_a_list_that_was_changed_after_it_was_loaded_is_refused(lists: Path) -> None:
    run(lists)
    _replace("units-2022.csv", "Xã Yên Bình", "Xã Yên Bái")(lists)
    sentence = "units-2022.csv is not a list from which the tree was made; units are changed in the tree."
    assert refuse(lists) == sentence


@pytest.mark.django_db
def test_a_byte_order_mark_and_decomposed_letters_do_no_harm(lists: Path) -> None:
    import unicodedata

    path = lists / "units-2022.csv"
    decomposed = unicodedata.normalize("NFD", path.read_text(encoding="utf-8"))
    path.write_text(decomposed, encoding="utf-8-sig")
    run(lists)
    assert named(AUGUST_2022)["00002"] == ("Xã Văn Lăng", "Huyện Bắc")
    assert UnitName.objects.filter(full_name="Xã Văn Lăng").count() == 1
