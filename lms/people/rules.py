"""What a row says, whose row it is, what it would change. No database."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lms.accounts import phones
from lms.core import text
from lms.core.cells import restored
from lms.core.facebook import NotAPageAddressError, page_address
from lms.fanpages import rules as pages
from lms.people.enums import Outcome, Refusal, Remark
from lms.people.formats import unitnames
from lms.people.formats.tables import Cell, Group, Row
from lms.people.formats.workbooks import shown

LIMITS = {"position": 150, "unit": 300, "email": 254, "phone": 60, "born": 30, "starts_on": 30, "page_duty": 60,
          "page": 300, "post_kind": 30, "is_acting": 30, "last_day": 30, "decision": 100}  # fmt: skip
# As the drop-down of the template has them, and as people shorten them. "" is the key of "no duty".
DUTIES = {"officer": "Phụ trách Trang", "team": "Thành viên Tổ quản trị Trang", "": "Không"}
_DUTY_WORDS = {
    **{text.fold(words): key for key, words in DUTIES.items()},
    "phu trach": "officer", "can bo phu trach trang cong dong": "officer", "phu trach trang cong dong": "officer",
    "phu trach fanpage": "officer", "quan tri trang": "officer", "quan tri fanpage": "officer", "admin": "officer",
    "thanh vien": "team", "thanh vien to quan tri": "team", "to quan tri": "team", "to pho": "team",
    "to truong": "team",
    "khong phu trach": "",
}  # fmt: skip
# In a cell of these: what stands there until now is no longer so. An empty cell says nothing.
CLEARING = "xóa"
CLEARED = ("email", "last_day", "decision")
# As the drop-down of the template has them.
PAGES = {pages.YES: "Có", pages.NO: "Chưa", pages.UNKNOWN: "Chưa rõ"}
_PAGE_WORDS = {
    **dict.fromkeys(("co", "co roi", "da co", "da lap", "da thanh lap", "da co trang", "x", "v", "✓", "✔"), pages.YES),
    **dict.fromkeys(("chua", "chua co", "chua lap", "chua thanh lap", "khong", "khong co", "chua co trang"), pages.NO),
    **dict.fromkeys(("chua ro", "khong ro", "chua biet", "?", "-"), pages.UNKNOWN),
}  # fmt: skip
MAIN, FURTHER = "main", "further"
# As the drop-down of the template has them.
KINDS = {MAIN: "Chính", FURTHER: "Kiêm nhiệm"}
_KIND_WORDS = {
    **dict.fromkeys(("chinh", "chuc vu chinh"), MAIN),
    **dict.fromkeys(("kiem nhiem", "kiem", "chuc vu kiem nhiem", "kn"), FURTHER),
}
ACTING = {True: "Có", False: "Không"}
_ACTING_WORDS = {
    **dict.fromkeys(("co", "x", "v", "✓", "✔", "q", "q.", "quyen", "phu trach", "quyen, phu trach", "giao quyen",
                     "giao phu trach", "tam quyen"), True),
    **dict.fromkeys(("khong", "-", "chinh thuc"), False),
}  # fmt: skip
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_DATE = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{2}|\d{4})")
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?E\+?(\d{1,2})", re.IGNORECASE)
_PHONES_APART = re.compile(r"\s*[/;,|]\s*|\s+[-–]\s+|\s+(?:hoặc|và|or)\s+")
_PHONE_WITHIN = re.compile(r"(?<!\d)(?:\+?84|0)[\d .-]{7,12}\d(?!\d)|(?<!\d)0\d{9}(?!\d)")
_EXCEL_EPOCH = dt.date(1899, 12, 30)


@dataclass(frozen=True)
class Problem:
    key: Refusal
    words: dict[str, Any] = field(default_factory=dict)


class RowRefusedError(Exception):
    def __init__(self, key: Refusal, **words: Any) -> None:
        self.problem = Problem(key, words)
        super().__init__(key.value)


class DoubtError(RowRefusedError):
    """Only a person can say: ``candidates`` are accounts, or units where ``unit_key`` names the doubtful text."""

    def __init__(self, problem: Problem, candidates: Iterable[int], unit_key: str = "") -> None:
        super().__init__(problem.key, **problem.words)
        self.candidates = tuple(candidates)
        self.unit_key = unit_key


@dataclass(frozen=True)
class Entry:
    """A row as understood. ``page_duty`` None: the row says nothing; ``starts_on`` None: from the day it is written.

    ``page_status`` "": the row says nothing of the unit's page. ``remarks``: what was not understood as written.
    ``kind``: MAIN, FURTHER, or "" where the row does not say and so means the main post. ``is_acting`` and ``last_day``
    None, ``decision`` "": the row says nothing. ``clears``: of CLEARED, what the row says there is none of.
    """

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
    page_status: str = ""
    page_url: str = ""
    sheet: str = ""
    groups: tuple[Group, ...] = ()
    remarks: tuple[tuple[Remark, dict[str, Any]], ...] = ()
    kind: str = ""
    is_acting: bool | None = None
    last_day: dt.date | None = None
    decision: str = ""
    clears: frozenset[str] = frozenset()

    @property
    def is_further(self) -> bool:
        return self.kind == FURTHER


@dataclass(frozen=True)
class Post:
    """An appointment that holds when the row would begin. ``last_day`` None: until further notice."""

    pk: int
    unit_id: int
    unit_name: str
    position: str
    page_duty: str
    starts_on: dt.date
    is_acting: bool = False
    last_day: dt.date | None = None
    decision: str = ""


@dataclass(frozen=True)
class Known:
    """An account that a row may mean. ``placed``: serves somewhere at present. ``aliases``: phones and e-mails of
    accounts that were united with this one. ``post``: the primary appointment, ``further``: the others; ``next_main``:
    when a later primary one begins.
    """

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
    aliases: frozenset[str] = frozenset()
    further: tuple[Post, ...] = ()
    next_main: dt.date | None = None


@dataclass(frozen=True)
class Decision:
    outcome: Outcome
    person: int | None = None
    changes: dict[str, list[str]] = field(default_factory=dict)
    problem: Problem | None = None
    candidates: tuple[int, ...] = ()
    unit_key: str = ""

    @property
    def touches_sign_in(self) -> bool:
        return bool({"full_name", "phone", "email"} & set(self.changes))


def refused(problem: Problem) -> Decision:
    return Decision(Outcome.REFUSED, problem=problem)


def doubtful(doubt: DoubtError) -> Decision:
    return Decision(Outcome.CONFLICT, problem=doubt.problem, candidates=doubt.candidates, unit_key=doubt.unit_key)


# --- Reading a row ----------------------------------------------------------------------------------


def read_row(row: Row, today: dt.date) -> tuple[Entry, Problem | None]:
    """``read_entry`` of a row of a file; a cell that is wrong in itself (a formula, merged) is told first."""
    entry, problem = read_entry(row.number, row.cells, today)
    fault = next(iter(row.faults.values()), None)
    problem = Problem(Refusal(fault[0]), dict(fault[1])) if fault else problem
    return replace(entry, sheet=row.sheet, groups=row.groups), problem


def read_entry(number: int, cells: dict[str, Cell], today: dt.date) -> tuple[Entry, Problem | None]:
    """The row with whatever of it can be understood, and the first thing that cannot."""
    values: dict[str, Any] = {}
    remarks: list[tuple[Remark, dict[str, Any]]] = []
    problem: Problem | None = None
    cells = _position_and_unit(cells)
    cleared, cells = _parted_by_clearing(cells)
    for column, reader in _READERS.items():
        try:
            values.update(reader(_text(column, cells.get(column)), cells.get(column), today))
        except RowRefusedError as error:
            problem = problem or error.problem
        remarks += values.pop("remarks", [])
    values["clears"] = cleared
    entry = Entry(number=number, **values, remarks=tuple(remarks))
    return entry, problem or _missing(entry, today)


def is_clearing(cell: Cell) -> bool:
    """ "xóa", "Xoá", "(XÓA)": nothing more stands in the cell."""
    return isinstance(cell, str) and len(cell) < 20 and text.fold(cell).strip(" .:;()[]\"'“”") == text.fold(CLEARING)


def _parted_by_clearing(cells: Mapping[str, Cell]) -> tuple[frozenset[str], dict[str, Cell]]:
    """The columns in which the mark stands, and the cells without it."""
    cleared = frozenset(column for column in CLEARED if is_clearing(cells.get(column)))
    return cleared, {column: cell for column, cell in cells.items() if column not in cleared}


def original(cells: dict[str, Cell]) -> dict[str, str]:
    """The cells as they were written, for whoever has to mend them."""
    parted = _position_and_unit(cells)
    return {column: shown(parted.get(column))[:300] for column in COLUMN_WORDS if shown(parted.get(column))}


def _position_and_unit(cells: dict[str, Cell]) -> dict[str, Cell]:
    """A column "Chức vụ, đơn vị" as the two that it is."""
    if "position_unit" not in cells:
        return cells
    position, unit = unitnames.parted(shown(cells["position_unit"])[:1000])
    return {
        **cells,
        "position": cells.get("position") or position,
        "unit": cells.get("unit") or unit,
    }


# What a row says of its post beyond the columns that a staged row has fields for.
_OF_POST = ("post_kind", "is_acting", "last_day", "decision")


def kept_cells(cells: Mapping[str, Cell]) -> dict[str, str]:
    """The cells that a staged row keeps as they were written, for ``said_of_post`` to read again."""
    kept = [*_OF_POST, *(["email"] if is_clearing(cells.get("email")) else [])]
    return {column: written for column in kept if (written := shown(cells.get(column))[:300])}


def said_of_post(kept: Mapping[str, Cell]) -> dict[str, Any]:
    """Fields of Entry from kept cells; a cell that is wrong in itself says nothing (its row was refused)."""
    cleared, kept = _parted_by_clearing(kept)
    values: dict[str, Any] = {"clears": cleared}
    for column in _OF_POST:
        try:
            values |= _READERS[column](_text(column, kept.get(column)), kept.get(column), dt.date.max)
        except RowRefusedError:
            continue
    return values


def _missing(entry: Entry, today: dt.date) -> Problem | None:
    if entry.last_day and entry.last_day < (entry.starts_on or today):
        key = Refusal.LAST_DAY_BEFORE if entry.starts_on else Refusal.LAST_DAY_OVER
        return Problem(key, {"day": f"{entry.last_day:%d/%m/%Y}"})
    if entry.last_day and entry.last_day < today:
        return Problem(Refusal.LAST_DAY_OVER, {"day": f"{entry.last_day:%d/%m/%Y}"})
    if not (entry.phone or entry.email or entry.born_on or entry.birth_year):
        return Problem(Refusal.NOTHING_TO_TELL_APART)
    return None


def _text(column: str, cell: Cell) -> str:
    """A cell as clean text: no control or format characters, NFC. A number loses the ".0" that Excel gives it."""
    if cell is None or isinstance(cell, dt.date):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    raw = restored(str(cell))
    limit = LIMITS.get(column, 1000)
    if len(raw) > 10 * limit:
        raise RowRefusedError(Refusal.CELL_TOO_LONG, column=COLUMN_WORDS[column], limit=limit)
    # White space first: a line break inside a cell parts two words.
    spaced = raw
    if not raw.isprintable():
        spaced = re.sub(r"\s", " ", raw)
        spaced = "".join(char for char in spaced if unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs"))
    cleaned = text.clean(spaced)
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
    """The number, or the first mobile of several."""
    short = _SCIENTIFIC.fullmatch(written)
    if short:
        # "9.12E+08" has lost its digits; "9.12345678E+08" has all of them.
        if len(short[2] or "") < int(short[3]) or int(short[3]) > 12:
            raise RowRefusedError(Refusal.CUT_PHONE, value=written)
        written = f"{short[1]}{short[2]}"[: int(short[3]) + 1]
    if not written:
        return {"phone": ""}
    for piece in [written, *_PHONES_APART.split(written), *_PHONE_WITHIN.findall(written)]:
        try:
            return {"phone": phones.parse(piece), "remarks": _remarks_on_phone(written, piece, phones.parse(piece))}
        except phones.NotAPhoneError:
            continue
    raise RowRefusedError(Refusal.BAD_PHONE, value=written)


def _remarks_on_phone(written: str, piece: str, phone: str) -> list[tuple[Remark, dict[str, Any]]]:
    remarks: list[tuple[Remark, dict[str, Any]]] = []
    if sum(char.isdigit() for char in written) > sum(char.isdigit() for char in piece):
        remarks.append((Remark.FIRST_PHONE, {"value": written}))
    if not re.sub(r"\D", "", unicodedata.normalize("NFKC", piece)).endswith(phone[3:]):
        remarks.append((Remark.OLD_PHONE, {"value": piece.strip(), "phone": phones.display(phone)}))
    return remarks


def _email(written: str, cell: Cell, today: dt.date) -> dict[str, Any]:
    address = written.lower()
    if address and not _EMAIL.fullmatch(address):
        raise RowRefusedError(Refusal.BAD_EMAIL, value=written)
    return {"email": address}


def _born(written: str, cell: Cell, today: dt.date) -> dict[str, Any]:
    """A day, or a year alone: "1985", "năm 1985", "8/1985", and a year that Excel shows as a day of 1905."""
    alone = re.fullmatch(r"(?:(?:năm|sn|sinh năm)\W*|\d{1,2}[/.\-])?((?:19|20)\d\d)\.?", written.casefold())
    serial = (cell - _EXCEL_EPOCH).days if isinstance(cell, dt.date) else 0
    if alone or today.year - 100 <= serial <= today.year:
        year, day = int(alone[1]) if alone else serial, None
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


def _kind(written: str, cell: Cell, today: dt.date) -> dict[str, Any]:
    kind = _KIND_WORDS.get(text.fold(written).strip(" .:;")) if written else ""
    if kind is None:
        raise RowRefusedError(Refusal.BAD_KIND, value=written)
    return {"kind": kind}


def _acting(written: str, cell: Cell, today: dt.date) -> dict[str, Any]:
    if not written:
        return {"is_acting": None}
    is_acting = _ACTING_WORDS.get(text.fold(written))
    if is_acting is None:
        raise RowRefusedError(Refusal.BAD_ACTING, value=written)
    return {"is_acting": is_acting}


def _last_day(written: str, cell: Cell, today: dt.date) -> dict[str, Any]:
    day = _day("last_day", written, cell)
    if day and not 1990 <= day.year <= 2100:
        raise RowRefusedError(Refusal.BAD_DATE, value=f"{day:%d/%m/%Y}", column=COLUMN_WORDS["last_day"])
    return {"last_day": day}


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
    key = "" if is_clearing(written) else _DUTY_WORDS.get(text.fold(written))
    if key is None:
        raise RowRefusedError(Refusal.BAD_DUTY, value=written)
    return {"page_duty": key}


def _page(written: str, cell: Cell, today: dt.date) -> dict[str, Any]:
    """ "có", "x", "chưa", "chưa rõ" or the address of the page."""
    if not written:
        return {"page_status": "", "page_url": ""}
    status = _PAGE_WORDS.get(text.fold(written).strip(" .,;:"))
    if status:
        return {"page_status": status, "page_url": ""}
    if not re.search(r"[./@]\w", written):
        raise RowRefusedError(Refusal.BAD_PAGE, value=written)
    try:
        return {"page_status": pages.YES, "page_url": page_address(written).url}
    except NotAPageAddressError as error:
        raise RowRefusedError(Refusal.BAD_PAGE_ADDRESS, value=written, reason=error.reason.value) from error


_READERS: dict[str, Callable[[str, Cell, dt.date], dict[str, Any]]] = {
    "full_name": _name,
    "born": _born,
    "phone": _phone,
    "email": _email,
    "position": lambda written, cell, today: {"position": written},
    "page_duty": _duty,
    "unit": lambda written, cell, today: {"unit": written},
    "starts_on": _starts,
    "page": _page,
    "post_kind": _kind,
    "is_acting": _acting,
    "last_day": _last_day,
    "decision": lambda written, cell, today: {"decision": written},
}
# The heads of the template: data of our format, the same in every language.
COLUMN_WORDS = {
    "full_name": "Họ và tên", "born": "Ngày sinh", "phone": "Điện thoại", "email": "Email", "position": "Chức vụ",
    "page_duty": "Nhiệm vụ Trang", "unit": "Đơn vị", "starts_on": "Từ ngày",
    "page": "Trang cộng đồng", "post_kind": "Loại chức vụ", "is_acting": "Quyền, phụ trách", "last_day": "Đến ngày",
    "decision": "Số quyết định",
}  # fmt: skip


_DATES = ("born", "starts_on", "last_day")
# So many days that may be read both ways, and none that may not, are no chance.
_DOUBTFUL_FROM = 3


@dataclass
class DateOrder:
    """How the days of one column are written: how many can only be month/day, only day/month, or are either; a sample
    (row, as written) of the first and of the last kind.
    """

    month_first: int = 0
    day_first: int = 0
    either: int = 0
    wrong: tuple[int, str] = (0, "")
    sample: tuple[int, str] = (0, "")

    def look_at(self, number: int, written: str) -> None:
        found = _DATE.fullmatch(written.strip())
        if not found:
            return
        first, second = int(found[1]), int(found[2])
        if second > 12 >= first:
            self.month_first += 1
            self.wrong = self.wrong if self.wrong[0] else (number, written.strip())
        elif first > 12:
            self.day_first += 1
        elif first != second:
            self.either += 1
            self.sample = self.sample if self.sample[0] else (number, written.strip())

    @property
    def is_doubtful(self) -> bool:
        if self.month_first:  # one among many of the other kind is a slip of the pen
            return self.month_first >= self.day_first
        return not self.day_first and self.either >= _DOUBTFUL_FROM


class DateOrders:
    """Every column of days of a file. We read day/month always, and say where that may be wrong."""

    def __init__(self) -> None:
        self.columns = {column: DateOrder() for column in _DATES}

    def look_at(self, row: Row) -> None:
        for column, order in self.columns.items():
            cell = row.cells.get(column)
            if isinstance(cell, str):
                order.look_at(row.number, cell[: LIMITS[column]])

    def told(self) -> list[list[Any]]:
        """Of the doubtful ones: column, numbers of cells (month first, either), samples as (row, as written)."""
        return [
            [column, order.month_first, order.either, list(order.wrong), list(order.sample)]
            for column, order in self.columns.items()
            if order.is_doubtful
        ]


def spans(numbers: list[int]) -> str:
    """ "7, 12–15": row numbers, in the order of the file."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs)


