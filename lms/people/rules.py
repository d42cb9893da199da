"""What a row says, whose row it is, what it would change. No database."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lms.accounts import phones
from lms.core import text
from lms.people.enums import Outcome, Refusal
from lms.people.formats.tables import Cell

LIMITS = {"position": 150, "unit": 300, "email": 254, "phone": 60, "born": 30, "starts_on": 30, "page_duty": 60}
# As the drop-down of the template has them, and as people shorten them. "" is the key of "no duty".
DUTIES = {"officer": "Phụ trách Trang", "team": "Thành viên Tổ quản trị Trang", "": "Không"}
_DUTY_WORDS = {
    **{text.fold(words): key for key, words in DUTIES.items()},
    "phu trach": "officer", "can bo phu trach trang cong dong": "officer", "phu trach trang cong dong": "officer",
    "thanh vien": "team", "thanh vien to quan tri": "team", "to quan tri": "team", "khong phu trach": "",
}  # fmt: skip
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_DATE = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{2}|\d{4})")
_EXCEL_EPOCH = dt.date(1899, 12, 30)


@dataclass(frozen=True)
class Problem:
    key: Refusal
    words: dict[str, Any] = field(default_factory=dict)


class RowRefusedError(Exception):
    def __init__(self, key: Refusal, **words: Any) -> None:
        self.problem = Problem(key, words)
        super().__init__(key.value)


@dataclass(frozen=True)
class Entry:
    """A row as understood. ``page_duty`` None: the row says nothing; ``starts_on`` None: from the day it is written."""

    number: int
    full_name: str = ""
    phone: str = ""
    email: str = ""
    born_on: dt.date | None = None
    birth_year: int | None = None
    position: str = ""
    page_duty: str | None = None
    unit: str = ""
    starts_on: dt.date | None = None


@dataclass(frozen=True)
class Post:
    """The primary appointment that holds when the row would begin."""

    pk: int
    unit_id: int
    unit_name: str
    position: str
    page_duty: str
    starts_on: dt.date


@dataclass(frozen=True)
class Known:
    """An account that a row may mean. ``placed``: serves somewhere at present."""

    pk: int
    full_name: str
    phone: str
    email: str
    born_on: dt.date | None
    birth_year: int | None
    is_active: bool
    in_scope: bool
    placed: bool
    post: Post | None


@dataclass(frozen=True)
class Decision:
    outcome: Outcome
    person: int | None = None
    changes: dict[str, list[str]] = field(default_factory=dict)
    problem: Problem | None = None

    @property
    def touches_sign_in(self) -> bool:
        return bool({"full_name", "phone", "email"} & set(self.changes))


def refused(problem: Problem) -> Decision:
    return Decision(Outcome.REFUSED, problem=problem)


# --- Reading a row ----------------------------------------------------------------------------------


def read_entry(number: int, cells: dict[str, Cell], today: dt.date) -> tuple[Entry, Problem | None]:
    """The row with whatever of it can be understood, and the first thing that cannot."""
    values: dict[str, Any] = {}
    problem: Problem | None = None
    for column, reader in _READERS.items():
        try:
            values.update(reader(_text(column, cells.get(column)), cells.get(column), today))
        except RowRefusedError as error:
            problem = problem or error.problem
    entry = Entry(number=number, **values)
    return entry, problem or _missing(entry)


def _missing(entry: Entry) -> Problem | None:
    if not entry.unit:
        return Problem(Refusal.NO_UNIT)
    if not (entry.phone or entry.email or entry.born_on or entry.birth_year):
        return Problem(Refusal.NOTHING_TO_TELL_APART)
    return None


def _text(column: str, cell: Cell) -> str:
    """A cell as clean text: no control or format characters, NFC. A number loses the ".0" that Excel gives it."""
    if cell is None or isinstance(cell, dt.date):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    raw = str(cell)
    limit = LIMITS.get(column, 1000)
    if len(raw) > 10 * limit:
        raise RowRefusedError(Refusal.CELL_TOO_LONG, column=COLUMN_WORDS[column], limit=limit)
    # White space first: a line break inside a cell parts two words.
    spaced = re.sub(r"\s", " ", raw)
    cleaned = text.clean("".join(char for char in spaced if unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs")))
    if len(cleaned) > limit:
        raise RowRefusedError(Refusal.CELL_TOO_LONG, column=COLUMN_WORDS[column], limit=limit)
    return cleaned


def _name(written: str, cell: Cell, today: dt.date) -> dict[str, Any]:
    if not written:
        raise RowRefusedError(Refusal.NO_NAME)
    # Some keyboards give the Icelandic letter, which looks the same.
    written = written.replace("Ð", "Đ").replace("ð", "đ")
    if len(written) > 100:
        raise RowRefusedError(Refusal.NAME_TOO_LONG)
    odd = next((char for char in written if unicodedata.category(char)[0] not in "LM" and char not in " '’ʼ-."), "")
    if odd or unicodedata.category(written[0])[0] != "L":
        raise RowRefusedError(Refusal.ODD_NAME, char=odd or written[0])
    return {"full_name": written}


def _phone(written: str, cell: Cell, today: dt.date) -> dict[str, Any]:
    try:
        return {"phone": phones.parse(written) if written else ""}
    except phones.NotAPhoneError as error:
        raise RowRefusedError(Refusal.BAD_PHONE, value=written) from error


def _email(written: str, cell: Cell, today: dt.date) -> dict[str, Any]:
    address = written.lower()
    if address and not _EMAIL.fullmatch(address):
        raise RowRefusedError(Refusal.BAD_EMAIL, value=written)
    return {"email": address}


def _born(written: str, cell: Cell, today: dt.date) -> dict[str, Any]:
    if re.fullmatch(r"(19|20)\d\d", written):
        year, day = int(written), None
    else:
        day = _day("born", written, cell)
        year = day.year if day else 0
    if year and not today.year - 100 <= year <= today.year - 15:
        raise RowRefusedError(Refusal.ODD_BIRTH, value=year)
    return {"born_on": day, "birth_year": year or None}


def _starts(written: str, cell: Cell, today: dt.date) -> dict[str, Any]:
    day = _day("starts_on", written, cell)
    if day and not 1990 <= day.year <= today.year + 2:
        raise RowRefusedError(Refusal.BAD_DATE, value=f"{day:%d/%m/%Y}", column=COLUMN_WORDS["starts_on"])
    return {"starts_on": day}


def _day(column: str, written: str, cell: Cell) -> dt.date | None:
    """dd/mm/yyyy in its spellings, an Excel date, a serial number of Excel; never mm/dd."""
    if isinstance(cell, dt.date):
        return cell
    if not written:
        return None
    if re.fullmatch(r"[1-5]\d{4}", written):
        return _EXCEL_EPOCH + dt.timedelta(days=int(written))
    found = _DATE.fullmatch(written)
    if found and len(found[3]) == 2:
        raise RowRefusedError(Refusal.SHORT_YEAR, value=written)
    try:
        return dt.date(int(found[3]), int(found[2]), int(found[1])) if found else dt.date.fromisoformat(written)
    except ValueError as error:
        raise RowRefusedError(Refusal.BAD_DATE, value=written, column=COLUMN_WORDS[column]) from error


def _duty(written: str, cell: Cell, today: dt.date) -> dict[str, Any]:
    if not written:
        return {"page_duty": None}
    key = _DUTY_WORDS.get(text.fold(written))
    if key is None:
        raise RowRefusedError(Refusal.BAD_DUTY, value=written)
    return {"page_duty": key}


_READERS: dict[str, Callable[[str, Cell, dt.date], dict[str, Any]]] = {
    "full_name": _name,
    "born": _born,
    "phone": _phone,
    "email": _email,
    "position": lambda written, cell, today: {"position": written},
    "page_duty": _duty,
    "unit": lambda written, cell, today: {"unit": written},
    "starts_on": _starts,
}
# The heads of the template: data of our format, the same in every language.
COLUMN_WORDS = {
    "full_name": "Họ và tên", "born": "Ngày sinh", "phone": "Điện thoại", "email": "Email", "position": "Chức vụ",
    "page_duty": "Nhiệm vụ Trang", "unit": "Đơn vị", "starts_on": "Từ ngày",
}  # fmt: skip


# --- Whose row it is --------------------------------------------------------------------------------

Identity = tuple[str, dt.date | None, int | None, int]


def identity(entry: Entry, unit_id: int) -> Identity | None:
    """Name, birth and unit, exactly as written; None where the row gives no birth: a name alone merges nobody."""
    if not (entry.born_on or entry.birth_year):
        return None
    return entry.full_name, entry.born_on, entry.birth_year, unit_id


def match(entry: Entry, by_phone: Known | None, by_email: Known | None, by_identity: list[Known]) -> Known | None:
    """The account that the row means: by phone, then e-mail, then name, birth and unit. Raises RowRefusedError."""
    if by_phone and by_email and by_phone.pk != by_email.pk:
        raise RowRefusedError(Refusal.TWO_PEOPLE)
    found = by_phone or by_email
    if found is None:
        if len(by_identity) > 1:
            raise RowRefusedError(Refusal.SEVERAL)
        found = by_identity[0] if by_identity else None
    if found is None:
        return None
    same_name = text.fold(found.full_name) == text.fold(entry.full_name)
    # Of an account outside, not even the name is told.
    if not found.in_scope and (found.placed or not same_name):
        raise RowRefusedError(Refusal.BEYOND_SCOPE)
    if not same_name:
        raise RowRefusedError(Refusal.OTHER_NAME, name=found.full_name)
    if not found.is_active:
        raise RowRefusedError(Refusal.INACTIVE, name=found.full_name)
    return found


# --- What it would change ---------------------------------------------------------------------------


def decide(entry: Entry, unit_id: int, unit_name: str, known: Known | None, today: dt.date) -> Decision:
    """New, changed (field → old and new, as shown), unchanged or refused. An empty cell changes nothing."""
    if known is None:
        return refused(Problem(Refusal.NO_POSITION)) if not entry.position else Decision(Outcome.NEW)
    changes = _changes_of_person(entry, known)
    post = known.post
    if post is None:
        if not entry.position:
            return refused(Problem(Refusal.NO_POSITION))
        changes["unit"] = ["", unit_name]
    else:
        if post.unit_id != unit_id:
            if (entry.starts_on or today) <= post.starts_on:
                return refused(Problem(Refusal.MOVE_TOO_EARLY, {"day": f"{post.starts_on:%d/%m/%Y}"}))
            changes["unit"] = [post.unit_name, unit_name]
        if entry.position and entry.position != post.position:
            changes["position"] = [post.position, entry.position]
        if entry.page_duty is not None and entry.page_duty != post.page_duty:
            changes["page_duty"] = [DUTIES.get(post.page_duty, ""), DUTIES[entry.page_duty]]
    return Decision(Outcome.CHANGED if changes else Outcome.UNCHANGED, known.pk, changes)


def _changes_of_person(entry: Entry, known: Known) -> dict[str, list[str]]:
    changes: dict[str, list[str]] = {}
    if entry.full_name != known.full_name:
        changes["full_name"] = [known.full_name, entry.full_name]
    if entry.phone and entry.phone != known.phone:
        changes["phone"] = [phones.display(known.phone), phones.display(entry.phone)]
    if entry.email and entry.email != known.email.lower():
        changes["email"] = [known.email, entry.email]
    if _birth_is_news(entry, known):
        old = f"{known.born_on:%d/%m/%Y}" if known.born_on else str(known.birth_year or "")
        changes["born"] = [old, f"{entry.born_on:%d/%m/%Y}" if entry.born_on else str(entry.birth_year)]
    return changes


def _birth_is_news(entry: Entry, known: Known) -> bool:
    if entry.born_on:
        return entry.born_on != known.born_on
    # A bare year says nothing against a day in that year.
    year = known.born_on.year if known.born_on else known.birth_year
    return bool(entry.birth_year) and entry.birth_year != year
