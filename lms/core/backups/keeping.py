"""Which archives stay. No Django."""

import datetime as dt
import re

NAME = re.compile(r"lms-(\d{8}-\d{6})\.tar")


def name_for(at: dt.datetime) -> str:
    """``lms-20261123-013000.tar``; local time of ``at``, to the second, so that names sort by age."""
    return f"lms-{at:%Y%m%d-%H%M%S}.tar"


def when(name: str) -> dt.datetime | None:
    """The time in an archive's name (without zone), None for any other file."""
    found = NAME.fullmatch(name)
    try:
        return dt.datetime.strptime(found[1], "%Y%m%d-%H%M%S") if found else None  # noqa: DTZ007  a name has no zone
    except ValueError:
        return None


def superfluous(names: list[str], *, days: int, weeks: int) -> list[str]:
    """What may go, sorted: all but the newest of each of the last ``days`` days and ``weeks`` weeks that have one.

    Days and weeks without an archive do not count, so a server that stood still loses nothing. Names that are not
    archives are never named, and the newest archive always stays.
    """
    dated = sorted(((moment, name) for name in names if (moment := when(name))), reverse=True)
    by_day: dict[dt.date, str] = {}
    by_week: dict[tuple[int, int], str] = {}
    for moment, name in dated:
        by_day.setdefault(moment.date(), name)
        by_week.setdefault(moment.isocalendar()[:2], name)
    kept = {name for _moment, name in dated[:1]}
    kept.update(list(by_day.values())[:days], list(by_week.values())[:weeks])
    return sorted(name for _moment, name in dated if name not in kept)