# --- Whose row it is --------------------------------------------------------------------------------

Identity = tuple[str, dt.date | None, int | None, int]


def identity(entry: Entry, unit_id: int) -> Identity | None:
    """Name, birth and unit, exactly as written; None where the row gives no birth: a name alone merges nobody."""
    if not (entry.born_on or entry.birth_year):
        return None
    return entry.full_name, entry.born_on, entry.birth_year, unit_id


def folded(entry: Entry) -> str:
    """The name without marks, to look for whom it may mean."""
    return text.fold(entry.full_name)


def match(
    entry: Entry,
    by_phone: Known | None,
    by_email: Known | None,
    alike: Sequence[Known] = (),
    elsewhere: Sequence[Known] = (),
) -> Known | None:
    """The account that the row means: by phone, then e-mail, then exactly the same name, birth and unit; None for
    somebody new. Raises RowRefusedError, and DoubtError where only a person can say.

    ``alike`` serve in the unit of the row, ``elsewhere`` in others; all have the row's name, marks aside. Of an account
    outside the importer's units nothing is told, not even the name.
    """
    found = by_phone or by_email
    if by_phone and by_email and by_phone.pk != by_email.pk:
        if not (by_phone.in_scope and by_email.in_scope):
            raise RowRefusedError(Refusal.BEYOND_SCOPE)
        raise DoubtError(Problem(Refusal.TWO_PEOPLE), (by_phone.pk, by_email.pk))
    if found is None:
        return _by_name(entry, [known for known in alike if known.in_scope], elsewhere)
    same_name = text.fold(found.full_name) == text.fold(entry.full_name)
    if not found.in_scope and (found.placed or not same_name):
        raise RowRefusedError(Refusal.BEYOND_SCOPE)
    if not same_name:
        raise DoubtError(Problem(Refusal.OTHER_NAME, {"name": found.full_name}), (found.pk,))
    return checked(found)


