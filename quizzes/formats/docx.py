"""Word files of questions, as teachers write them: "Câu 1.", "A." … with the key marked or told. Both ways. Pure.

Lines are counted by paragraphs from the top. What the words cannot say travels in a hidden line of the question (see
formats.keepsake), so that a file that we wrote and nobody changed comes back as it was.
"""

import hashlib
import io
import itertools
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

from lms.core import legacy, text
from quizzes.formats import sheetdraft, xmlfile
from quizzes.formats.item import PICTURE, Item, Problem, Reading, Trouble, UnreadableError, Written
from quizzes.formats.packaging import Archive, refuse
from quizzes.formats.sheetdraft import KINDS, LETTERS, LEVELS, Draft, Fields

NAME = "docx"
SUFFIXES = (".docx",)
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DATA_LABEL = "Dữ liệu máy"
MOST_PARAGRAPHS = 200_000
MOST_PICTURE = 20 * 1024 * 1024

_GUARD = "\u2060"
_HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")

# Ways to mark an option, the surest first.
MARKS = ("star", "underline", "highlight", "red", "bold")


# --- Paragraphs ---------------------------------------------------------------------------------------


@dataclass
class Run:
    text: str
    marks: frozenset[str] = frozenset()


@dataclass
class Line:
    """One line of a paragraph; ``number`` is the paragraph's. ``table``, ``row``, ``column``: from 1, 0 outside."""

    number: int
    runs: list[Run] = field(default_factory=list)
    table: int = 0
    row: int = 0
    column: int = 0

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)

    def cut(self, start: int, end: int | None = None) -> "Line":
        """The part between two places of its text."""
        found = Line(self.number, table=self.table, row=self.row, column=self.column)
        place = 0
        for run in self.runs:
            piece = run.text[max(start - place, 0) : None if end is None else max(end - place, 0)]
            if piece:
                found.runs.append(Run(piece, run.marks))
            place += len(run.text)
        return found

    def share(self, mark: str) -> bool:
        """Whether most of its letters carry this mark."""
        letters = [(len(run.text.strip()), mark in run.marks) for run in self.runs if run.text.strip()]
        whole = sum(size for size, _ in letters)
        return bool(whole) and sum(size for size, has in letters if has) * 2 >= whole


