"""What the head of a column means, and where the header stands: one row or two, found by its words."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lms.core import text
from lms.people.formats.workbooks import Cell, Line, Sheet, letter, shown

# Meaning → what a head may say, folded, without brackets and punctuation.
_HEADS = {
    "full_name": r"ho (va )?(chu dem )?(va )?ten"
    r"( (can bo|dai bieu|hoc vien|thanh vien|dong chi|nguoi .+|khai sinh|day du))?",
    "name_before": r"ho|ho (va )?(ten )?(dem|lot|chu dem|chu lot)",
    "name_given": r"ten",
    "born": r"(ngay|nam|ngay thang|ngay thang nam|thang nam|ngay thang va nam) sinh|sinh (ngay|nam)",
    "phone": r"(so )?(dien thoai|d t|dt|dtdd|dt dd|sdt|di dong|mobile|phone|tel|zalo|so zalo)"
    r"( (so|di dong|dd|lien he|lien lac|zalo|co zalo|ca nhan|cam tay))*",
    "email": r"(dia chi )?(e ?mail|gmail|mail|hop thu|hom thu|hop thu dien tu|thu dien tu)"
    r"( (cong vu|ca nhan|lien he))*",
    "position": r"(chuc vu|chuc danh)( (chuc vu|chuc danh|hien nay|hien tai|cong tac|chinh quyen|dang|doan the|"
    r"mat tran|trong mat tran|kiem nhiem|dang giu))*",
    "position_unit": r"(chuc vu|chuc danh)( chuc danh| chuc vu)?( va)? (don vi|co quan|noi)( cong tac)?",
    "page_duty": r"nhiem vu( (trang|fanpage|trang cong dong|duoc giao|phan cong|duoc phan cong|quan tri( trang)?))*",
    "unit": r"(ten )?(don vi|co quan|noi|dia phuong|uy ban mttq|ubmttq|mttq)"
    r"( (don vi|co quan|dia phuong|cong tac|lam viec|hien nay|hien tai|xa|phuong|dac khu|xa phuong|xa phuong dac khu))*"
    r"|(ten )?xa( phuong)?( thi tran)?( dac khu)?|phuong xa( thi tran| dac khu)?",
    "unit_above": r"huyen|quan huyen|huyen (thi xa|tx|thi)( thanh pho| tp)?|huyen (quan|tp|thanh pho).*|tinh"
    r"|tinh (thanh pho|tp|thanh)",
    "starts_on": r"tu ngay|ngay bat dau|ngay giu chuc vu",
    # Only as our template says it: "Kiêm nhiệm" of an office's own list may hold anything.
    "post_kind": r"loai chuc vu|chuc vu chinh kiem nhiem",
    "is_acting": r"(giao )?quyen( hoac)? phu trach|quyen chuc vu",
    "last_day": r"den (het )?ngay|ngay (ket thuc|thoi giu chuc vu)",
    "decision": r"(so )?(quyet dinh|qd)( (so|bo nhiem|phan cong|chuan y|cong nhan))*",
    "page": r"((da )?co |dia chi |duong dan |link |url )?"
    r"(trang cong dong|trang fanpage|trang facebook|trang|fanpage|facebook)"
    r"( (cong dong|fanpage|facebook|cua don vi|cua xa|cua mttq|mttq|mat tran|hien co|co chua|chua co))*",
    # Known, and left alone. Numbers of identity papers are not collected.
    "number": r"stt|tt|so tt|so thu tu",
    "sex": r"gioi tinh|gioi|phai|nam nu",
    "male": r"nam",
    "female": r"nu",
    "ethnic": r"dan toc|ton giao|dan toc ton giao|dang vien|trinh do.*|ngay vao dang",
    "id_card": r"(so )?(cccd|cmnd|cmt|cmtnd|can cuoc|can cuoc cong dan|"
    r"the can cuoc|dinh danh|dinh danh ca nhan|ho chieu)( .*)?",
    "note": r"ghi chu|ky nhan|ky ten|chu ky|ly do|dong|trang tinh",
}
_MEANS = {meaning: re.compile(pattern) for meaning, pattern in _HEADS.items()}
_UNREAD = frozenset({"number", "sex", "male", "female", "ethnic", "id_card", "note"})
READ = ("full_name", "born", "phone", "email", "position", "page_duty", "unit", "starts_on", "page", "post_kind",
        "is_acting", "last_day", "decision")  # fmt: skip
# Several columns of these are read together; of any other there may be one.
_MANY = frozenset({"name_before", "name_given", "phone", "unit_above", "born"})
HEADER_WITHIN = 30
_DIGIT = re.compile(r"\d")


def folded(cell: Cell) -> str:
    """ "Họ và tên (*)" → "ho va ten"."""
    bare = re.sub(r"\(.*?\)", " ", text.fold(str(cell or "")[:200])[:100])
    return " ".join(re.sub(r"[^a-z0-9]+", " ", bare).split())


def meaning(cell: Cell, taught: Mapping[str, str]) -> str:
    """What a head means: a key of ``_HEADS``, "" for one that is not known. ``taught``: folded head → meaning, as
    people of the unit have chosen it; "" there: not to be read.
    """
    head = folded(cell)
    if not head:
        return ""
    if head in taught:
        return taught[head] or "note"
    return next((key for key, pattern in _MEANS.items() if pattern.fullmatch(head)), "")


@dataclass(frozen=True)
class Heading:
    """One column: its letter in Excel, its head as written, what it is read as ("" not at all), and whether the head
    is one that we know.
    """

    letter: str
    head: str
    column: str
    known: bool


@dataclass(frozen=True)
class Header:
    """``columns``: place → meaning; ``doubled``: the head of a column that stands there twice."""

    number: int
    height: int
    columns: dict[int, str]
    headings: tuple[Heading, ...]
    doubled: str = ""

    @property
    def has_unit(self) -> bool:
        return bool({"unit", "position_unit"} & set(self.columns.values()))


def find(sheet: Sheet, lines: Sequence[Line], taught: Mapping[str, str]) -> tuple[int, Header] | None:
    """Where among ``lines`` (blank ones left out) the header stands; None if there is none among the first thirty."""
    for position in range(min(len(lines), HEADER_WITHIN)):
        header = at(sheet, lines, position, taught)
        if header:
            return position, header
    return None


def at(sheet: Sheet, lines: Sequence[Line], position: int, taught: Mapping[str, str]) -> Header | None:
    """The header that begins in ``lines[position]``, of one row or of two; None if none begins there."""
    first = lines[position]
    if sum(bool(shown(cell)) for cell in first.cells) < 2:  # a title
        return None
    one = _header(sheet, first, None, taught)
    following = lines[position + 1] if position + 1 < len(lines) else None
    if following and following.number == first.number + 1 and _goes_on(sheet, first, following, taught):
        two = _header(sheet, first, following, taught)
        if two and (not one or len(two.columns) >= len(one.columns)):
            return two
    return one


def is_repeated(line: Line, taught: Mapping[str, str]) -> bool:
    """A row in which every cell is a head: the header again, after a page break."""
    if not taught and any(isinstance(cell, str) and _DIGIT.search(cell) for cell in line.cells):
        return False  # no head that we know holds a digit, and almost every row of a person does
    written = [cell for cell in line.cells if shown(cell)]
    return bool(written) and all(isinstance(cell, str) and meaning(cell, taught) for cell in written)


def is_numbering(line: Line) -> bool:
    """ "(1) (2) (3)", "1 2 3 4" under the header: numbers of the columns."""
    written = [shown(cell).strip("()") for cell in line.cells if shown(cell)]
    return len(written) > 2 and written == [str(number) for number in range(1, len(written) + 1)]


def _goes_on(sheet: Sheet, first: Line, second: Line, taught: Mapping[str, str]) -> bool:
    """Whether ``second`` parts the heads of ``first``: every cell is a head, or lies under a merged one."""
    written = [(place, cell) for place, cell in enumerate(second.cells) if shown(cell)]
    if not written or is_numbering(second):
        return False
    return any(meaning(cell, taught) for _, cell in written) and all(
        meaning(cell, taught) or _over(sheet, first, place)[1] for place, cell in written
    )


def _over(sheet: Sheet, line: Line, place: int) -> tuple[str, bool]:
    """The head over a place, and whether it is merged over several columns."""
    row, start = sheet.merged.get((line.number, place), (line.number, place))
    wide = start != place or sheet.merged.get((line.number, place + 1)) == (row, start)
    head = shown(line.cells[start]) if row == line.number and start < len(line.cells) else ""
    return head, wide and row == line.number


def _header(sheet: Sheet, first: Line, second: Line | None, taught: Mapping[str, str]) -> Header | None:
    columns: dict[int, str] = {}
    headings: list[Heading] = []
    width = max(len(first.cells), len(second.cells) if second else 0)
    upper = ""
    for place in range(width):
        head, is_wide = _over(sheet, first, place)
        below = shown(second.cells[place]) if second and place < len(second.cells) else ""
        if not head and below and not is_wide and not sheet.merged:
            head = upper  # a .csv tells no merged cells: the head to the left goes on
        upper = head or upper
        told = _told(head, below, is_wide, taught)
        if not head and not below:
            continue
        words = f"{head} – {below}" if head and below and meaning(head, taught) else below or head
        column = "" if told in _UNREAD else told
        headings.append(Heading(letter(place), words[:80], column, bool(told)))
        if column:
            columns[place] = column
    return _checked(columns, headings, sheet, first, second)


def _told(head: str, below: str, is_wide: bool, taught: Mapping[str, str]) -> str:
    """The meaning of a head with what stands under it: "Năm sinh" over "Nam | Nữ" is a year of birth."""
    over, under = meaning(head, taught), meaning(below, taught)
    if under in ("male", "female"):
        return "born" if over == "born" else "sex"
    return under or over


def _checked(
    columns: dict[int, str], headings: list[Heading], sheet: Sheet, first: Line, second: Line | None
) -> Header | None:
    found = list(columns.values())
    named = "full_name" in found or {"name_before", "name_given"} <= set(found)
    if not named or len(set(found) - {"name_before", "name_given", "full_name"}) < 1:
        return None
    doubled = ""
    for place, column in columns.items():
        begins = sheet.merged.get((first.number, place), (first.number, place))
        places = {
            sheet.merged.get((first.number, other), (first.number, other))
            for other, meant in columns.items()
            if meant == column
        }
        if len(places) > 1 and column not in _MANY and begins != min(places):
            doubled = shown(first.cells[place]) if place < len(first.cells) else column
    return Header(first.number, 2 if second else 1, columns, tuple(headings), doubled)


def likeliest(sheets: Iterable[tuple[Sheet, Sequence[Line]]], taught: Mapping[str, str]) -> tuple[int, list[str]]:
    """Where no header was found: the row that looks most like one, and the heads seen there. (0, []) for none."""
    best: tuple[int, int, list[str]] = (0, 0, [])
    for _, lines in sheets:
        for line in lines[:HEADER_WITHIN]:
            words = [shown(cell)[:40] for cell in line.cells if isinstance(cell, str) and shown(cell)]
            known = sum(bool(meaning(word, taught)) for word in words)
            if len(words) > 1 and (known, len(words)) > (best[0], len(best[2])):
                best = (known, line.number, words)
    return best[1], best[2][:12]