def checked(found: Known) -> Known:
    if not found.is_active:
        raise RowRefusedError(Refusal.INACTIVE, name=found.full_name)
    return found


def _by_name(entry: Entry, alike: Sequence[Known], elsewhere: Sequence[Known]) -> Known | None:
    exact = [known for known in alike if known.full_name == entry.full_name and _born_the_same(entry, known)]
    if len(exact) > 1:
        raise DoubtError(Problem(Refusal.SEVERAL), [known.pk for known in exact])
    if exact:
        if _is_reached_otherwise(entry, exact[0]):
            raise DoubtError(Problem(Refusal.OTHER_CONTACT), (exact[0].pk,))
        return checked(exact[0])
    maybe = [known.pk for known in alike if known.is_active and _may_be(entry, known)]
    if maybe:
        raise DoubtError(Problem(Refusal.LOOKS_LIKE), maybe)
    moved = [
        known.pk
        for known in elsewhere
        if known.in_scope and known.is_active and entry.born_on == known.born_on and _spelled_alike(entry, known)
    ]
    if moved:
        raise DoubtError(Problem(Refusal.ELSEWHERE), moved)
    return None


def _year(known: Known) -> int | None:
    return known.born_on.year if known.born_on else known.birth_year


def _born_the_same(entry: Entry, known: Known) -> bool:
    if entry.born_on:
        return entry.born_on == known.born_on
    return entry.birth_year is not None and entry.birth_year == _year(known)