def _name(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _get(element: Any, name: str) -> str | None:
    if element is None:
        return None
    return next((str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name), None)


def _child(element: Any, *names: str) -> Any:
    for name in names:
        element = None if element is None else next((child for child in element if _name(child) == name), None)
    return element


def _on(element: Any, name: str) -> bool | None:
    child = _child(element, name)
    if child is None:
        return None
    return (_get(child, "val") or "1").lower() not in ("0", "false", "off", "none")


_SKIPPED = {"del", "moveFrom", "txbxContent", "footnoteReference", "endnoteReference", "Fallback", "instrText"}


class _Reader:
    """The lines of a document in their order, with automatic numbers written out."""

    def __init__(self, data: bytes, change: Callable[[str], str] | None) -> None:
        self._archive = Archive(data)
        names = self._archive.names()
        if any(name.endswith("vbaproject.bin") for name in names):
            raise refuse(Trouble.MACROS)
        self._main = "word/document.xml"
        if self._main not in names:
            self._main = next((name for name in names if re.fullmatch(r"word/document\d*\.xml", name)), "")
        if not self._main:
            raise refuse(Trouble.UNREADABLE)
        self._change = change
        self._relations = self._read_relations()
        self._styles = self._read_styles()
        self._levels, self._starts = self._read_numbering()
        self._counts: dict[tuple[str, int], int] = {}
        self._number = self._table = 0
        self.pictures: dict[str, bytes] = {}
        self._media: dict[str, bytes] | None = None
        self.fonts: dict[str, int] = {}

    def lines(self) -> list[Line]:
        body = _child(self._part(self._main), "body")
        if body is None:
            raise refuse(Trouble.UNREADABLE)
        return list(self._blocks(body))

    # Parts

    def media(self) -> dict[str, bytes]:
        """All pictures of the file by their hash, read once."""
        if self._media is None:
            names = [name for name in self._archive.names() if name.startswith("word/media/")]
            datas = [self._archive.read(name) or b"" for name in names]
            self._media = {hashlib.sha256(data).hexdigest(): data for data in datas}
        return self._media

    def _part(self, name: str) -> Any:
        data = self._archive.read(name)
        if data is None:
            return None
        return xmlfile.parse(data, most=200 * 1024 * 1024)

    def _read_relations(self) -> dict[str, str]:
        folder, _, file = self._main.rpartition("/")
        root = self._part(f"{folder}/_rels/{file}.rels")
        found: dict[str, str] = {}
        for relation in root if root is not None else ():
            key, target = _get(relation, "Id"), _get(relation, "Target")
            if key and target and _get(relation, "TargetMode") != "External":
                inside = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
                found[key] = inside
        return found

    def _read_styles(self) -> dict[str, tuple[frozenset[str], str, int]]:
        """Style → (marks, number of its list, depth), what it is based on included."""
        root = self._part("word/styles.xml")
        raw = (
            {_get(style, "styleId") or "": style for style in root if _name(style) == "style"}
            if root is not None
            else {}
        )
        found: dict[str, tuple[frozenset[str], str, int]] = {}
        for key in raw:
            marks: dict[str, bool] = {}
            list_id, depth = "", 0
            current, seen = key, set()
            while current in raw and current not in seen:
                seen.add(current)
                style = raw[current]
                for mark, value in _looks(_child(style, "rPr")).items():
                    marks.setdefault(mark, value)
                numbering = _child(style, "pPr", "numPr")
                if numbering is not None and not list_id:
                    list_id = _get(_child(numbering, "numId"), "val") or ""
                    depth = int(_get(_child(numbering, "ilvl"), "val") or 0)
                current = _get(_child(style, "basedOn"), "val") or ""
            found[key] = (frozenset(mark for mark, value in marks.items() if value), list_id, depth)
        return found

    def _read_numbering(self) -> tuple[dict[tuple[str, int], tuple[str, str]], dict[tuple[str, int], int]]:
        """(list, depth) → (format of its numbers, their text like "Câu %1."); and where they begin."""
        root = self._part("word/numbering.xml")
        levels: dict[tuple[str, int], tuple[str, str]] = {}
        starts: dict[tuple[str, int], int] = {}
        if root is None:
            return levels, starts
        abstract: dict[str, dict[int, tuple[str, str, int]]] = {}
        for entry in root:
            if _name(entry) == "abstractNum":
                abstract[_get(entry, "abstractNumId") or ""] = {
                    _number(_get(level, "ilvl")): (
                        _get(_child(level, "numFmt"), "val") or "decimal",
                        _get(_child(level, "lvlText"), "val") or "",
                        _number(_get(_child(level, "start"), "val"), 1),
                    )
                    for level in entry
                    if _name(level) == "lvl"
                }
        for entry in root:
            if _name(entry) == "num":
                key = _get(entry, "numId") or ""
                for depth, (kind, words, start) in abstract.get(
                    _get(_child(entry, "abstractNumId"), "val") or "", {}
                ).items():
                    levels[key, depth] = (kind, words)
                    starts[key, depth] = start
        return levels, starts

    # Blocks

    def _blocks(self, parent: Any, row: int = 0, column: int = 0) -> Iterator[Line]:
        for child in parent:
            name = _name(child)
            if name == "p":
                yield from self._paragraph(child, row, column)
            elif name == "tbl":
                if not row:
                    self._table += 1
                yield from self._rows(child)
            elif name == "sdt":
                content = _child(child, "sdtContent")
                if content is not None:
                    yield from self._blocks(content, row, column)
            elif name in ("ins", "moveTo", "customXml", "smartTag"):
                yield from self._blocks(child, row, column)

    def _rows(self, table: Any) -> Iterator[Line]:
        row = 0
        for child in table.iter():
            # A table inside a cell is read as lines of that cell.
            if (
                _name(child) != "tr"
                or next(above for above in child.iterancestors() if _name(above) == "tbl") is not table
            ):
                continue
            row += 1
            cells = [cell for cell in child if _name(cell) == "tc"]
            for column, cell in enumerate(cells, start=1):
                yield from self._blocks(cell, row, column)

    def _paragraph(self, paragraph: Any, row: int, column: int) -> Iterator[Line]:
        self._number += 1
        if self._number > MOST_PARAGRAPHS:
            raise refuse(Trouble.TOO_MANY, most=MOST_PARAGRAPHS)
        table = self._table if row else 0
        lines = [Line(self._number, table=table, row=row, column=column)]
        marks = _child(paragraph, "pPr")
        style = self._styles.get(_get(_child(marks, "pStyle"), "val") or "", (frozenset(), "", 0))
        label = self._label(marks, style)
        if label:
            lines[0].runs.append(Run(label + " "))
        self._inline(paragraph, lines, style[0])
        for line in lines:
            line.runs = self._finished(line.runs)
            if line.text.strip():
                yield line

    def _label(self, marks: Any, style: tuple[frozenset[str], str, int]) -> str:
        numbering = _child(marks, "numPr")
        list_id = _get(_child(numbering, "numId"), "val") if numbering is not None else style[1]
        depth = _number(_get(_child(numbering, "ilvl"), "val"), style[2]) if numbering is not None else style[2]
        if not list_id or list_id == "0" or (list_id, depth) not in self._levels:
            return ""
        kind, words = self._levels[list_id, depth]
        if kind in ("bullet", "none"):
            return ""
        self._counts[list_id, depth] = self._counts.get((list_id, depth), self._starts[list_id, depth] - 1) + 1
        for key in [key for key in self._counts if key[0] == list_id and key[1] > depth]:
            del self._counts[key]

        def shown(found: re.Match[str]) -> str:
            level = int(found[1]) - 1
            count = self._counts.get((list_id, level), self._starts.get((list_id, level), 1))
            return _numeral(count, self._levels.get((list_id, level), ("decimal", ""))[0])

        return re.sub(r"%(\d)", shown, words)

    def _inline(self, parent: Any, lines: list[Line], style: frozenset[str]) -> None:
        for child in parent:
            name = _name(child)
            if name in _SKIPPED or name in ("pPr", "rPr"):
                continue
            if name == "r":
                self._run(child, lines, style)
            elif name in ("oMath", "oMathPara"):
                words = "".join(inner.text or "" for inner in child.iter() if _name(inner) == "t")
                lines[-1].runs.append(Run(words))
            else:
                self._inline(child, lines, style)

    def _run(self, run: Any, lines: list[Line], style: frozenset[str]) -> None:
        looks = _child(run, "rPr")
        said = dict.fromkeys(style, True)
        for mark in self._styles.get(_get(_child(looks, "rStyle"), "val") or "", (frozenset(), "", 0))[0]:
            said[mark] = True
        said |= _looks(looks)
        font = _get(_child(looks, "rFonts"), "ascii") or _get(_child(looks, "rFonts"), "hAnsi") or ""
        found = {mark for mark, value in said.items() if value}
        if font.lower().startswith(".vn") and font.lower().endswith("h"):
            found.add("capitals")
        marks = frozenset(found)
        for part in run:
            name = _name(part)
            if name == "t":
                words = part.text or ""
                self.fonts[font] = self.fonts.get(font, 0) + len(words)
                lines[-1].runs.append(Run(words, marks))
            elif name == "tab":
                lines[-1].runs.append(Run("\t", marks))
            elif name in ("br", "cr"):
                last = lines[-1]
                lines.append(Line(last.number, table=last.table, row=last.row, column=last.column))
            elif name == "noBreakHyphen":
                lines[-1].runs.append(Run("-", marks))
            elif name in ("drawing", "pict", "object", "AlternateContent"):
                self._drawing(part, lines)

    def _drawing(self, drawing: Any, lines: list[Line]) -> None:
        for inner in drawing.iter():
            if any(_name(above) == "Fallback" for above in inner.iterancestors()):
                continue
            if _name(inner) not in ("blip", "imagedata"):
                continue
            target = self._relations.get(_get(inner, "embed") or _get(inner, "id") or "", "")
            data = self._archive.read(target) if target else None
            if data and len(data) <= MOST_PICTURE:
                words = next((_get(each, "descr") for each in drawing.iter() if _name(each) == "docPr"), "") or "Hình"
                digest = hashlib.sha256(data).hexdigest()
                self.pictures[digest] = data
                alt = re.sub(r"[\[\]\s]+", " ", words).strip()[:200]
                lines[-1].runs.append(Run(f"![{alt}](picture:{digest})"))

    def _finished(self, runs: list[Run]) -> list[Run]:
        """Neighbours with one look together, converted; Word cuts words anywhere."""
        found: list[Run] = []
        for run in runs:
            if found and found[-1].marks == run.marks:
                found[-1].text += run.text
            else:
                found.append(Run(run.text, run.marks))
        for run in found:
            if self._change:
                run.text = self._change(run.text)
                if "capitals" in run.marks:
                    run.text = run.text.upper()
        return found


def _number(word: str | None, default: int = 0) -> int:
    return int(word) if word and re.fullmatch(r"\d{1,6}", word) else default


def _looks(properties: Any) -> dict[str, bool]:
    """What the properties of a run say, and only that."""
    found: dict[str, bool] = {}
    bold, hidden = _on(properties, "b"), _on(properties, "vanish")
    if bold is not None:
        found["bold"] = bold
    if hidden is not None:
        found["hidden"] = hidden
    underline = _child(properties, "u")
    if underline is not None:
        found["underline"] = (_get(underline, "val") or "single") != "none"
    highlight = _child(properties, "highlight")
    if highlight is not None:
        found["highlight"] = (_get(highlight, "val") or "") not in ("none", "white", "")
    color = _get(_child(properties, "color"), "val") or ""
    if re.fullmatch(r"[0-9A-Fa-f]{6}", color):
        red, green, blue = (int(color[place : place + 2], 16) for place in (0, 2, 4))
        found["red"] = red > 160 and green < 90 and blue < 90
    return found


def _numeral(count: int, kind: str) -> str:
    if kind in ("upperLetter", "lowerLetter") and 1 <= count <= 26:
        return LETTERS[count - 1] if kind == "upperLetter" else LETTERS[count - 1].lower()
    return str(count)


# --- Lines → questions --------------------------------------------------------------------------------

_QUESTION = re.compile(
    r"\s*(?:câu(?:\s+hỏi)?(?:\s+số)?|question)\s*(\d{1,5})\s*(?:[.:)/\-–]+|(?=\s*[(\[])|\s|$)\s*", re.IGNORECASE
)
_NUMBERED = re.compile(r"\s*(\d{1,5})\s*[.)]\s+(?=\S)")
_OPTION = re.compile(r"\s*(\*?)\s*([A-Ja-j])\s*[.)\]]\s*(\*?)\s*")
_LATER = re.compile(r"(?:\t|\s{2,}|\s)(\*?\s*([A-J])\s*[.)]\s*)(?=\S)")
_BRACKET = re.compile(r"[(\[]\s*([^)\]]{1,30}?)\s*[)\]]\s*[.:]?\s*")
_LABELS: Mapping[str, str] = {
    "dap an": "key", "dap an dung": "key", "da": "key", "d/a": "key", "key": "key", "answer": "key", "tra loi": "key",
    "giai thich": "reason", "giai thich dap an": "reason", "loi giai": "reason", "huong dan giai": "reason",
    "muc do": "level", "do kho": "level", "muc": "level", "muc do nhan thuc": "level",
    "muc tieu": "objective", "yeu cau can dat": "objective", "chuan": "objective",
    "ma": "code", "ma cau hoi": "code", "ma cau": "code", "id": "code",
    "the": "tags", "tu khoa": "tags", "tag": "tags", "tags": "tags", "nhan": "tags",
    "chu de": "category", "chuyen de": "category", "ngan": "category", "danh muc": "category",
    "loai": "kind", "loai cau hoi": "kind", "dang": "kind", "dang cau hoi": "kind",
    "goi y": "hint", "du lieu may": "data",
}  # fmt: skip
_LABEL = re.compile(r"\s*\**\s*([^:：\d\n]{1,22}?)\s*\d{0,2}\s*\**\s*[:：]\s*(.*)$", re.DOTALL)
_CHOOSE = re.compile(
    r"\s*(?:=>|→|⇒)?\s*(?:chọn|đáp\s+án|đa)\s+(?:đáp\s+án\s+)?\(?([A-J](?:\s*[,;&]\s*[A-J])*)\)?\s*\.?\s*$",
    re.IGNORECASE,
)
_TABLE_HEAD = re.compile(r"\s*(?:bảng\s+)?(?:đáp\s*án|hướng dẫn chấm)(?:\s+[^:]{0,40})?\s*:?\s*$", re.IGNORECASE)
_PAIR = re.compile(r"(?<![\w.])(\d{1,5})\s*[.\-–:)]?\s*([A-J](?:\s*[,;&]\s*[A-J])*)(?![\w])")
_ONLY_PAIRS = re.compile(r"\s*(?:\d{1,5}\s*[.\-–:)]?\s*[A-J](?:\s*,\s*[A-J])*\s*[;,.]?\s*){2,}$")
_TRUTH_AT_END = re.compile(r"[\s\-–:(\[]*[\s\-–:(\[]\s*(Đ|S|Đúng|Sai|ĐÚNG|SAI)\s*[)\]]?\s*[.;]?\s*$")


def _label_of(line: str) -> tuple[str, str] | None:
    """(what it is, the words behind it) of "Giải thích: …"."""
    found = _LABEL.match(line)
    name = _LABELS.get(text.fold(found[1]).strip(" .*"), "") if found else ""
    if name and found:
        return name, found[2].strip()
    chosen = _CHOOSE.match(line)
    return ("key", chosen[1]) if chosen else None


@dataclass
class _Option:
    letter: str
    line: Line
    is_starred: bool = False
    more: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return _clean("\n".join([self.line.text, *self.more]))


@dataclass
class _Question:
    number: int
    line: int
    stem: list[str] = field(default_factory=list)
    options: list[_Option] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)
    source: list[str] = field(default_factory=list)
    last: str = "stem"
    truths: list[bool] = field(default_factory=list)


