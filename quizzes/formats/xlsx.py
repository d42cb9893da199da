"""Excel files of questions: a header row, one question a row. Both ways. Pure.

Lines are the rows that Excel shows. What the cells cannot say travels in a last column for machines (see
formats.keepsake), pictures on a sheet of their own, so that a file that we wrote and nobody changed comes back as it
was; where cells were changed, the cells win.
"""

import base64
import binascii
import datetime as dt
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from lms.core import legacy, text
from quizzes.formats import sheetdraft
from quizzes.formats.item import PICTURE, Item, Problem, Reading, Trouble, UnreadableError, Written
from quizzes.formats.packaging import MAX_QUESTIONS, Archive, refuse
from quizzes.formats.sheetdraft import KINDS, LETTERS, LEVELS, Draft, Fields

NAME = "xlsx"
SUFFIXES = (".xlsx",)
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

SHEET, PICTURES, HELP = "Câu hỏi", "Hình", "Hướng dẫn"
OPTIONS = LETTERS[:8]
HEADS = (
    "Mã", "Loại", "Câu hỏi", *OPTIONS, "Đáp án", "Giải thích", "Mức độ", "Mục tiêu", "Chủ đề", "Thẻ", "Gợi ý",
)  # fmt: skip
_NAMES = ("code", "kind", "stem", *OPTIONS, "key", "reason", "level", "objective", "category", "tags", "hint")
DATA_HEAD = "Dữ liệu máy"
WIDTHS = {"Mã": 14, "Loại": 16, "Câu hỏi": 60, "Giải thích": 40, "Mục tiêu": 20, "Chủ đề": 24, DATA_HEAD: 8}
# Excel's own limit is 32,767 characters a cell.
CELL = 32_000
LONGEST = 40_000
MOST_COLUMNS = 60
HEADER_WITHIN = 30
_MEANINGS: Mapping[str, str] = {
    "ma": "code", "ma cau": "code", "ma cau hoi": "code", "id": "code", "code": "code",
    "loai": "kind", "loai cau": "kind", "loai cau hoi": "kind", "dang": "kind", "dang cau hoi": "kind", "type": "kind",
    "cau hoi": "stem", "noi dung": "stem", "noi dung cau hoi": "stem", "de bai": "stem", "question": "stem",
    "cau dan": "stem",
    "dap an": "key", "dap an dung": "key", "da": "key", "key": "key", "answer": "key", "phuong an dung": "key",
    "giai thich": "reason", "giai thich dap an": "reason", "loi giai": "reason", "ly do": "reason",
    "muc do": "level", "muc do nhan thuc": "level", "do kho": "level", "muc": "level", "level": "level",
    "muc tieu": "objective", "yeu cau can dat": "objective",
    "chu de": "category", "chuyen de": "category", "ngan": "category", "danh muc": "category",
    "the": "tags", "tu khoa": "tags", "nhan": "tags", "tags": "tags",
    "goi y": "hint", "hint": "hint",
    "du lieu may": "data",
}  # fmt: skip
_OPTION_HEAD = re.compile(r"(?:(?:phuong an|dap an|lua chon|option|cau tra loi|tra loi|p\.?a\.?)\s*)?\(?([a-j])\)?")
_FORMULA = re.compile(
    rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3}\d{1,7})"[^>]*>\s*<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


# --- Excel → questions --------------------------------------------------------------------------------


