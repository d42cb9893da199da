"""The national lists of the project, loaded once for this module: counts, histories, search."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.units.formats import PROJECT_DATA, read_source
from lms.units.models import Succession, Unit, UnitCode, UnitList, UnitName
from lms.units.queries import breadcrumb, children_on, counts_by_level, name_on, names_on, search_units, tree_on
from lms.units.rules import Gap, tell
from lms.units.services.lists import Loaded, import_lists

AT = dt.datetime(2026, 11, 22, 3, 0, tzinfo=dt.UTC)
AUGUST_2022 = dt.date(2022, 8, 1)
CONFERENCE = dt.date(2022, 8, 5)
LAST_OF_DISTRICTS = dt.date(2025, 6, 30)
MERGER = dt.date(2025, 7, 1)
TODAY = dt.date(2026, 11, 22)


@pytest.fixture(scope="module", autouse=True)
def nation(django_db_setup: None, django_db_blocker: Any) -> Iterator[Loaded]:
    """The tree, in a transaction around the whole module that is never committed."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield import_lists(source=read_source(PROJECT_DATA), at=AT)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _in_the_database(db: None) -> None:
    """Every test here reads."""


def unit(name: str, day: dt.date, code: str) -> Unit:
    found = Unit.objects.open_on(day).get(codes__code=code)
    assert name_on(found, day) == name
    return found


def found(typed: str, day: dt.date = TODAY, **options: Any) -> list[tuple[str, str]]:
    return [(hit.unit.name, hit.where) for hit in search_units(typed, day, **options)]


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (AUGUST_2022, {"province": 63, "district": 705, "commune": 10599}),
        (CONFERENCE, {"province": 63, "district": 705, "commune": 10599}),
        (LAST_OF_DISTRICTS, {"province": 63, "district": 696, "commune": 10051}),
        (MERGER, {"province": 34, "commune": 3321}),
        (TODAY, {"province": 34, "commune": 3321}),
    ],
)
def test_units_of_each_level(day: dt.date, counts: dict[str, int]) -> None:
    assert counts_by_level(Unit.objects.get(depth=1), day) == counts


def test_quang_ninh_had_13_districts_and_177_communes_in_2022() -> None:
    province = unit("Tỉnh Quảng Ninh", CONFERENCE, "22")
    assert counts_by_level(province, CONFERENCE) == {"district": 13, "commune": 177}
    assert counts_by_level(province, LAST_OF_DISTRICTS) == {"district": 13, "commune": 171}
    assert counts_by_level(province, MERGER) == {"commune": 54}
    assert len(children_on(province, CONFERENCE)) == 13
    assert [child.name for child in children_on(province, CONFERENCE)][:4] == [
        "Huyện Ba Chẽ", "Huyện Bình Liêu", "Thành phố Cẩm Phả", "Huyện Cô Tô",
    ]  # fmt: skip


def test_quang_ninh_is_one_unit_and_thai_nguyen_is_two() -> None:
    assert unit("Tỉnh Quảng Ninh", CONFERENCE, "22") == unit("Tỉnh Quảng Ninh", TODAY, "22")
    before, after = unit("Tỉnh Thái Nguyên", CONFERENCE, "19"), unit("Tỉnh Thái Nguyên", TODAY, "19")
    assert before != after
    assert (before.closed_on, after.opened_on) == (MERGER, MERGER)
    predecessors = names_on(after.predecessions.values_list("old_id", flat=True), LAST_OF_DISTRICTS)
    assert sorted(row.name for row in predecessors.values()) == ["Tỉnh Bắc Kạn", "Tỉnh Thái Nguyên"]


def test_eleven_provinces_went_on_and_23_opened() -> None:
    provinces = Unit.objects.filter(level__key="province")
    counts = Counter(provinces.values_list("opened_on", "closed_on"))
    assert counts == {(None, None): 11, (None, MERGER): 52, (MERGER, None): 23}


def test_hue_became_a_city_in_place_on_a_day_that_is_not_known() -> None:
    city = unit("Thành phố Huế", TODAY, "46")
    assert list(city.names.order_by("pk").values_list("full_name", "type__name", "starts_after", "starts_on")) == [
        ("Tỉnh Thừa Thiên Huế", "tỉnh", None, None),
        ("Thành phố Huế", "thành phố", AUGUST_2022, LAST_OF_DISTRICTS),
    ]