class _Parser:
    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines
        self._counts_by_word = any(_QUESTION.match(line.text) for line in lines)
        self.questions: list[_Question] = []
        self.keys: dict[int, str] = {}
        self._category: str = ""
        self._in_keys = False

    def read(self) -> None:
        skipped: set[int] = set()
        for place, line in enumerate(self._lines):
            if place in skipped:
                continue
            words = line.text
            if self._begin(line):
                self._in_keys = False
                continue
            if line.table and self._key_table(place, skipped):
                continue
            if self._in_keys or _ONLY_PAIRS.match(words):
                found = _PAIR.findall(words)
                if found:
                    self.keys |= {int(number): letters for number, letters in found}
                    continue
            if _TABLE_HEAD.match(words) and not _CHOOSE.match(words):
                self._in_keys = True
                continue
            if not self.questions:
                label = _label_of(words)
                if label and label[0] == "category":
                    self._category = label[1]
                continue
            self._in_keys = False
            if line.table and self._truth_table(place, skipped):
                continue
            self._go_on(line, self._next(place))

    def _next(self, place: int) -> str:
        return self._lines[place + 1].text if place + 1 < len(self._lines) else ""

    def _begin(self, line: Line) -> bool:
        words = line.text
        found = (_QUESTION if self._counts_by_word else _NUMBERED).match(words)
        if not found:
            return False
        number = int(found[1])
        if not self._counts_by_word:
            before = self.questions[-1] if self.questions else None
            # A numbered list inside a question does not go on counting the questions.
            if number != (before.number + 1 if before else number) and number != 1:
                return False
            if before and not before.options and not before.values and number == 1:
                return False
        question = _Question(number, line.number)
        if self._category:
            question.values["category"] = [self._category]
        rest = words[found.end() :]
        bracket = _BRACKET.match(rest)
        start = found.end()
        if bracket and sheetdraft.level_of(bracket[1]):
            question.values["level"] = [bracket[1]]
            start += bracket.end()
        self.questions.append(question)
        question.source.append(words)
        self._stem(question, line.cut(start))
        return True

    def _stem(self, question: _Question, rest: Line) -> None:
        """The rest of the first line; options may stand on it too."""
        later = re.search(r"(?:\t|\s{2,})\*?A[.)]\s*\S", rest.text)
        if later:
            question.stem.append(rest.text[: later.start()])
            self._options(question, rest.cut(later.start()), "")
        elif rest.text.strip():
            question.stem.append(rest.text)

    def _go_on(self, line: Line, after: str) -> None:
        question, words = self.questions[-1], line.text
        question.source.append(words)
        label = _label_of(words)
        if label and (label[0] != "data" or any("hidden" in run.marks for run in line.runs)):
            name, value = label
            if name == "data":
                question.source.pop()
            question.values.setdefault(name, []).append(value)
            question.last = name
            return
        if any("hidden" in run.marks for run in line.runs):
            question.source.pop()
            return
        if question.last in ("stem", "option") and self._options(question, line, after):
            return
        if question.last == "option":
            question.options[-1].more.append(words)
        elif question.last == "stem":
            question.stem.append(words)
        elif question.last in ("reason", "hint", "key"):
            question.values[question.last][-1] += "\n" + words
        elif question.last == "data":
            return
        else:
            question.values.setdefault("reason", []).append(words)

    def _options(self, question: _Question, line: Line, after: str) -> bool:
        """Options on this line, whether one or all four; False if there are none."""
        found = _OPTION.match(line.text)
        expected = len(question.options)
        if not found or LETTERS.find(found[2].upper()) != expected:
            return False
        is_small = found[2].islower()
        if expected and question.options[-1].letter.islower() != is_small:
            return False
        marks_at = found.start(2)
        start, star = found.end(), bool(found[1] or found[3])
        while True:
            following = None
            if not is_small:
                following = self._later(line.text, start, expected + 1, after)
            part = line.cut(start, following.start() if following else None)
            part.runs = [*line.cut(marks_at, marks_at + 1).runs, *part.runs] if not part.text.strip() else part.runs
            option = _Option(found[2], part, star or _ends_with_star(part))
            option.line = _without_star(part)
            question.options.append(option)
            self._mark(option, line.cut(marks_at, marks_at + 1))
            if not following:
                break
            expected += 1
            marks_at = following.start(2)
            start, star = following.end(), "*" in following[1]
            found = following
        question.last = "option"
        return True

    def _later(self, words: str, start: int, expected: int, after: str) -> re.Match[str] | None:
        """Where the next option begins on the same line. With one space before it, only if no line of its own does."""
        if expected >= len(LETTERS):
            return None
        for found in _LATER.finditer(words, start):
            if found[2] != LETTERS[expected]:
                continue
            is_wide = found[0].startswith("\t") or re.match(r"\s{2,}", found[0]) is not None
            own = _OPTION.match(after)
            if is_wide or not (own and own[2] == found[2]):
                return found
        return None

    def _mark(self, option: _Option, letter: Line) -> None:
        """A marked letter is a marked option, whatever its text looks like."""
        for run in letter.runs:
            for mark in run.marks & {"underline", "highlight", "red"}:
                option.line.runs = [Run(each.text, each.marks | {mark}) for each in option.line.runs]

    # Tables

    def _table_of(self, place: int) -> tuple[list[list[str]], set[int]]:
        number = self._lines[place].table
        rows: dict[int, dict[int, list[str]]] = {}
        places = set()
        for index in range(place, len(self._lines)):
            line = self._lines[index]
            if line.table != number:
                break
            places.add(index)
            rows.setdefault(line.row, {}).setdefault(line.column, []).append(line.text.strip())
        width = max((max(row) for row in rows.values()), default=0)
        return [["\n".join(row.get(column, [])) for column in range(1, width + 1)] for row in rows.values()], places

    def _is_first(self, place: int) -> bool:
        return place == 0 or self._lines[place - 1].table != self._lines[place].table

    def _key_table(self, place: int, skipped: set[int]) -> bool:
        """A table of keys: "1.B" in its cells, or numbers above letters."""
        if not self._is_first(place) or not self.questions:
            return False
        table, places = self._table_of(place)
        cells = [cell for row in table for cell in row if cell]
        keys: dict[int, str] = {}
        whole = [_PAIR.fullmatch(cell) for cell in cells]
        if cells and sum(match is not None for match in whole) * 2 > len(cells):
            keys = {int(match[1]): match[2] for match in whole if match}
        for above, below in itertools.pairwise(table):
            pairs = [
                (int(first), second)
                for first, second in zip(above, below, strict=False)
                if re.fullmatch(r"\d{1,5}", first) and sheetdraft.letters(second) is not None and second
            ]
            keys |= dict(pairs) if len(pairs) >= 2 else {}
        if not keys and len(table) > 2 and all(len(row) == 2 for row in table):
            named = [(row[0], row[1]) for row in table if re.fullmatch(r"(?:Câu\s*)?\d{1,5}\.?", row[0])]
            if len(named) >= 2 and all(re.fullmatch(r"[A-J](?:\s*,\s*[A-J])*", second) for _first, second in named):
                keys = {int(re.sub(r"\D", "", first)): second for first, second in named}
        if not keys:
            return False
        self.keys |= keys
        skipped |= places
        self._in_keys = True
        return True

    def _truth_table(self, place: int, skipped: set[int]) -> bool:
        """Statements with a column Đúng and a column Sai, or one of Đ/S."""
        if not self._is_first(place):
            return False
        table, places = self._table_of(place)
        head = [text.fold(cell) for cell in table[0]] if table else []
        question = self.questions[-1]
        true = next((index for index, cell in enumerate(head) if cell in ("dung", "d")), -1)
        false = next((index for index, cell in enumerate(head) if cell in ("sai", "s")), -1)
        both = next((index for index, cell in enumerate(head) if cell in ("d/s", "dung/sai", "dap an", "ket qua")), -1)
        if (true < 0 or false < 0) and both < 0:
            return False
        rows = []
        for row in table[1:]:
            statement = max(
                (cell for index, cell in enumerate(row) if index not in (true, false, both)), key=len, default=""
            )
            if both >= 0:
                answer = sheetdraft.truth(row[both]) if both < len(row) else None
            else:
                ticked = [bool(row[index].strip(" .-–")) if index < len(row) else False for index in (true, false)]
                answer = ticked[0] if ticked[0] != ticked[1] else None
            if statement and answer is not None:
                rows.append((re.sub(r"^\s*[a-zA-Z\d]{1,2}\s*[.)]\s*", "", statement), answer))
        if len(rows) < 2 or len(rows) != len([row for row in table[1:] if any(row)]):
            return False
        for letter, (statement, answer) in zip(LETTERS.lower(), rows, strict=False):
            question.options.append(_Option(letter, Line(self._lines[place].number, [Run(statement)])))
            question.truths.append(answer)
        question.source.extend(" | ".join(row) for row in table)
        question.last = "option"
        skipped |= places
        return True