def shown(cell: object) -> str:
    """A cell in words: numbers without ".0", dates as they are written here, Đúng and Sai."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "Đúng" if cell else "Sai"
    if isinstance(cell, dt.datetime):
        cell = cell.date()
    if isinstance(cell, dt.date):
        return f"{cell:%d/%m/%Y}"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell).replace(".", ",")
    return str(cell)


def read(data: bytes, hooks: Sequence[ModuleType], change: Callable[[str], str] | None = None) -> Reading:
    """Every question of every visible sheet that has a header. UnreadableError. Lines are rows as Excel shows them."""
    from openpyxl import load_workbook  # noqa: PLC0415  costs 0.2 s, needed here only

    archive = Archive(data)
    if any(name.endswith("vbaproject.bin") for name in archive.names()):
        raise refuse(Trouble.MACROS)
    for name in archive.names():
        part = archive.read(name) if name.endswith((".xml", ".rels")) else None
        if part and re.search(rb"<!DOCTYPE", part[:4000].replace(b"\0", b""), re.IGNORECASE):
            raise refuse(Trouble.DOCTYPE)
    items: list[Item] = []
    problems: list[Problem] = []
    seen: list[str] = []
    has_header = False
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        pictures = _pictures(book)
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible" or sheet.title == PICTURES:
                continue
            uncounted = _uncounted(archive, sheet)
            columns: dict[int, str] | None = None
            for number, cells in _rows(sheet):
                if columns is None:
                    seen += [shown(cell)[:200] for cell in cells if cell is not None][:40]
                    columns = _header(cells, change)
                    if columns is None and number >= HEADER_WITHIN:
                        break
                    has_header = has_header or columns is not None
                    continue
                found = _question(number, cells, columns, uncounted, pictures, hooks, change)
                if isinstance(found, Item):
                    items.append(found)
                elif found is not None:
                    problems.append(found)
                if len(items) + len(problems) > MAX_QUESTIONS:
                    raise refuse(Trouble.TOO_MANY, most=MAX_QUESTIONS)
    except UnreadableError:
        raise
    except Exception as error:  # a damaged or hostile workbook breaks anywhere
        raise refuse(Trouble.UNREADABLE) from error
    if not has_header:
        table = "" if change else legacy.detect("\n".join(seen))
        if table:
            sample = next((word for word in seen if not word.isascii()), "")
            raise refuse(Trouble.OLD_FONT, table=table.upper(), key=table, sample=text.clean(sample)[:60])
        raise refuse(Trouble.NO_HEADER)
    if not items and not problems:
        raise refuse(Trouble.NOTHING_FOUND)
    return Reading(tuple(items), tuple(problems))


def _rows(sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Rows with something in them. The stream of openpyxl fills gaps, so a cell in the last row would cost minutes."""
    sheet.reset_dimensions()
    empty = 0
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), start=1):
        if any(cell is not None and cell != "" for cell in cells):
            empty = 0
            yield number, cells
            continue
        empty += 1
        if empty > 2_000:
            return


def _uncounted(archive: Archive, sheet: Any) -> frozenset[str]:
    """Cells with a formula that was never worked out."""
    written = archive.read(sheet._worksheet_path.lstrip("/")) or b""
    return frozenset(found.decode() for found in _FORMULA.findall(written))


def _header(cells: Sequence[Any], change: Callable[[str], str] | None) -> dict[int, str] | None:
    """Column → what it means; None for a row that is no header."""
    found: dict[int, str] = {}
    for place, cell in enumerate(cells):
        words = shown(cell)
        folded = text.fold(change(words) if change else words).strip(" .:*")
        option = _OPTION_HEAD.fullmatch(folded)
        meaning = _MEANINGS.get(folded, "")
        if not meaning and folded.startswith("du lieu may"):
            meaning = "data"
        if not meaning and folded.startswith("goi y"):
            meaning = "hint"
        if not meaning and option:
            meaning = option[1].upper()
        if meaning and (meaning in ("data", "hint") or meaning not in found.values()):
            found[place] = meaning
    is_header = "stem" in found.values() and {"key", "kind", "data", "A"} & set(found.values())
    return found if is_header else None


