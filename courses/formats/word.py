"""A .docx → the pieces of its text. No Django."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from courses.formats.pieces import (
    Cell,
    FileFault,
    Found,
    Heading,
    Item,
    Losses,
    LossKind,
    Paragraph,
    Picture,
    Piece,
    Run,
    Title,
    WordRefusedError,
    address,
    table_pieces,
    tidy,
    tidy_runs,
)
from courses.formats.word_package import Package, all_of, child_of, get, is_on, name_of, number, text_of, value_of

MAX_PICTURE = 20 * 1024 * 1024

_HEADING_NAME = re.compile(r"^(?:heading|đầu đề|tiêu đề|đề mục) ?([1-9])$", re.IGNORECASE)
# Word's own styles for lists inside lists say their depth by their name alone.
_LIST_NAME = re.compile(r"^list (?:bullet|number) ([2-5])$", re.IGNORECASE)
_HYPERLINK = re.compile(r'HYPERLINK\s+"([^"]*)"', re.IGNORECASE)
# Containers whose content is read as if they were not there. An insertion is accepted.
_OPEN = {"ins", "moveTo", "smartTag", "customXml", "sdtContent", "dir", "bdo", "fldSimple", "rubyBase", "ruby"}
_DELETED = {"del", "moveFrom"}
_RASTER = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
# Letters of Wingdings and Symbol that Word itself puts in while somebody types.
_SYMBOLS = {"F0E0": "→", "F0DF": "←", "F0B7": "•", "F0A7": "▪", "F0FC": "✓", "F0FE": "☑", "F0A8": "□", "F0E8": "→"}
_RAISED = dict(zip("0123456789+-()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ", strict=True))
_LOWERED = dict(zip("0123456789+-()", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎", strict=True))


def read_word(data: bytes) -> Found:
    """Headings, paragraphs, entries of lists, tables and pictures in the order of the text. Raises WordRefusedError."""
    package = Package(data)
    return _Reader(package).read()


def is_raster(data: bytes) -> bool:
    """What the library takes as a photograph or a screenshot: PNG, JPEG, WebP."""
    return data.startswith(_RASTER) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


@dataclass(frozen=True)
class _Style:
    """What a paragraph or character style says, with what it is based on. ``level`` 1 to 9; None: no heading."""

    name: str = ""
    level: int | None = None
    list_id: str | None = None
    depth: int = 0
    bold: bool | None = None
    italic: bool | None = None


@dataclass
class _Look:
    bold: bool = False
    italic: bool = False
    href: str = ""


@dataclass
class _Field:
    """A field like HYPERLINK: its instruction, then its result."""

    instruction: str = ""
    is_result: bool = False


@dataclass
class _Line:
    """A paragraph while it is read: its runs, cut where a picture stands."""

    parts: list[list[Run] | Picture] = field(default_factory=lambda: [[]])

    def add(self, text: str, look: _Look) -> None:
        last = self.parts[-1]
        if isinstance(last, Picture):
            last = []
            self.parts.append(last)
        last.append(Run(text, look.bold, look.italic, look.href))


class _Reader:
    def __init__(self, package: Package) -> None:
        self.package = package
        main = "word/document.xml"
        for kind, target, outside in package.relations("").values():
            if kind == "officeDocument" and not outside:
                main = target
        root = package.xml(main)
        self.body = child_of(root, "body")
        if self.body is None:
            raise WordRefusedError(FileFault.BROKEN)
        self.main = main
        self.relations = package.relations(main)
        self.losses = Losses()
        self.styles = self._read_styles()
        self.lists = self._read_lists()
        self.pictures: dict[str, bytes] = {}
        self.fields: list[_Field] = []
        self.carried: _Line | None = None
        self.has_changes = False

    def read(self) -> Found:
        self._tell_of_headers()
        pieces = list(self._pieces(self.body))
        if self.carried:
            pieces.extend(self._finished(self.carried, None))
        if self.has_changes:
            self.losses.add(LossKind.TRACKED)
        return Found(tuple(pieces), self.pictures, self.losses)

    # --- The other parts -----------------------------------------------------------------------------

    def _part(self, kind: str) -> Any:
        target = next(
            (target for found, target, outside in self.relations.values() if found == kind and not outside), ""
        )
        return self.package.xml(target) if target else None

    def _read_styles(self) -> dict[str, _Style]:
        root = self._part("styles")
        raw = (
            {get(style, "styleId") or "": style for style in root if name_of(style) == "style"}
            if root is not None
            else {}
        )
        found: dict[str, _Style] = {}
        for key in raw:
            # From the style up to what it is based on; a circle ends where it began.
            chain: list[Any] = []
            current: str | None = key
            while current in raw and raw[current] not in chain:
                chain.append(raw[current])
                current = value_of(raw[current], "basedOn")
            found[key] = self._style(chain)
        return found

    def _style(self, chain: list[Any]) -> _Style:
        level: int | None = None
        list_id: str | None = None
        depth = 0
        bold = italic = None
        for style in chain:
            marks, looks = child_of(style, "pPr"), child_of(style, "rPr")
            name = _HEADING_NAME.match(value_of(style, "name") or "")
            outline = number(value_of(marks, "outlineLvl"))
            if level is None and (name or outline is not None):
                level = int(name[1]) if name else (outline or 0) + 1
            numbering = child_of(marks, "numPr")
            if list_id is None and numbering is not None:
                list_id = value_of(numbering, "numId")
                named = _LIST_NAME.match(value_of(style, "name") or "")
                depth = int(named[1]) - 1 if named else number(value_of(numbering, "ilvl")) or 0
            bold = is_on(looks, "b") if bold is None else bold
            italic = is_on(looks, "i") if italic is None else italic
        is_heading = level is not None and level <= 9
        return _Style(
            (value_of(chain[0], "name") or "").lower(), level if is_heading else None, list_id, depth, bold, italic
        )

    def _read_lists(self) -> dict[tuple[str, int], str]:
        """(number of a list, depth) → the format of its numbers; "bullet" and "none" among them."""
        root = self._part("numbering")
        if root is None:
            return {}
        formats: dict[str, dict[int, str]] = {}
        for abstract in root:
            if name_of(abstract) == "abstractNum":
                formats[get(abstract, "abstractNumId") or ""] = {
                    number(get(level, "ilvl")) or 0: value_of(level, "numFmt") or "decimal"
                    for level in abstract
                    if name_of(level) == "lvl"
                }
        found: dict[tuple[str, int], str] = {}
        for entry in root:
            if name_of(entry) == "num":
                key = get(entry, "numId") or ""
                levels = formats.get(value_of(entry, "abstractNumId") or "", {})
                found |= {(key, depth): kind for depth, kind in levels.items()}
        return found

    def _tell_of_headers(self) -> None:
        for kind, target, outside in self.relations.values():
            if kind in ("header", "footer") and not outside:
                root = self.package.xml(target)
                if root is not None and text_of(root):
                    self.losses.add(LossKind.HEADER, text_of(root))

    # --- Paragraphs and tables -----------------------------------------------------------------------

    def _pieces(self, parent: Any) -> Iterator[Piece]:
        for child in parent:
            name = name_of(child)
            if name == "p":
                yield from self._paragraph(child)
            elif name == "tbl":
                yield from self._table(child)
            elif name == "sdt":
                yield from self._control(child)
            elif name in _OPEN:
                self.has_changes |= name in ("ins", "moveTo")
                yield from self._pieces(child)
            elif name in _DELETED:
                self.has_changes = True
            elif name == "altChunk":
                self.losses.add(LossKind.EMBEDDED)
            elif name in ("oMath", "oMathPara"):
                self.losses.add(LossKind.EQUATION, text_of(child))

    def _control(self, control: Any) -> Iterator[Piece]:
        marks = child_of(control, "sdtPr")
        galleries = all_of(marks, "docPartGallery") if marks is not None else ()
        if any(get(gallery, "val") == "Table of Contents" for gallery in galleries):
            self.losses.add(LossKind.CONTENTS, text_of(control))
        elif (content := child_of(control, "sdtContent")) is not None:
            yield from self._pieces(content)

    def _paragraph(self, paragraph: Any) -> Iterator[Piece]:
        marks = child_of(paragraph, "pPr")
        style = self.styles.get(value_of(marks, "pStyle") or "", _Style())
        if style.name.startswith("toc ") or style.name == "table of figures":
            self.losses.add(LossKind.CONTENTS, text_of(paragraph))
            return
        line, self.carried = self.carried or _Line(), None
        look = _Look() if _is_heading(style, marks) else _Look(bool(style.bold), bool(style.italic))
        self._inline(paragraph, line, look)
        mark = child_of(marks, "rPr")
        if mark is not None and any(child_of(mark, name) is not None for name in ("del", "moveFrom")):
            # The end of this paragraph was deleted: it goes on in the next one.
            self.has_changes = True
            self.carried = line
            return
        if mark is not None and child_of(mark, "ins") is not None:
            self.has_changes = True
        yield from self._finished(line, marks)

    def _finished(self, line: _Line, marks: Any) -> Iterator[Piece]:
        """The paragraph, cut where its pictures stand."""
        style = self.styles.get(value_of(marks, "pStyle") or "", _Style()) if marks is not None else _Style()
        numbering = child_of(marks, "numPr")
        list_id = value_of(numbering, "numId") if numbering is not None else style.list_id
        said = number(value_of(numbering, "ilvl")) if numbering is not None else None
        depth = style.depth if said is None else said
        inside = depth if said is not None else 0
        kind = (
            self.lists.get((list_id, depth), self.lists.get((list_id, inside), "none"))
            if list_id and list_id != "0"
            else "none"
        )
        level = _level(style, marks)
        for part in line.parts:
            if isinstance(part, Picture):
                yield part
                continue
            runs = tidy_runs(part)
            if not runs:
                continue
            words = tidy("".join(run.text for run in runs))
            if style.name == "title":
                yield Title(words)
            elif level is not None:
                if kind not in ("none", "bullet"):
                    self.losses.add(LossKind.NUMBERED_HEADING, words)
                yield Heading(level, words)
            elif kind != "none":
                yield Item(runs, depth, kind != "bullet", list_id or "")
            else:
                yield Paragraph(runs, is_caption=style.name == "caption")

    def _table(self, table: Any) -> Iterator[Piece]:
        rows: list[list[Cell]] = []
        above: dict[int, Cell] = {}
        for row in self._rows(table):
            marks = child_of(row, "trPr")
            if marks is not None and child_of(marks, "del") is not None:
                self.has_changes = True
                continue
            cells: list[Cell] = []
            column = number(value_of(marks, "gridBefore")) or 0
            cells.extend(Cell([]) for _ in range(min(column, 50)))
            for cell in self._cells(row):
                properties = child_of(cell, "tcPr")
                across = min(max(number(value_of(properties, "gridSpan")) or 1, 1), 50)
                merge = child_of(properties, "vMerge")
                pieces = list(self._pieces(cell))
                if self.carried:
                    pieces.extend(self._finished(self.carried, None))
                    self.carried = None
                if merge is not None and (get(merge, "val") or "continue") == "continue" and column in above:
                    above[column].down += 1
                    above[column].pieces.extend(pieces)
                else:
                    found = Cell(pieces, across)
                    cells.append(found)
                    if merge is not None:
                        above[column] = found
                    else:
                        above.pop(column, None)
                column += across
            rows.append(cells)
        yield from table_pieces(rows, self.losses)

    def _rows(self, table: Any) -> Iterator[Any]:
        yield from self._inside(table, "tr")

    def _cells(self, row: Any) -> Iterator[Any]:
        yield from self._inside(row, "tc")

    def _inside(self, parent: Any, wanted: str) -> Iterator[Any]:
        for child in parent:
            name = name_of(child)
            if name == wanted:
                yield child
            elif name == "sdt" or name in _OPEN:
                yield from self._inside(child, wanted)

    # --- Runs ----------------------------------------------------------------------------------------

    def _inline(self, parent: Any, line: _Line, look: _Look) -> None:
        for child in parent:
            name = name_of(child)
            if name == "r":
                self._run(child, line, look)
            elif name == "hyperlink":
                _kind, target, outside = self.relations.get(get(child, "id") or "", ("", "", False))
                href = address(target) if outside else ""
                self._inline(child, line, _Look(look.bold, look.italic, href or look.href))
            elif name in _OPEN or name == "sdt":
                self.has_changes |= name in ("ins", "moveTo")
                self._inline(child, line, look)
            elif name in _DELETED:
                self.has_changes = True
            elif name in ("oMath", "oMathPara"):
                self.losses.add(LossKind.EQUATION, text_of(child))

    def _run(self, run: Any, line: _Line, around: _Look) -> None:
        marks = child_of(run, "rPr")
        if is_on(marks, "vanish") and text_of(run):
            self.losses.add(LossKind.HIDDEN, text_of(run))
            return
        look = self._look(marks, around)
        raised = value_of(marks, "vertAlign")
        for child in run:
            name = name_of(child)
            if name == "fldChar":
                self._field(get(child, "fldCharType") or "")
            elif name == "instrText" and self.fields and not self.fields[-1].is_result:
                self.fields[-1].instruction += child.text or ""
            elif name == "t":
                if not any(not field.is_result for field in self.fields):
                    line.add(_shifted(child.text or "", raised), self._with_link(look))
            else:
                self._other(child, name, line, look)

    def _other(self, child: Any, name: str, line: _Line, look: _Look) -> None:
        """What a run holds beside words."""
        if name in ("tab", "ptab"):
            line.add(" ", look)
        elif name in ("br", "cr"):
            line.add(" " if get(child, "type") in ("page", "column") else "\n", look)
        elif name == "noBreakHyphen":
            line.add("-", look)
        elif name == "sym":
            letter = (get(child, "char") or "").upper()
            if letter in _SYMBOLS:
                line.add(_SYMBOLS[letter], look)
            else:
                self.losses.add(LossKind.SYMBOL)
        elif name in ("footnoteReference", "endnoteReference"):
            self.losses.add(LossKind.FOOTNOTE, self._note(name.removesuffix("Reference"), get(child, "id")))
        elif name == "commentReference":
            self.losses.add(LossKind.COMMENT, self._note("comment", get(child, "id")))
        elif name == "AlternateContent":
            choice = child_of(child, "Choice")
            # The fallback is the same thing drawn for older programs.
            for inner in choice if choice is not None else (child_of(child, "Fallback") or ()):
                self._other(inner, name_of(inner), line, look)
        elif name in ("drawing", "pict", "object"):
            self._drawing(child, name, line)
        elif name == "delText":
            self.has_changes = True

    def _look(self, marks: Any, around: _Look) -> _Look:
        style = self.styles.get(value_of(marks, "rStyle") or "", _Style())
        bold, italic = is_on(marks, "b"), is_on(marks, "i")
        bold = style.bold if bold is None else bold
        italic = style.italic if italic is None else italic
        return _Look(around.bold if bold is None else bold, around.italic if italic is None else italic, around.href)

    def _field(self, kind: str) -> None:
        if kind == "begin":
            self.fields.append(_Field())
        elif kind == "separate" and self.fields:
            self.fields[-1].is_result = True
        elif kind == "end" and self.fields:
            self.fields.pop()

    def _with_link(self, look: _Look) -> _Look:
        for field_ in reversed(self.fields):
            if found := _HYPERLINK.search(field_.instruction):
                return _Look(look.bold, look.italic, address(found[1]) or look.href)
        return look

    def _note(self, kind: str, key: str | None) -> str:
        """The words of a footnote, an endnote or a comment."""
        root = self._part(f"{kind}s")
        note = next((note for note in root if get(note, "id") == key), None) if root is not None else None
        return text_of(note) if note is not None else ""

    def _drawing(self, drawing: Any, name: str, line: _Line) -> None:
        """Pictures are taken, everything else that Word draws is told."""
        kinds = {(get(data, "uri") or "").rpartition("/")[2] for data in all_of(drawing, "graphicData")}
        if "diagram" in kinds:
            self.losses.add(LossKind.SMART_ART)
            return
        if "chart" in kinds or "chartex" in kinds:
            self.losses.add(LossKind.CHART)
            return
        boxes = list(all_of(drawing, "txbxContent"))
        for box in boxes:
            self.losses.add(LossKind.TEXT_BOX, text_of(box))
        if name == "object":
            self.losses.add(LossKind.EMBEDDED)
        described = next(all_of(drawing, "docPr"), None)
        alternative = (get(described, "descr") or "") if described is not None else ""
        if not alternative and (shape := next(all_of(drawing, "shape"), None)) is not None:
            alternative = get(shape, "alt") or ""
        references = [get(blip, "embed") or get(blip, "link") for blip in all_of(drawing, "blip")]
        references += [get(data, "id") for data in all_of(drawing, "imagedata")]
        for reference in references:
            self._picture(reference, tidy(alternative), line)
        if not (boxes or references or name == "object"):
            self.losses.add(LossKind.SHAPE, alternative)

    def _picture(self, reference: str | None, alternative: str, line: _Line) -> None:
        _kind, target, outside = self.relations.get(reference or "", ("", "", True))
        if outside:
            self.losses.add(LossKind.PICTURE_OUTSIDE, alternative)
            return
        if target not in self.pictures:
            data = self.package.bytes_of(target, MAX_PICTURE)
            if data is None:
                self.losses.add(LossKind.PICTURE_BROKEN, alternative)
                return
            if not is_raster(data):
                self.losses.add(LossKind.PICTURE_VECTOR, alternative or posixpath.basename(target))
                return
            self.pictures[target] = data
        line.parts.append(Picture(target, alternative))


def _level(style: _Style, marks: Any) -> int | None:
    """What the paragraph itself says, else its style. Outline level 9 says: this is text."""
    outline = number(value_of(marks, "outlineLvl"))
    if outline is not None:
        return outline + 1 if outline < 9 else None
    return style.level


def _is_heading(style: _Style, marks: Any) -> bool:
    return style.name == "title" or _level(style, marks) is not None


def _shifted(text: str, raised: str | None) -> str:
    """m2 with a raised 2 reads m²; what has no such letter stays as it is."""
    letters = {"superscript": _RAISED, "subscript": _LOWERED}.get(raised or "", {})
    return "".join(letters[char] for char in text) if text and all(char in letters for char in text) else text