def _may_be(entry: Entry, known: Known) -> bool:
    """The same year as far as both are known; where one is not, the name must be the same to its last mark."""
    if entry.born_on and known.born_on:
        return entry.born_on == known.born_on
    if entry.birth_year and _year(known):
        return entry.birth_year == _year(known)
    return _spelled_alike(entry, known)


def _spelled_alike(entry: Entry, known: Known) -> bool:
    return unitnames.spelled(entry.full_name) == unitnames.spelled(known.full_name)


def _is_reached_otherwise(entry: Entry, known: Known) -> bool:
    other_phone = entry.phone and known.phone and entry.phone not in (known.phone, *known.aliases)
    other_email = entry.email and known.email and entry.email not in (known.email.lower(), *known.aliases)
    return bool(other_phone or other_email)


def without_contacts(entry: Entry, taken: Iterable[str]) -> Entry:
    """The row without phones and e-mails that belong to other accounts, and with a remark on each."""
    others = set(taken)
    lost = [value for value in (entry.phone, entry.email) if value in others]
    if not lost:
        return entry
    remarks = [
        (Remark.OF_ANOTHER, {"value": phones.display(value) if value == entry.phone else value}) for value in lost
    ]
    return replace(
        entry,
        phone="" if entry.phone in others else entry.phone,
        email="" if entry.email in others else entry.email,
        remarks=(*entry.remarks, *remarks),
    )