def _ends_with_star(line: Line) -> bool:
    return bool(re.search(r"\*\s*$", line.text)) and not re.search(r"\*[^*\s][^*]*\*\s*$", line.text)


def _without_star(line: Line) -> Line:
    words = line.text
    if _ends_with_star(line):
        return line.cut(0, len(words.rstrip()) - 1)
    return line


def _clean(words: str) -> str:
    lines = [re.sub(r"[ \t\u00a0]+", " ", line).strip().removeprefix(_GUARD) for line in words.splitlines()]
    return "\n".join(line for line in lines if line).strip()


def _draft(question: _Question) -> Draft:
    values = question.values
    key = "\n".join(values.get("key", [])).strip()
    kind = sheetdraft.kind_of(values["kind"][-1]) if values.get("kind") else ""
    texts = [option.text for option in question.options]
    truths = list(question.truths)
    if not truths and texts and question.options[0].letter.islower():
        truths, texts = _truths(texts, key)
        key = "" if truths else key
    marked: list[int] = []
    for mark in MARKS:
        marked = [
            place
            for place, option in enumerate(question.options)
            if (option.is_starred if mark == "star" else option.line.share(mark))
        ]
        if marked and len(marked) < len(question.options):
            break
        marked = []
    return Draft(kind, tuple(texts), key, tuple(marked), tuple(truths))


