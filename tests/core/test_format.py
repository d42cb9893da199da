"""How long something takes, as one says it."""

import pytest

from lms.core.templatetags.lms_format import duration


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "0 phút"),
        (45, "45 phút"),
        (89, "89 phút"),
        (90, "1,5 giờ"),
        (104, "1,5 giờ"),
        (105, "2 giờ"),
        (839, "14 giờ"),
    ],
)
def test_short_times_are_minutes_and_long_ones_hours_to_the_nearest_half(minutes: int, said: str) -> None:
    assert duration(minutes) == said