def _question(
    number: int,
    cells: Sequence[Any],
    columns: Mapping[int, str],
    uncounted: frozenset[str],
    pictures: Mapping[str, bytes],
    hooks: Sequence[ModuleType],
    change: Callable[[str], str] | None,
    *,
    is_bare: bool = False,
) -> Item | Problem | None:
    values: dict[str, list[str]] = {}
    for place, meaning in columns.items():
        ref = f"{_letter(place)}{number}"
        words = shown(cells[place]) if place < len(cells) else ""
        if ref in uncounted and not words:
            return Problem(number, Trouble.FORMULA, {"cell": ref})
        if len(words) > LONGEST:
            return Problem(number, Trouble.CELL_TOO_LONG, {"cell": ref, "limit": LONGEST}, text.clean(words[:200]))
        if meaning != "data":
            words = _clean(change(words) if change else words)
        values.setdefault(meaning, []).append(words)
    if not is_bare and not any(word for meaning, words in values.items() for word in words if meaning != "code"):
        return None

    def one(meaning: str) -> str:
        return next((word for word in values.get(meaning, []) if word), "")

    fields = Fields(line=number, stem=one("stem"), code=text.clean(one("code")), reason=one("reason"))
    fields.hints = [line for word in values.get("hint", []) for line in word.split("\n") if line.strip()]
    fields.category = tuple(part.strip() for part in re.split(r"\s*[/>»]\s*", one("category")) if part.strip())
    fields.level = sheetdraft.level_of(one("level"))
    if one("level") and not fields.level:
        fields.note(Trouble.UNKNOWN_LEVEL, value=one("level")[:40])
    fields.objective = one("objective")
    fields.tags = tuple(dict.fromkeys(tag.strip() for tag in re.split(r"[,;\n]", one("tags")) if tag.strip()))
    fields.data = "".join(values.get("data", []))
    fields.source = "\n".join(
        f"{_head(meaning)}: {word}" for meaning, words in values.items() if meaning != "data" for word in words if word
    )
    options = [one(letter) for letter in LETTERS[:10]]
    while options and not options[-1]:
        options.pop()
    kind = sheetdraft.kind_of(one("kind"))
    if one("kind") and not kind:
        fields.note(Trouble.LABEL_UNKNOWN, value=one("kind")[:40])
    draft = Draft(kind, tuple(options), one("key"), truths=_truths(kind, one("key"), len(options)))
    found = sheetdraft.item_of(fields, draft, hooks, "xlsx_read", is_bare=is_bare)
    if isinstance(found, Item):
        names = set(PICTURE.findall(found.stem + found.reason)) | _hashes(found.content)
        found = _with(found, {name: pictures[name] for name in names if name in pictures})
    return found


def _truths(kind: str, key: str, count: int) -> tuple[bool, ...]:
    """Statements are judged in the key: "Đ, S, S, Đ", or "a Đ, b S …"."""
    if kind not in ("", "statements") or count < 2:
        return ()
    words = re.findall(r"(?<![^\W\d_])(?:Đúng|Sai|Đ|S)(?![^\W\d_])", key, re.IGNORECASE)
    if len(words) == 1 and re.fullmatch(r"[ĐSđs]+", key.strip()):
        words = list(key.strip())
    if not words and re.fullmatch(r"[ĐSđs]{2,}", key.strip()):
        words = list(key.strip())
    return tuple(sheetdraft.truth(word) is True for word in words) if len(words) == count else ()


def _with(item: Item, pictures: Mapping[str, bytes]) -> Item:
    return replace(item, pictures=pictures) if pictures else item


def _hashes(content: Any) -> set[str]:
    if isinstance(content, str):
        return {content} if re.fullmatch(r"[0-9a-f]{64}", content) else set(PICTURE.findall(content))
    if isinstance(content, Mapping):
        return {name for value in content.values() for name in _hashes(value)}
    if isinstance(content, list | tuple):
        return {name for value in content for name in _hashes(value)}
    return set()


def _head(meaning: str) -> str:
    return dict(zip(_NAMES, HEADS, strict=True)).get(meaning, meaning)


def _clean(words: str) -> str:
    lines = [re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in words.translate(_INVISIBLE).splitlines()]
    return "\n".join(line for line in lines if line)


