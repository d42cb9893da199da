"""A task in words: whom it is for, on whose word, how its deadline stands. No query."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from lms.plans import rules
from lms.plans.models import BasisDocument
from lms.units.models import Appointment, Level
from lms.units.queries import UnitOnDay


def level_words(level: Level) -> str:
    """How the units of a level are called together, as a heading or a label."""
    words = {
        "centre": _("The Central Committee"),
        "province": _("Provinces and cities"),
        "district": _("Districts"),
        "commune": _("Communes, wards and special zones"),
    }
    return words.get(level.key, level.name)


def _levels_within(level: Level) -> str:
    """The same within a sentence."""
    words = {
        "centre": _("the office of the Central Committee"),
        "province": _("the provinces and cities"),
        "district": _("the districts"),
        "commune": _("the communes, wards and special zones"),
    }
    return words.get(level.key, level.name)


def unit_within(unit: UnitOnDay | None) -> str:
    """A unit's name within a sentence: "tỉnh Quảng Ninh". The noun of a division is written small there."""
    if unit is None:
        return ""
    return unit.name[:1].lower() + unit.name[1:] if unit.type and unit.rank else unit.name


def whom_said(unit: UnitOnDay | None, levels: Iterable[Level], positions: Iterable[str], duties: Iterable[str]) -> str:
    """ "cán bộ phụ trách Trang ở các xã, phường, đặc khu của tỉnh Quảng Ninh"."""
    return _("%(people)s %(place)s") % {"people": _people(positions, duties), "place": _place(unit, levels)}


def _people(positions: Iterable[str], duties: Iterable[str]) -> str:
    asked = set(duties)
    if asked == {Appointment.Duty.OFFICER.value}:
        people = _("officers in charge of the page")
    elif asked == {Appointment.Duty.TEAM.value}:
        people = _("members of the page team")
    elif asked and "" not in asked:
        people = _("officers in charge of the page and members of the page team")
    else:
        people = _("all officers")
    held = ", ".join(rules.shown_position(entry) for entry in positions)
    return _("%(people)s whose position is %(positions)s") % {"people": people, "positions": held} if held else people


def _place(unit: UnitOnDay | None, levels: Iterable[Level]) -> str:
    name = unit_within(unit)
    own = [level for level in levels if unit and level.key == unit.level]
    below = [_levels_within(level) for level in levels if not unit or level.key != unit.level]
    listed = pgettext("list", " and ").join([", ".join(below[:-1]), below[-1]] if len(below) > 1 else below)
    is_country = unit is not None and unit.rank == 0
    if not below:
        if is_country and not own:
            return _("in the whole country")
        return (_("at %(unit)s itself") if own else _("of %(unit)s")) % {"unit": name}
    if own:
        return _("at %(unit)s and in %(levels)s below it") % {"unit": name, "levels": listed}
    if is_country:
        return _("in %(levels)s of the whole country") % {"levels": listed}
    return _("in %(levels)s of %(unit)s") % {"levels": listed, "unit": name}


def document_said(basis: BasisDocument | None) -> str:
    """ "Kế hoạch 141/KH-MTTQ-BTT ngày 12/4/2022", as written; "" for none."""
    if basis is None:
        return ""
    name = f"{basis.kind} {basis.reference}".strip()
    if not basis.date_as_written:
        return name
    return _("%(document)s dated %(date)s") % {"document": name, "date": basis.date_as_written}


@dataclass(frozen=True)
class DeadlineSaid:
    """``day`` "30/11/2026", ``words`` "còn 5 ngày"; both "" where there is no deadline. ``state``: rules.When."""

    state: rules.When
    day: str
    words: str


def deadline_said(deadline: dt.date | None, today: dt.date) -> DeadlineSaid:
    state, days = rules.when(deadline, today)
    if deadline is None:
        return DeadlineSaid(state, "", "")
    if state == rules.When.OVER:
        words = ngettext("%(days)s day overdue", "%(days)s days overdue", days) % {"days": days}
    elif state == rules.When.LAST_DAY:
        words = _("today is the last day")
    else:
        words = ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}
    return DeadlineSaid(state, f"{deadline:%d/%m/%Y}", words)