def test_renamed_in_place_and_gone_in_the_interval() -> None:
    renamed = UnitName.objects.filter(starts_after=AUGUST_2022, starts_on=LAST_OF_DISTRICTS)
    by_level = Counter(renamed.values_list("unit__level__key", flat=True))
    assert by_level == {"province": 1, "district": 13, "commune": 469}
    closed = Unit.objects.filter(closed_after=AUGUST_2022, closed_on=LAST_OF_DISTRICTS)
    assert Counter(closed.values_list("level__key", flat=True)) == {"district": 11, "commune": 708}


def test_every_district_ends_on_the_day_of_the_merger_or_in_the_interval() -> None:
    districts = Counter(Unit.objects.filter(level__key="district").values_list("closed_after", "closed_on"))
    assert districts == {(None, MERGER): 696, (AUGUST_2022, LAST_OF_DISTRICTS): 11}


def test_successions_whole_and_part() -> None:
    links = Counter(Succession.objects.values_list("old__level__key", "old__closed_on", "share"))
    assert links == {
        ("province", MERGER, "whole"): 52,
        ("commune", MERGER, "whole"): 9583,
        ("commune", MERGER, "part"): 971,
        ("commune", LAST_OF_DISTRICTS, "whole"): 141,
    }


def test_a_divided_commune_and_a_whole_one() -> None:
    parts = Succession.objects.filter(old__codes__code="00007", old__closed_on=MERGER).order_by("new__codes__code")
    assert list(parts.values_list("new__codes__code", "share")) == [("00008", "part"), ("00025", "part")]
    whole = Succession.objects.get(old__codes__code="00001", old__closed_on=MERGER)
    assert (whole.share, whole.new.codes.get().code) == ("whole", "00097")


def test_what_the_lists_do_not_say() -> None:
    history = tell(read_source(PROJECT_DATA))
    gaps = Counter((item.gap, item.node.level, item.boundary.on) for item in history.unresolved)
    assert gaps == {
        (Gap.NO_SUCCESSOR, "commune", LAST_OF_DISTRICTS): 560,
        (Gap.NO_SUCCESSOR, "district", LAST_OF_DISTRICTS): 11,
        (Gap.OTHER_NAME, "commune", LAST_OF_DISTRICTS): 7,
        (Gap.NO_PREDECESSOR, "commune", LAST_OF_DISTRICTS): 12,
        (Gap.NO_PREDECESSOR, "district", LAST_OF_DISTRICTS): 2,
        (Gap.LEVEL_ENDED, "district", MERGER): 696,
        (Gap.NO_SUCCESSOR, "commune", MERGER): 28,
        (Gap.NO_PREDECESSOR, "commune", MERGER): 5,
    }
    islands = {item.node.names[-1].full for item in history.unresolved if item.boundary.on == MERGER
               and item.gap is Gap.NO_PREDECESSOR}  # fmt: skip
    assert islands == {
        "Đặc khu Bạch Long Vĩ", "Đặc khu Cồn Cỏ", "Đặc khu Hoàng Sa", "Đặc khu Lý Sơn", "Đặc khu Côn Đảo",
    }  # fmt: skip


def test_a_code_identifies_nothing_without_a_day() -> None:
    of_today = UnitCode.objects.filter(unit__level__key="commune", unit__closed_on=None).values("code")
    reused = UnitCode.objects.filter(code__in=of_today, unit__closed_on=MERGER, unit__level__key="commune")
    assert UnitCode.objects.filter(unit__level__key="commune", unit__closed_on=None).count() == 3321
    assert reused.values("code").distinct().count() > 3000