def _letter(column: int) -> str:
    return (_letter(column // 26 - 1) if column >= 26 else "") + chr(65 + column % 26)


def _pictures(book: Any) -> dict[str, bytes]:
    """From the sheet of pictures: hash, then the bytes in pieces; what does not fit its hash is no picture of ours."""
    found: dict[str, bytes] = {}
    for sheet in book.worksheets:
        if sheet.title != PICTURES:
            continue
        sheet.reset_dimensions()
        for cells in sheet.iter_rows(max_col=1000, values_only=True):
            pieces = [str(cell) for cell in cells if isinstance(cell, str)]
            if len(pieces) < 2 or not re.fullmatch(r"[0-9a-f]{64}", pieces[0]):
                continue
            try:
                data = base64.b64decode("".join(pieces[1:]), validate=True)
            except (ValueError, binascii.Error):
                continue
            if hashlib.sha256(data).hexdigest() == pieces[0]:
                found[pieces[0]] = data
    return found


# --- Questions → Excel --------------------------------------------------------------------------------


def _written(item: Item, hooks: Sequence[ModuleType]) -> Draft:
    for hook in hooks:
        if item.type == hook.NAME and hasattr(hook, "xlsx_write"):
            try:
                draft: Draft | None = hook.xlsx_write(item.content)
            except (KeyError, TypeError, ValueError, AttributeError):
                draft = None
            if draft is not None:
                return draft
    return Draft(item.type)


def _cells(item: Item, draft: Draft) -> list[str]:
    options = [*draft.options[: len(OPTIONS)], *[""] * (len(OPTIONS) - len(draft.options))]
    key = draft.key
    if draft.truths:
        key = ", ".join("Đ" if true else "S" for true in draft.truths)
    return [
        item.code,
        sheetdraft.word_of(KINDS, draft.kind),
        item.stem,
        *options,
        key,
        item.reason,
        sheetdraft.word_of(LEVELS, item.level) if item.level else "",
        item.objective,
        " / ".join(item.category),
        ", ".join(item.tags),
        "\n".join(item.hints),
    ]


def _safe(words: str) -> str:
    return _FORBIDDEN.sub("", words)[:CELL]


def write(items: Sequence[Item], hooks: Sequence[ModuleType]) -> Written:
    """All questions, one a row; no cell of it is ever a formula. Each row is read again as it will be, and what came
    back otherwise goes into the last columns."""
    rows = []
    pictures: dict[str, bytes] = {}
    columns = dict(enumerate(_NAMES))
    for number, item in enumerate(items, start=2):
        cells = [_safe(words) for words in _cells(item, _written(item, hooks))]
        back = _question(number, [cell or None for cell in cells], columns, frozenset(), {}, hooks, None, is_bare=True)
        data = sheetdraft.parcel(item, back if isinstance(back, Item) else None)
        rows.append([*cells, *(data[start : start + CELL] for start in range(0, len(data), CELL))])
        pictures |= item.pictures
    return Written(_book(rows, pictures))


def _offered(words: Sequence[str]) -> str:
    """As many as the 255 characters of such a list hold."""
    whole = ",".join(words)
    return whole if len(whole) <= 250 else whole[:250].rpartition(",")[0]


def _book(rows: Sequence[Sequence[str]], pictures: Mapping[str, bytes], *, helps: bool = False) -> bytes:
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.styles import Alignment, Font, PatternFill  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    extra = max((len(row) - len(HEADS) for row in rows), default=0)
    heads = [*HEADS, *([DATA_HEAD, *(f"{DATA_HEAD} {number}" for number in range(2, extra + 1))] if extra > 0 else [])]
    wrap, bold, fill = Alignment(wrap_text=True, vertical="top"), Font(bold=True), PatternFill("solid", "FFF3E0E0")
    for place, head in enumerate(heads, start=1):
        column = sheet.column_dimensions[get_column_letter(place)]
        column.width = WIDTHS.get(head, 22 if head in OPTIONS else 14)
        column.hidden = head.startswith(DATA_HEAD)
    sheet.freeze_panes = "D2"
    last = max(len(rows) + 200, 500)
    for column, words in (("B", KINDS), ("P", LEVELS)):
        offered = [names[0] for names in words.values()]
        choice = DataValidation(type="list", formula1=f'"{_offered(offered)}"', allow_blank=True)
        choice.showErrorMessage = False
        choice.add(f"{column}2:{column}{last}")
        sheet.data_validations.append(choice)

    def cell(words: str, *, is_head: bool = False) -> Any:
        made = WriteOnlyCell(sheet, value="")
        made.value = words
        # Never a formula, never an error: whatever the words begin with.
        made.data_type = "s"
        made.alignment = wrap
        if is_head:
            made.font, made.fill = bold, fill
        elif words[:1] in ("=", "+", "-", "@", "\t"):
            made.quotePrefix = True
        return made

    sheet.append([cell(head, is_head=True) for head in heads])
    for row in rows:
        sheet.append([cell(words) if words else None for words in row])
    if helps:
        second = book.create_sheet(HELP)
        second.column_dimensions["A"].width = 110
        for line in _HELP:
            second.append([line])
    if pictures:
        third = book.create_sheet(PICTURES)
        third.sheet_state = "hidden"
        for name, data in pictures.items():
            coded = base64.b64encode(data).decode()
            third.append([name, *(coded[start : start + CELL] for start in range(0, len(coded), CELL))])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


_HELP = (
    "Mỗi dòng của trang “Câu hỏi” là một câu hỏi. Không đổi tên các cột ở dòng đầu; cột không dùng thì để trống.",
    "Loại: chọn trong danh sách. Để trống thì hệ thống tự nhận theo phương án và đáp án.",
    "A, B, C … là các phương án. Đáp án: chữ cái của phương án đúng (B), nhiều đáp án thì cách nhau bằng dấu phẩy.",
    "Đúng/Sai: để trống các phương án, cột Đáp án ghi Đúng hoặc Sai. Bảng Đúng/Sai: mỗi phương án là một phát biểu, "
    "cột Đáp án ghi lần lượt Đ, S, S, Đ.",
    "Trả lời ngắn: để trống các phương án, cột Đáp án ghi câu trả lời; nhiều cách viết được chấp nhận thì cách nhau "
    "bằng dấu |. Số: cột Đáp án ghi số (1822).",
    "Ghép đôi: mỗi phương án viết “vế trái → vế phải”. Sắp xếp: các phương án viết theo đúng thứ tự.",
    "Mức độ: Nhận biết, Thông hiểu hoặc Vận dụng. Chủ đề: tên ngăn của ngân hàng, ngăn con viết sau dấu / (Luật / "
    "An ninh mạng). Thẻ: cách nhau bằng dấu phẩy.",
    "Mã: để trống thì hệ thống tự đặt. Trùng mã với câu đã có trong ngân hàng thì câu đó có thêm phiên bản mới "
    "(bản nháp).",
)
_SAMPLES = (
    ("", "Một đáp án", "Ai duyệt bài trước khi đăng lên Trang cộng đồng?", "Người viết bài",
     "Người được giao phụ trách Trang", "Bất kỳ thành viên nào", "", "", "", "", "", "B",
     "Quy chế của Trang giao việc duyệt cho người phụ trách.", "Nhận biết"),
    ("", "Nhiều đáp án", "Những việc nào phải làm khi phát hiện tin giả trên Trang?", "Ẩn bình luận và lưu bằng chứng",
     "Chia sẻ lại để cảnh báo", "Báo cáo cấp trên", "", "", "", "", "", "A, C", "", "Thông hiểu"),
    ("", "Đúng/Sai", "Trang cộng đồng được đăng danh sách hộ nghèo có số điện thoại.", "", "", "", "", "", "", "", "",
     "Sai", "", "Vận dụng"),
)  # fmt: skip


def template() -> bytes:
    """A blank file to begin with: columns, drop-downs, three questions as an example, and a sheet that explains."""
    return _book([list(sample) for sample in _SAMPLES], {}, helps=True)