def _truths(texts: Sequence[str], key: str) -> tuple[list[bool], list[str]]:
    """Đ or S of each statement, behind it or in the key ("a Đ, b S"); none where one is missing."""
    ends = [_TRUTH_AT_END.search(words) for words in texts]
    if all(ends):
        found = [sheetdraft.truth(end[1]) is True for end in ends if end]
        return found, [words[: end.start()].strip() for words, end in zip(texts, ends, strict=True) if end]
    told = dict(re.findall(r"([a-j])\s*[.)\-–:]?\s*(Đúng|Sai|Đ|S)\b", key, re.IGNORECASE))
    places = [LETTERS[place].lower() for place in range(len(texts))]
    told = {letter.lower(): word for letter, word in told.items()}
    if told and all(place in told for place in places):
        return [sheetdraft.truth(told[place]) is True for place in places], list(texts)
    run = re.sub(r"[\s,;.\-–]+", "", key).upper()
    if re.fullmatch(r"[ĐS]+", run) and len(run) == len(texts) and len(texts) > 1:
        return [letter == "Đ" for letter in run], list(texts)
    return [], list(texts)


def _fields(question: _Question, pictures: Mapping[str, bytes]) -> Fields:
    values = question.values
    found = Fields(line=question.line, stem=_clean("\n".join(question.stem)))
    found.code = (values.get("code") or [""])[-1].strip()
    found.reason = _clean("\n".join(values.get("reason", [])))
    found.hints = [_clean(hint) for hint in values.get("hint", []) if hint.strip()]
    category = (values.get("category") or [""])[-1]
    found.category = tuple(part.strip() for part in re.split(r"\s*(?:/|>|»)\s*", category) if part.strip())
    level = (values.get("level") or [""])[-1]
    found.level = sheetdraft.level_of(level)
    if level.strip() and not found.level:
        found.note(Trouble.UNKNOWN_LEVEL, value=level[:40])
    found.objective = (values.get("objective") or [""])[-1].strip()
    found.tags = tuple(
        dict.fromkeys(
            tag.strip() for words in values.get("tags", []) for tag in re.split(r"[,;]", words) if tag.strip()
        )
    )
    found.data = (values.get("data") or [""])[-1].strip()
    found.source = "\n".join(PICTURE.sub("hình", line) for line in question.source)
    whole = "\n".join([found.stem, found.reason, *(option.text for option in question.options)])
    for digest in PICTURE.findall(whole):
        if digest in pictures:
            found.pictures[digest] = pictures[digest]
    return found


