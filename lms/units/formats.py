"""The national lists as CSV files: reading and refusing, without Django.

A folder holds ``units-<day>.csv`` (one state of the tree each), beside some of them ``successions-<day>.csv``, and
perhaps ``levels.csv`` and ``types.csv``. ``data/README.md`` describes the columns.
"""

import csv
import datetime as dt
import hashlib
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from lms.core.text import clean

PROJECT_DATA = Path(__file__).resolve().parent / "data"
# The list of 2022 is dated by its year only; it was in force about August.
_DAY_OF = {"2022": dt.date(2022, 8, 1)}
_LIST_NAME = re.compile(r"units-(\d{4}(?:-\d\d-\d\d)?)\.csv")
UNIT_COLUMNS = ("level", "code", "parent_code", "name", "type")
SUCCESSION_COLUMNS = ("level", "old_code", "new_code", "share")


def gettext_noop(message: str) -> str:
    """Marks ``message`` for makemessages; it is translated where it is shown."""
    return message


class InputError(Exception):
    """``reason`` is an English template (a msgid) for ``params``; ``row`` counts as a spreadsheet does, header = 1."""

    def __init__(self, file: str, row: int | None, reason: str, **params: object) -> None:
        super().__init__(f"{file}, row {row}: {reason % params}" if row else f"{file}: {reason % params}")
        self.file = file
        self.row = row
        self.reason = reason
        self.params = params


Key = tuple[str, str]  # (key of the level, code)


@dataclass(frozen=True)
class LevelRow:
    key: str
    rank: int
    name: str
    code_length: int


@dataclass(frozen=True)
class TypeRow:
    level: str
    key: str
    name: str


@dataclass(frozen=True)
class UnitRow:
    level: str
    code: str
    parent: Key | None
    name: str
    short_name: str
    type: str  # the word, "thị trấn"
    row: int

    @property
    def key(self) -> Key:
        return (self.level, self.code)


@dataclass(frozen=True)
class Link:
    old: Key
    new: Key
    share: str


@dataclass(frozen=True)
class UnitListFile:
    """One state of the tree. ``links``: None where only the interval since the list before is known."""

    as_of: dt.date
    name: str
    digest: str
    units: dict[Key, UnitRow]
    links: tuple[Link, ...] | None


@dataclass(frozen=True)
class Source:
    """Lists in order of their day; levels in order of rank, the root's first."""

    levels: tuple[LevelRow, ...]
    types: tuple[TypeRow, ...]
    lists: tuple[UnitListFile, ...]


def read_source(folder: Path, *, standing: Collection[Key] = ()) -> Source:
    """Everything in ``folder``, checked. Raises ``InputError`` for the first thing that is wrong.

    ``standing``: the units of the tree, to which the successions of a folder's first list refer.
    """
    if not folder.is_dir():
        raise InputError(str(folder), None, gettext_noop("there is no such folder"))
    levels = tuple(_levels(_own_or_project(folder, "levels.csv")))
    types = tuple(_types(_own_or_project(folder, "types.csv"), {level.key for level in levels}))
    files: dict[dt.date, Path] = {}
    for path in sorted(folder.glob("units-*.csv")):
        day = _day(path)
        if day in files:
            raise InputError(path.name, None, gettext_noop("%(other)s is for the same day"), other=files[day].name)
        files[day] = path
    if not files:
        raise InputError(str(folder), None, gettext_noop("no list of units (units-….csv) in this folder"))
    lists: list[UnitListFile] = []
    for day in sorted(files):
        before = lists[-1] if lists else None
        old = before.units if before else standing
        lists.append(_read_list(files[day], day, levels, types, old))
    _refuse_stray_successions(folder, lists)
    return Source(levels, types, tuple(lists))


def _own_or_project(folder: Path, name: str) -> Path:
    return folder / name if (folder / name).exists() else PROJECT_DATA / name