# --- What it would change ---------------------------------------------------------------------------


def decide(
    entry: Entry, unit_id: int, unit_name: str, known: Known | None, today: dt.date, page: list[str] | None = None
) -> Decision:
    """New, moved to another unit, changed (field → old and new, as shown), unchanged or refused. An empty cell changes
    nothing.

    ``page``: what the row changes of the unit's page, as ``page_change`` tells it.
    """
    of_page = {"page": page} if page else {}
    if known is None:
        return refused(Problem(Refusal.NO_POSITION)) if not entry.position else Decision(Outcome.NEW, changes=of_page)
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
        changes.update(_changes_of_post(entry, post))
        overlap = _overlap(entry, known, changes)
        if overlap:
            return refused(overlap)
    changes.update(of_page)
    outcome = Outcome.MOVED if post and "unit" in changes else Outcome.CHANGED if changes else Outcome.UNCHANGED
    return Decision(outcome, known.pk, changes)


def _overlap(entry: Entry, known: Known, changes: Mapping[str, object]) -> Problem | None:
    """Nobody has two main posts on one day: the present one cannot be made to last into the next."""
    later = known.next_main
    if "last_day" not in changes or "unit" in changes or later is None:
        return None
    is_over = entry.last_day is not None and entry.last_day < later
    return None if is_over else Problem(Refusal.LATER_MAIN, {"day": f"{later:%d/%m/%Y}"})