def read(data: bytes, hooks: Sequence[ModuleType], change: Callable[[str], str] | None = None) -> Reading:
    """Every question of the file. ``change``: from an old code table, letter by letter, before anything is understood.

    UnreadableError. Lines are numbers of paragraphs.
    """
    reader = _Reader(data, change)
    lines = reader.lines()
    parser = _Parser(lines)
    parser.read()
    if not parser.questions:
        whole = "\n".join(line.text for line in lines)
        table = "" if change else legacy.detect(whole)
        if table:
            sample = next((line.text for line in lines if not line.text.isascii()), "")
            raise refuse(Trouble.OLD_FONT, table=table.upper(), key=table, sample=text.clean(sample)[:60])
        raise refuse(Trouble.NOTHING_FOUND)
    items: list[Item] = []
    problems: list[Problem] = []
    for question in parser.questions:
        found = _read_one(question, parser.keys, reader.pictures, hooks)
        if isinstance(found, Item):
            items.append(_with_pictures(found, reader))
        else:
            problems.append(found)
    return Reading(tuple(items), tuple(problems))


def _with_pictures(item: Item, reader: _Reader) -> Item:
    """The pictures that its content names, which stand nowhere in the text."""
    wanted = set(_HASH.findall(repr(item.content))) - set(item.pictures)
    found = {name: data for name, data in reader.media().items() if name in wanted} if wanted else {}
    return replace(item, pictures={**item.pictures, **found}) if found else item


def _read_one(
    question: _Question,
    keys: Mapping[int, str],
    pictures: Mapping[str, bytes],
    hooks: Sequence[ModuleType],
    *,
    is_bare: bool = False,
) -> Item | Problem:
    fields, draft = _fields(question, pictures), _draft(question)
    problem: Problem | None = None
    from_table = keys.get(question.number, "")
    if from_table:
        told = sheetdraft.letters(draft.key) if draft.key else None
        if told is not None and told != sheetdraft.letters(from_table):
            values = {"first": draft.key[:40], "second": from_table}
            problem = Problem(fields.line, Trouble.TWO_KEYS, values, fields.source)
        elif not draft.key:
            draft = replace(draft, key=from_table)
    if any(PICTURE.search(option) for option in draft.options):
        draft = _pictures_to_stem(fields, draft)
    return sheetdraft.item_of(fields, draft, hooks, "docx_read", problem=problem, is_bare=is_bare)


def _pictures_to_stem(fields: Fields, draft: Draft) -> Draft:
    """Options are plain words: their pictures stand under the question, called by their letters."""
    options = []
    for place, option in enumerate(draft.options):
        for found in re.findall(r"!\[[^\]]*\]\(picture:([0-9a-f]{64})\)", option):
            fields.stem += f"\n![Phương án {LETTERS[place]}](picture:{found})"
        words = _clean(re.sub(r"!\[[^\]]*\]\(picture:[0-9a-f]{64}\)", "", option))
        options.append(words or f"Hình {LETTERS[place]}")
    return replace(draft, options=tuple(options))


