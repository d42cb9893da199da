"""A handout in Markdown → a Word file that a unit fills in: A4, a Vietnamese font, tables with lines. No Django."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from markdown_it.token import Token

from courses.formats.errors import PackageError
from courses.formats.markdown import parse, plain_text
from courses.formats.sources import read_text

# On every office machine, with all Vietnamese letters.
FONT = "Times New Roman"
MOST_COLUMNS_UPRIGHT = 5
LEAST_ROW_HEIGHT = Cm(0.9)
_READ = {
    "heading_open",
    "paragraph_open",
    "bullet_list_open",
    "ordered_list_open",
    "table_open",
    "hr",
}


@dataclass(frozen=True)
class HandoutSource:
    """``title``: its first heading."""

    file: Path
    title: str
    text: str


def read_handout(file: Path) -> HandoutSource:
    text = read_text(file)
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("# "):
            return HandoutSource(file, plain_text(line[2:])[:255], text)
        if line.strip():
            raise PackageError(file, number, "a handout begins with its title, written # Title")
    raise PackageError(file, 1, "a handout begins with its title, written # Title")


def to_docx(handout: HandoutSource) -> bytes:
    """Two calls give the same text but not the same bytes: the file holds the time of its making."""
    tokens = parse(handout.text)
    document = Document()
    _page(document, is_wide=_columns(tokens) > MOST_COLUMNS_UPRIGHT)
    _fonts(document)
    document.core_properties.title = handout.title
    document.core_properties.language = "vi-VN"
    for group in _top_level(tokens):
        _write(document, group, handout.file)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _columns(tokens: list[Token]) -> int:
    """Of the widest table."""
    widest = count = 0
    for token in tokens:
        if token.type == "tr_open":
            count = 0
        elif token.type in ("th_open", "td_open"):
            count += 1
            widest = max(widest, count)
    return widest


def _page(document: Any, *, is_wide: bool) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    if is_wide:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Cm(29.7), Cm(21)
    section.left_margin, section.right_margin = Cm(3 if not is_wide else 2), Cm(2)
    section.top_margin = section.bottom_margin = Cm(2)


def _fonts(document: Any) -> None:
    for name, size in (("Normal", 13), ("Heading 1", 16), ("Heading 2", 14), ("Heading 3", 13), ("Title", 18)):
        style = document.styles[name]
        style.font.name, style.font.size = FONT, Pt(size)
        style.font.color.rgb = None
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(script), FONT)
        # A theme font would win over the one named here.
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
            fonts.attrib.pop(qn(theme), None)


def _top_level(tokens: list[Token]) -> Iterator[list[Token]]:
    """Each heading, paragraph, list and table with everything inside it."""
    group: list[Token] = []
    for token in tokens:
        group.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield group
            group = []


def _write(document: Any, group: list[Token], file: Path) -> None:
    first = group[0]
    line = first.map[0] + 1 if first.map else None
    if first.type not in _READ:
        raise PackageError(file, line, f"“{first.type.removesuffix('_open')}” has no place in a handout")
    if first.type == "heading_open":
        _runs(document.add_heading(level=min(int(first.tag[1]), 3)), group[1].children or [])
    elif first.type == "paragraph_open":
        _runs(document.add_paragraph(), group[1].children or [])
    elif first.type == "table_open":
        _table(document, group)
    elif first.type != "hr":
        _list(document, group)


def _list(document: Any, group: list[Token]) -> None:
    kinds: list[str] = []
    number = 0
    for token in group:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            kinds.append(token.type)
            number = 0 if len(kinds) == 1 else number
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            kinds.pop()
        elif token.type == "list_item_open" and kinds[-1] == "ordered_list_open":
            number += 1
        elif token.type == "inline":
            _list_item(document, token, kinds, number)


def _list_item(document: Any, token: Token, kinds: list[str], number: int) -> None:
    if kinds[-1] == "bullet_list_open":
        _runs(document.add_paragraph(style="List Bullet"), token.children or [])
        return
    # Word's own numbering would go on counting from list to list.
    paragraph = document.add_paragraph(f"{number}. ")
    paragraph.paragraph_format.left_indent = Cm(0.75 * len(kinds))
    paragraph.paragraph_format.first_line_indent = Cm(-0.75)
    _runs(paragraph, token.children or [])


def _table(document: Any, group: list[Token]) -> None:
    rows: list[list[list[Token]]] = []
    for token in group:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(token.children or [])
    table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
    for index, cells in enumerate(rows):
        row = table.rows[index]
        row.height = LEAST_ROW_HEIGHT
        for cell, children in zip(row.cells, cells, strict=False):
            _runs(cell.paragraphs[0], children, is_bold=index == 0)
    # The header is repeated on every page of a long table, and read out as a header.
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(mark)
    document.add_paragraph()


def _runs(paragraph: Any, tokens: list[Token], *, is_bold: bool = False) -> None:
    bold, italic = is_bold, False
    for token in tokens:
        if token.type in ("strong_open", "strong_close"):
            bold = is_bold or token.nesting == 1
        elif token.type in ("em_open", "em_close"):
            italic = token.nesting == 1
        elif token.type == "hardbreak":
            paragraph.add_run().add_break()
        elif token.type in ("text", "term", "code_inline", "softbreak"):
            run = paragraph.add_run(" " if token.type == "softbreak" else token.content)
            run.bold, run.italic = bold, italic