def decide_further(
    entry: Entry, unit_id: int, unit_name: str, known: Known | None, page: list[str] | None = None
) -> Decision:
    """What becomes of a row of a further post: one more beside the others, changed, unchanged or refused. ``known``
    None: of somebody whom a row above will make. The account itself is changed by the row of the main post only.
    """
    of_page = {"page": page} if page else {}
    if not entry.position:
        return refused(Problem(Refusal.NO_POSITION))
    post = further_post(entry, unit_id, known) if known else None
    if post is None and known and known.post and (known.post.unit_id, known.post.position) == (unit_id, entry.position):
        return refused(Problem(Refusal.IS_MAIN))
    if post is None:
        changes = {"further": ["", f"{entry.position}, {unit_name}"]} | of_page
        return Decision(Outcome.CHANGED, known.pk if known else None, changes)
    changes = {"position": [post.position, entry.position]} if entry.position != post.position else {}
    changes |= _changes_of_post(entry, post) | of_page
    return Decision(Outcome.CHANGED if changes else Outcome.UNCHANGED, known.pk if known else None, changes)


def further_post(entry: Entry, unit_id: int, known: Known) -> Post | None:
    """The further post of the person that a row means: the same position in that unit, or one that began on the very
    day that the row gives and so is only spelled otherwise.
    """
    there = [post for post in known.further if post.unit_id == unit_id]
    same = [post for post in there if post.position == entry.position]
    began = [post for post in same or there if post.starts_on == entry.starts_on]
    return next(iter(began or same), None)