# --- Questions → Word ---------------------------------------------------------------------------------

_CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
    '<Default Extension="jpg" ContentType="image/jpeg"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/>'
    '<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.styles+xml"/></Types>'
)
_RELS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STYLES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault>'
    '<w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/><w:sz w:val="26"/>'
    '<w:lang w:val="vi-VN"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="60" w:line="264" '
    'w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style></w:styles>'
)
_DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><w:body>{}'
    '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="850" w:bottom="1134" w:left="1701" '
    'w:header="708" w:footer="708" w:gutter="0"/></w:sectPr></w:body></w:document>'
)
_INTRODUCTION = (
    "NGÂN HÀNG CÂU HỎI",
    "Mỗi câu bắt đầu bằng “Câu 1.”, “Câu 2.” …; mỗi phương án một dòng “A.”, “B.” …; phương án đúng ghi ở dòng "
    "“Đáp án: B” (nhiều đáp án: “Đáp án: B, D”), hoặc gạch chân, in đậm, hoặc đặt dấu * trước phương án.",
    "Câu đúng/sai: “Đáp án: Đúng”. Trả lời ngắn: “Đáp án: …”, các cách trả lời được chấp nhận cách nhau bằng dấu |. "
    "Tự luận: không có phương án và không có đáp án. Ghép đôi: mỗi phương án viết “vế trái → vế phải”.",
    "Các dòng có thể thêm dưới câu hỏi: Giải thích, Mức độ (Nhận biết, Thông hiểu, Vận dụng), Mục tiêu, Chủ đề, Mã, "
    "Thẻ, Gợi ý, Loại. Hình ảnh chèn ngay trong câu hỏi được giữ lại.",
)
_SAMPLES = (
    ("Câu 1. Ai duyệt bài trước khi đăng lên Trang cộng đồng?", "A. Người viết bài",
     "B. Người được giao phụ trách Trang", "C. Bất kỳ thành viên nào", "Đáp án: B",
     "Giải thích: Quy chế của Trang giao việc duyệt cho người phụ trách.",
     "Mức độ: Nhận biết"),
    ("Câu 2. Những việc nào phải làm khi phát hiện tin giả trên Trang?", "A. Ẩn bình luận và lưu bằng chứng",
     "B. Chia sẻ lại để cảnh báo", "C. Báo cáo cấp trên", "Đáp án: A, C", "Mức độ: Thông hiểu"),
    ("Câu 3. Trang cộng đồng được đăng danh sách hộ nghèo có số điện thoại.", "Đáp án: Sai", "Mức độ: Vận dụng"),
    ("Câu 4. Tên đầy đủ của cơ quan chủ quản Trang là gì?",
     "Đáp án: Ủy ban Mặt trận Tổ quốc Việt Nam | UBMTTQ Việt Nam", "Mức độ: Nhận biết"),
    ("Câu 5. Trình bày các bước xử lý một bình luận xúc phạm.", "Loại: Tự luận", "Mức độ: Vận dụng"),
)  # fmt: skip


class _Writer:
    def __init__(self) -> None:
        self.body: list[str] = []
        self._media: dict[str, tuple[str, bytes]] = {}

    def paragraph(self, words: str, *, bold: bool = False, hidden: bool = False, size: int = 0) -> None:
        looks = ("<w:b/>" if bold else "") + ("<w:vanish/>" if hidden else "")
        looks += f'<w:sz w:val="{size}"/>' if size else ""
        self.body.append(f"<w:p>{self._runs(words, looks)}</w:p>")

    def question(self, head: str, stem: str, pictures: Mapping[str, bytes]) -> None:
        """The number in bold, the words, and the pictures where they stand."""
        runs = [self._runs(head, "<w:b/>")]
        place = 0
        for found in re.finditer(r"!\[([^\]]*)\]\(picture:([0-9a-f]{64})\)", stem):
            if found[2] not in pictures:
                continue
            runs += [self._runs(stem[place : found.start()]), self._picture(found[1], found[2], pictures[found[2]])]
            place = found.end()
        runs.append(self._runs(stem[place:]))
        self.body.append(f'<w:p><w:pPr><w:spacing w:before="200"/></w:pPr>{"".join(runs)}</w:p>')

    def _runs(self, words: str, looks: str = "") -> str:
        if not words:
            return ""
        properties = f"<w:rPr>{looks}</w:rPr>" if looks else ""
        parts = []
        for number, line in enumerate(words.split("\n")):
            parts.append("<w:br/>" if number else "")
            if number and _QUESTION.match(line):
                # It must not begin a question of its own when it is read again.
                line = _GUARD + line
            for count, piece in enumerate(line.split("\t")):
                parts.append("<w:tab/>" if count else "")
                parts.append(f'<w:t xml:space="preserve">{escape(xmlfile_text(piece))}</w:t>' if piece else "")
        return f"<w:r>{properties}{''.join(parts)}</w:r>"

    def _picture(self, alt: str, digest: str, data: bytes) -> str:
        suffix = "png" if data.startswith(b"\x89PNG") else "jpg"
        key = f"rIdP{len(self._media) + 1}" if digest not in self._media else self._media[digest][0].split(" ")[0]
        self._media.setdefault(digest, (f"{key} {digest}.{suffix}", data))
        wide, high = _size(data)
        width = min(wide, 600) * 9525
        height = int(width * high / max(wide, 1))
        number = len(self.body) + 1
        return (
            f'<w:r><w:drawing><wp:inline><wp:extent cx="{width}" cy="{height}"/>'
            f'<wp:docPr id="{number}" name="Picture {number}" descr="{escape(alt, {chr(34): "&quot;"})}"/>'
            '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>'
            f'<pic:nvPicPr><pic:cNvPr id="{number}" name="{digest[:8]}"/><pic:cNvPicPr/></pic:nvPicPr>'
            f'<pic:blipFill><a:blip r:embed="{key}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
            f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
            "</wp:inline></w:drawing></w:r>"
        )

    def keep(self, pictures: Mapping[str, bytes]) -> None:
        """Pictures that stand nowhere in the text, such as the one under a hotspot."""
        for digest, data in pictures.items():
            suffix = "png" if data.startswith(b"\x89PNG") else "jpg"
            self._media.setdefault(digest, (f"rIdP{len(self._media) + 1} {digest}.{suffix}", data))

    def save(self) -> bytes:
        held = io.BytesIO()
        links = [f'<Relationship Id="rIdS" Type="{_OFFICE}/styles" Target="styles.xml"/>']
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            for named, data in self._media.values():
                key, name = named.split(" ")
                archive.writestr(f"word/media/{name}", data)
                links.append(f'<Relationship Id="{key}" Type="{_OFFICE}/image" Target="media/{name}"/>')
            archive.writestr("[Content_Types].xml", _CONTENT_TYPES)
            main = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
            archive.writestr("_rels/.rels", _RELS.format(main))
            archive.writestr("word/_rels/document.xml.rels", _RELS.format("".join(links)))
            archive.writestr("word/styles.xml", _STYLES)
            archive.writestr("word/document.xml", _DOCUMENT.format("".join(self.body)))
        return held.getvalue()