def _day(path: Path) -> dt.date:
    match = _LIST_NAME.fullmatch(path.name)
    text = match.group(1) if match else ""
    try:
        return _DAY_OF.get(text) or dt.date.fromisoformat(text)
    except ValueError:
        reason = gettext_noop("the name does not say for which day the list is true (units-YYYY-MM-DD.csv)")
        raise InputError(path.name, None, reason) from None


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """(row number, cleaned cells) for each row that is not blank."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        raise InputError(path.name, row, gettext_noop("the file is not in UTF-8")) from None
    if "\x00" in text:
        row = text[: text.index("\x00")].count("\n") + 1
        raise InputError(path.name, row, gettext_noop("the file is not in UTF-8"))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [clean(cell) for cell in next(reader, [])]
        for column in columns:
            if column not in header:
                raise InputError(path.name, 1, gettext_noop("the column “%(column)s” is missing"), column=column)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                reason = gettext_noop("%(found)d cells where the header has %(expected)d")
                raise InputError(path.name, reader.line_num, reason, found=len(cells), expected=len(header))
            yield reader.line_num, dict(zip(header, map(clean, cells), strict=True))
    except csv.Error:
        raise InputError(path.name, reader.line_num, gettext_noop("the row is not valid CSV")) from None


def _levels(path: Path) -> Iterator[LevelRow]:
    for row, cells in _rows(path, ("key", "rank", "name", "code_length")):
        if not (cells["rank"].isdecimal() and cells["code_length"].isdecimal()):
            raise InputError(path.name, row, gettext_noop("rank and code_length must be numbers"))
        yield LevelRow(cells["key"], int(cells["rank"]), cells["name"], int(cells["code_length"]))


def _types(path: Path, levels: set[str]) -> Iterator[TypeRow]:
    for row, cells in _rows(path, ("level", "key", "name")):
        if cells["level"] not in levels:
            raise InputError(path.name, row, gettext_noop("unknown level “%(level)s”"), level=cells["level"])
        yield TypeRow(cells["level"], cells["key"], cells["name"])


def _read_list(
    path: Path,
    day: dt.date,
    levels: tuple[LevelRow, ...],
    types: tuple[TypeRow, ...],
    before: Collection[Key],
) -> UnitListFile:
    by_key = {level.key: level for level in levels}
    known_types = {(kind.level, kind.name) for kind in types}
    raw: dict[Key, tuple[int, dict[str, str]]] = {}
    for row, cells in _rows(path, UNIT_COLUMNS):
        _check_row(path, row, cells, by_key, known_types)
        key = (cells["level"], cells["code"])
        if key in raw:
            reason = gettext_noop("the code %(code)s stands in row %(other)d already")
            raise InputError(path.name, row, reason, code=cells["code"], other=raw[key][0])
        raw[key] = (row, cells)
    if not raw:
        raise InputError(path.name, None, gettext_noop("the list is empty"))
    units = {
        key: UnitRow(
            level=key[0],
            code=key[1],
            parent=_parent(path, row, cells, raw, levels),
            name=cells["name"],
            short_name=cells["name"][len(cells["type"]) :].strip(),
            type=cells["type"],
            row=row,
        )
        for key, (row, cells) in raw.items()
    }
    digest = hashlib.sha256(path.read_bytes())
    successions = path.with_name(f"successions-{day}.csv")
    links = None
    if successions.exists() and before:
        links = tuple(_links(successions, before, units))
        digest.update(successions.read_bytes())
    return UnitListFile(day, path.name, digest.hexdigest(), units, links)


def _check_row(
    path: Path, row: int, cells: dict[str, str], levels: dict[str, LevelRow], types: set[tuple[str, str]]
) -> None:
    level = levels.get(cells["level"])
    # The root stands in no list.
    if level is None or not level.code_length:
        raise InputError(path.name, row, gettext_noop("unknown level “%(level)s”"), level=cells["level"])
    code = cells["code"]
    if not (code.isascii() and code.isdecimal() and len(code) == level.code_length):
        reason = gettext_noop("the code “%(code)s” does not have %(length)d digits")
        raise InputError(path.name, row, reason, code=code, length=level.code_length)
    if (cells["level"], cells["type"]) not in types:
        raise InputError(path.name, row, gettext_noop("unknown type “%(type)s”"), type=cells["type"])
    name = cells["name"]
    if "\ufffd" in name or len(name) > 150:
        raise InputError(path.name, row, gettext_noop("the name “%(name)s” cannot be read"), name=name[:40])
    if not name.lower().startswith(cells["type"] + " "):
        reason = gettext_noop("the name “%(name)s” does not begin with its type “%(type)s”")
        raise InputError(path.name, row, reason, name=name, type=cells["type"])


def _parent(
    path: Path,
    row: int,
    cells: dict[str, str],
    units: dict[Key, tuple[int, dict[str, str]]],
    levels: tuple[LevelRow, ...],
) -> Key | None:
    """The key of the parent: the nearest level above that has its code; None below the root."""
    code = cells["parent_code"]
    ranks = {level.key: level.rank for level in levels}
    above = [level.key for level in reversed(levels) if level.rank < ranks[cells["level"]] and level.code_length]
    if not code and not above:
        return None
    for level in above:
        if (level, code) in units:
            return (level, code)
    if not code:
        raise InputError(path.name, row, gettext_noop("the code of the parent is missing"))
    reason = gettext_noop("the parent %(parent)s of the unit %(code)s is not in the list")
    raise InputError(path.name, row, reason, parent=code, code=cells["code"])


def _links(path: Path, old_units: Collection[Key], new_units: Collection[Key]) -> Iterator[Link]:
    told: dict[tuple[Key, Key], int] = {}
    shares: dict[Key, str] = {}
    for row, cells in _rows(path, SUCCESSION_COLUMNS):
        old = (cells["level"], cells["old_code"])
        new = (cells["level"], cells["new_code"])
        for key, units in ((old, old_units), (new, new_units)):
            if key not in units:
                reason = gettext_noop("the unit %(code)s is not in the list it should be in")
                raise InputError(path.name, row, reason, code=key[1])
        if cells["share"] not in ("whole", "part"):
            reason = gettext_noop("the share must be “whole” or “part”, not “%(share)s”")
            raise InputError(path.name, row, reason, share=cells["share"])
        if (old, new) in told:
            reason = gettext_noop("the code %(code)s stands in row %(other)d already")
            raise InputError(path.name, row, reason, code=old[1], other=told[old, new])
        if old in shares and "whole" in (shares[old], cells["share"]):
            reason = gettext_noop("the unit %(code)s goes whole into one unit and also into another")
            raise InputError(path.name, row, reason, code=old[1])
        told[old, new] = row
        shares[old] = cells["share"]
        yield Link(old, new, cells["share"])


def _refuse_stray_successions(folder: Path, lists: list[UnitListFile]) -> None:
    """A file of successions that belongs to no pair of lists would be silently unread."""
    used = {f"successions-{entry.as_of}.csv" for entry in lists if entry.links is not None}
    for path in sorted(folder.glob("successions-*.csv")):
        if path.name not in used:
            raise InputError(path.name, None, gettext_noop("there is no pair of lists that it stands between"))