def _changes_of_post(entry: Entry, post: Post) -> dict[str, list[str]]:
    """What a row says otherwise of the very post that it names, new "" for what there is none of any more; the
    position aside.
    """
    changes: dict[str, list[str]] = {}
    if entry.page_duty is not None and entry.page_duty != post.page_duty:
        changes["page_duty"] = [DUTIES.get(post.page_duty, ""), DUTIES[entry.page_duty]]
    if entry.is_acting is not None and entry.is_acting != post.is_acting:
        changes["is_acting"] = [ACTING[post.is_acting], ACTING[entry.is_acting]]
    if entry.last_day and entry.last_day != post.last_day:
        changes["last_day"] = [f"{post.last_day:%d/%m/%Y}" if post.last_day else "", f"{entry.last_day:%d/%m/%Y}"]
    if entry.decision and entry.decision != post.decision:
        changes["decision"] = [post.decision, entry.decision]
    if "last_day" in entry.clears and post.last_day:
        changes["last_day"] = [f"{post.last_day:%d/%m/%Y}", ""]
    if "decision" in entry.clears and post.decision:
        changes["decision"] = [post.decision, ""]
    return changes


def page_change(entry: Entry, stands: pages.Statement) -> tuple[list[str] | None, pages.Statement]:
    """What the row changes of the unit's page, [old, new] as shown, and what stands then. None: nothing."""
    if not entry.page_status:
        return None, stands
    told = pages.completed(pages.statement(entry.page_status, entry.page_url), stands)
    if pages.is_same(told, stands):
        return None, stands
    return [page_words(stands), page_words(told)], told


def page_words(told: pages.Statement) -> str:
    return told.url or PAGES[told.status]


def _changes_of_person(entry: Entry, known: Known) -> dict[str, list[str]]:
    changes: dict[str, list[str]] = {}
    if entry.full_name != known.full_name:
        changes["full_name"] = [known.full_name, entry.full_name]
    if entry.phone and entry.phone not in (known.phone, *known.aliases):
        changes["phone"] = [phones.display(known.phone), phones.display(entry.phone)]
    if entry.email and entry.email not in (known.email.lower(), *known.aliases):
        changes["email"] = [known.email, entry.email]
    if "email" in entry.clears and known.email:
        changes["email"] = [known.email, ""]
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