def xmlfile_text(words: str) -> str:
    """Without what XML cannot hold."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", words)


def _size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels as the file says; (600, 400) where it does not."""
    if data.startswith(b"\x89PNG") and len(data) > 24:
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    place = 2
    while data.startswith(b"\xff\xd8") and place + 9 < len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            high, wide = (
                int.from_bytes(data[place + 5 : place + 7], "big"),
                int.from_bytes(data[place + 7 : place + 9], "big"),
            )
            return wide or 600, high or 400
        place += 2 + length
    return 600, 400


def _written(item: Item, hooks: Sequence[ModuleType]) -> Draft:
    for hook in hooks:
        if item.type == hook.NAME and hasattr(hook, "docx_write"):
            try:
                draft: Draft | None = hook.docx_write(item.content)
            except (KeyError, TypeError, ValueError, AttributeError):
                draft = None
            if draft is not None:
                return draft
    return Draft(item.type)


def _put(writer: _Writer, number: int, item: Item, draft: Draft, data: str) -> None:
    writer.question(f"Câu {number}. ", item.stem, item.pictures)
    writer.keep(item.pictures)
    for letter, option in zip(LETTERS, draft.options, strict=False):
        writer.paragraph(f"{letter}. {option}")
    told = {
        "Loại": sheetdraft.word_of(KINDS, draft.kind),
        "Đáp án": draft.key,
        "Giải thích": item.reason,
        "Mức độ": sheetdraft.word_of(LEVELS, item.level) if item.level else "",
        "Mục tiêu": item.objective,
        "Chủ đề": " / ".join(item.category),
        "Mã": item.code,
        "Thẻ": ", ".join(item.tags),
    }
    for label, words in told.items():
        if words:
            writer.paragraph(f"{label}: {words}")
    for hint in item.hints:
        writer.paragraph(f"Gợi ý: {hint}")
    if data:
        writer.paragraph(f"{DATA_LABEL}: {data}", hidden=True)


def write(items: Sequence[Item], hooks: Sequence[ModuleType]) -> Written:
    """All questions, one after the other. Each is read again, and what came back otherwise goes into a hidden line."""
    rows = list(items)
    drafts = [_written(item, hooks) for item in rows]
    first = _Writer()
    for number, (item, draft) in enumerate(zip(rows, drafts, strict=True), start=1):
        _put(first, number, item, draft, "")
    read_back = _read_back(first.save(), hooks, len(rows)) if rows else {}
    writer = _Writer()
    writer.paragraph(_INTRODUCTION[0], bold=True, size=32)
    for number, (item, draft) in enumerate(zip(rows, drafts, strict=True), start=1):
        _put(writer, number, item, draft, sheetdraft.parcel(item, read_back.get(number)))
    return Written(writer.save())


def _read_back(data: bytes, hooks: Sequence[ModuleType], count: int) -> dict[int, Item]:
    """What the words alone give, by number of the question; nothing if they break the counting."""
    reader = _Reader(data, None)
    parser = _Parser(reader.lines())
    parser.read()
    if [question.number for question in parser.questions] != list(range(1, count + 1)):
        return {}
    found = (
        (question.number, _read_one(question, parser.keys, reader.pictures, hooks, is_bare=True))
        for question in parser.questions
    )
    return {number: item for number, item in found if isinstance(item, Item)}


def template() -> bytes:
    """A blank file to begin with: how it is written, and five questions as an example."""
    writer = _Writer()
    writer.paragraph(_INTRODUCTION[0], bold=True, size=32)
    for words in _INTRODUCTION[1:]:
        writer.paragraph(words)
    for sample in _SAMPLES:
        head, _, stem = sample[0].partition(". ")
        writer.question(f"{head}. ", stem, {})
        for words in sample[1:]:
            writer.paragraph(words)
    return writer.save()


__all__ = ["MEDIA_TYPE", "NAME", "SUFFIXES", "UnreadableError", "read", "template", "write"]
