import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.fanpages.rules import NotADayError, name_fits, read_since, since_shown


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("12/04/2022", dt.date(2022, 4, 12)),
        ("12-4-2022", dt.date(2022, 4, 12)),
        ("2022-04-12", dt.date(2022, 4, 12)),
        ("4/2022", dt.date(2022, 4, 1)),
        ("tháng 4/2022", dt.date(2022, 4, 1)),
        ("năm 2022", dt.date(2022, 1, 1)),
        (" 2022 ", dt.date(2022, 1, 1)),
        ("", None),
    ],
)
def test_a_day_is_read_as_people_write_it(typed, day):
    assert read_since(typed) == day


@pytest.mark.parametrize("typed", ["31/02/2022", "13/2022", "12/4/22", "hôm qua", "0/2022", "2022-02-31", "0000"])
def test_what_is_no_day_is_refused(typed):
    with pytest.raises(NotADayError):
        read_since(typed)


@settings(deadline=None)
@given(st.dates(dt.date(2004, 1, 1), dt.date(2099, 12, 31)))
def test_what_is_shown_is_read_as_the_same_day(day):
    assert read_since(since_shown(day)) == day


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("Mặt trận Quảng Ninh", True),
        ("mặt trận tỉnh Quảng Ninh", True),
        ("MTTQ Quảng Ninh", True),
        ("Mặt trận Tổ quốc Việt Nam tỉnh Quảng Ninh", True),
        ("Quảng Ninh ngày nay", False),
        ("Mặt trận Thái Nguyên", False),
        ("Tuổi trẻ Quảng Ninh", False),
        ("", False),
    ],
)
def test_a_name_follows_the_pattern_of_2022_or_gets_a_hint(name, fits):
    assert name_fits(name, "Quảng Ninh") is fits