def test_the_tree_is_sound_for_treebeard() -> None:
    # What Unit.find_problems() asks with a query for each unit (50 s), in one.
    rows = {path: (depth, numchild) for path, depth, numchild in Unit.objects.values_list("path", "depth", "numchild")}
    children = Counter(path[:-4] for path in rows)
    assert set(children) - {""} <= set(rows)
    assert rows == {path: (len(path) // 4, children[path]) for path in rows}


def test_a_second_import_changes_nothing() -> None:
    models = (Unit, UnitName, UnitCode, UnitList, Succession)
    before = [hash(tuple(model.objects.order_by("pk").values_list())) for model in models]
    assert import_lists(source=read_source(PROJECT_DATA), at=AT) == Loaded(0, ())
    assert [hash(tuple(model.objects.order_by("pk").values_list())) for model in models] == before


@settings(max_examples=8, deadline=None)
@given(day=st.one_of(st.dates(dt.date(2021, 1, 1), dt.date(2027, 1, 1)), st.sampled_from([LAST_OF_DISTRICTS, MERGER])))
def test_on_no_day_has_an_open_unit_a_closed_parent(day: dt.date) -> None:
    paths = {unit.path for unit in tree_on(day)}
    assert {path[:-4] for path in paths if len(path) > 4} <= paths


def test_breadcrumb_bears_the_names_of_the_day() -> None:
    ward = unit("Phường Bãi Cháy", CONFERENCE, "06673")
    assert [step.name for step in breadcrumb(ward, CONFERENCE)] == [
        "Ủy ban Trung ương MTTQ Việt Nam", "Tỉnh Quảng Ninh", "Thành phố Hạ Long", "Phường Bãi Cháy",
    ]  # fmt: skip


# --- Search ------------------------------------------------------------------------------------------

QUANG_NINH = [("Tỉnh Quảng Ninh", ""), ("Xã Quảng Ninh", "Tỉnh Quảng Trị"), ("Xã Quảng Ninh", "Tỉnh Thanh Hóa")]


@pytest.mark.parametrize("typed", ["Q. Ninh", "q ninh", "Q.Ninh", "quang ninh", "QUẢNG NINH", "  quảng   ninh "])
def test_quang_ninh_is_found_however_it_is_typed(typed: str) -> None:
    hits = found(typed)
    assert hits[0] == QUANG_NINH[0]
    assert sorted(hits) == QUANG_NINH


@pytest.mark.parametrize("typed", ["tỉnh Quảng Ninh", "T. Quảng Ninh", "MTTQ tỉnh Quảng Ninh",
                                   "Ủy ban MTTQ Việt Nam tỉnh Quảng Ninh"])  # fmt: skip
def test_the_word_for_the_type_narrows(typed: str) -> None:
    assert found(typed) == [("Tỉnh Quảng Ninh", "")]


def test_without_diacritics_both_are_found_and_with_them_the_exact_one_comes_first() -> None:
    thai_nguyen = unit("Tỉnh Thái Nguyên", TODAY, "19")
    lang, lawng = ("Xã Văn Lang", "Tỉnh Thái Nguyên"), ("Xã Văn Lăng", "Tỉnh Thái Nguyên")
    assert found("van lang", within=thai_nguyen) == [lang, lawng]
    assert found("Văn Lăng", within=thai_nguyen) == [lawng, lang]
    assert found("xã văn lang", within=thai_nguyen) == [lang, lawng]
    assert found("Văn Lăng")[0] == lawng
    assert {lang, lawng} < set(found("van lang"))


@pytest.mark.parametrize(
    ("typed", "day", "hits"),
    [
        ("P. Hạ Long", TODAY, [("Phường Hạ Long", "Tỉnh Quảng Ninh")]),
        ("TP. Hạ Long", CONFERENCE, [("Thành phố Hạ Long", "Tỉnh Quảng Ninh")]),
        ("TP. Hạ Long", TODAY, []),
        ("TX Đông Triều", CONFERENCE, [("Thị xã Đông Triều", "Tỉnh Quảng Ninh")]),
        ("ĐK Vân Đồn", TODAY, [("Đặc khu Vân Đồn", "Tỉnh Quảng Ninh")]),
        ("TP HCM", TODAY, [("Thành phố Hồ Chí Minh", "")]),
        ("06673", CONFERENCE, [("Phường Bãi Cháy", "Thành phố Hạ Long, Tỉnh Quảng Ninh")]),
        ("22", TODAY, [("Tỉnh Quảng Ninh", "")]),
        ("Đạ M'ri", CONFERENCE, [("Thị trấn Đạ M'ri", "Huyện Đạ Huoai, Tỉnh Lâm Đồng")]),
        ("không có đâu", TODAY, []),
        ("%", TODAY, []),
        ("", TODAY, []),
    ],
)
def test_search(typed: str, day: dt.date, hits: list[tuple[str, str]]) -> None:
    assert found(typed, day) == hits


def test_search_makes_the_same_queries_whatever_it_finds(django_assert_num_queries: Any) -> None:
    for typed, number in (("Vân Đồn", 1), ("quảng ninh", 3), ("an", 20)):
        with django_assert_num_queries(3):
            assert len(found(typed)) == number
