"""What Word, LibreOffice and Google Docs put on the clipboard → the pieces of its text. No Django.

A browser hands over HTML whose meaning lies half in the elements and half in Word's own words inside ``style``
(``mso-list``, ``mso-outline-level``); everything else in there is looks, and is dropped.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import lxml.html
from lxml import etree

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
from courses.formats.word import is_raster

MAX_CHARACTERS = 5 * 1024 * 1024
MAX_PICTURE = 20 * 1024 * 1024

_MARKUP = re.compile(
    r"<(?:!doctype|html|body|head|meta|p|div|span|br|table|ul|ol|li|h[1-6]|b|i|a|strong|em|!--)\b", re.I
)
_FRAGMENT = re.compile(r"<!--\s*StartFragment\s*-->(.*)<!--\s*EndFragment\s*-->", re.IGNORECASE | re.DOTALL)
_PROPERTY = re.compile(r"([\w-]+)\s*:\s*([^;]*)")
_LEVEL = re.compile(r"\blevel(\d+)\b")
_LIST = re.compile(r"\b(l\d+)\b")
_NUMBER = re.compile(r"^[(\[]?(?:\d+|[a-zđ]|[ivxlc]+)(?:\.\d+)*[.)\]:]?$", re.IGNORECASE)
_DATA = re.compile(r"^data:image/[\w.+-]+;base64,(.*)$", re.IGNORECASE | re.DOTALL)
_DROPPED = {"head", "style", "script", "title", "meta", "link", "xml", "template", "noscript", "iframe", "object",
            "embed", "svg", "button", "select", "textarea", "input", "colgroup", "col", "audio", "video"}  # fmt: skip
_BLOCKS = {"p", "div", "section", "article", "main", "header", "footer", "aside", "center", "blockquote", "pre", "body",
           "html", "ul", "ol", "li", "dl", "dt", "dd", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "figure",
           "figcaption", "address", "fieldset", "form", "nav"}  # fmt: skip
_BOLD = {"b", "strong"}
_ITALIC = {"i", "em", "cite", "dfn"}


def read_html(text: str) -> Found:
    """Pieces in the order of the text. Words without markup: every line a paragraph. Raises WordRefusedError."""
    if len(text) > MAX_CHARACTERS:
        raise WordRefusedError(FileFault.TOO_BIG)
    text = text.replace("\0", "")
    if not _MARKUP.search(text):
        lines = (tidy_runs([Run(line)]) for line in text.splitlines())
        return Found(tuple(Paragraph(line) for line in lines if line), {}, Losses())
    fragment = _FRAGMENT.search(text)
    try:
        root = lxml.html.document_fromstring(f"<html><body>{fragment[1]}</body></html>" if fragment else text)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return Found((), {}, Losses())
    return _Reader().read(root)


@dataclass(frozen=True)
class _Look:
    bold: bool = False
    italic: bool = False
    href: str = ""
    keeps_breaks: bool = False


@dataclass(frozen=True)
class _Place:
    """Where words stand: what kind of paragraph they will be."""

    kind: str = "text"  # text, heading, item, caption, title
    level: int = 0
    is_ordered: bool = False
    source: str = ""


@dataclass
class _Open:
    """The paragraph that is being read."""

    place: _Place = _Place()
    runs: list[Run] = field(default_factory=list)


def _style(element: Any) -> dict[str, str]:
    written = element.get("style") or ""
    return {name.lower(): value.strip().lower() for name, value in _PROPERTY.findall(written[:5000])}


def _classes(element: Any) -> set[str]:
    return {name.lower() for name in (element.get("class") or "").split()}


def _words(element: Any) -> str:
    return tidy("".join(element.itertext()))


class _Reader:
    def __init__(self) -> None:
        self.losses = Losses()
        self.pictures: dict[str, bytes] = {}
        self.pieces: list[Piece] = []
        self.open = _Open()
        self.has_changes = False

    def read(self, root: Any) -> Found:
        body = root.find("body")
        self._walk(body if body is not None else root, _Look(), _Place(), 0)
        self._end()
        if self.has_changes:
            self.losses.add(LossKind.TRACKED)
        return Found(tuple(self.pieces), self.pictures, self.losses)

    def _end(self) -> None:
        """The open paragraph is finished; one without words was none."""
        runs, place = tidy_runs(self.open.runs), self.open.place
        self.open = _Open()
        if not runs:
            return
        words = tidy("".join(run.text for run in runs))
        match place.kind:
            case "heading":
                self.pieces.append(Heading(place.level, words))
            case "title":
                self.pieces.append(Title(words))
            case "item":
                self.pieces.append(Item(runs, place.level, place.is_ordered, place.source))
            case _:
                self.pieces.append(Paragraph(runs, is_caption=place.kind == "caption"))

    def _begin(self, place: _Place) -> None:
        self._end()
        self.open = _Open(place)

    def _say(self, text: str | None, look: _Look) -> None:
        if text:
            # A line end in the source is a blank; only <br> and preformatted text break a line.
            text = text if look.keeps_breaks else re.sub(r"[ \t\r\n\f]+", " ", text)
            self.open.runs.append(Run(text, look.bold, look.italic, look.href))

    # --- Elements ------------------------------------------------------------------------------------

    def _walk(self, element: Any, look: _Look, place: _Place, lists: int) -> None:
        """Everything inside ``element``, with the words between its children."""
        self._say(element.text, look)
        for child in element:
            if isinstance(child.tag, str):
                self._element(child, child.tag.lower(), look, place, lists)
            self._say(child.tail, look)

    def _element(self, element: Any, tag: str, look: _Look, place: _Place, lists: int) -> None:
        style = _style(element)
        if tag in _DROPPED or self._is_left_out(element, tag, style):
            return
        if tag == "br":
            if "page" not in style.get("page-break-before", ""):
                self._say("\n", replace(look, keeps_breaks=True))
        elif tag in ("img", "v:imagedata"):
            self._picture(element)
        elif tag == "table":
            self._table(element)
        elif tag in ("ul", "ol"):
            self._end()
            self._list(element, tag, look, lists)
        elif tag in _BLOCKS:
            self._block(element, tag, style, look, place, lists)
        else:
            self._walk(element, self._look(element, tag, style, look), place, lists)

    def _is_left_out(self, element: Any, tag: str, style: dict[str, str]) -> bool:
        """Notes, comments, deletions, what is hidden: told, unless it is Word's own scaffolding."""
        classes = _classes(element)
        kind = style.get("mso-element", "")
        if kind in ("comment-list", "comment") or "msocomtxt" in classes:
            return True
        if classes & {"msocomanchor", "msocommentreference"}:
            if "msocomanchor" in _all_classes(element):
                self.losses.add(LossKind.COMMENT)
            return True
        if kind in ("footnote-list", "endnote-list", "footnote", "endnote") or re.match(
            r"sd(foot|end)note\d", element.get("id") or ""
        ):
            return True
        if "mso-footnote-id" in style or "mso-endnote-id" in style or classes & {"sdfootnoteanc", "sdendnoteanc"}:
            self.losses.add(LossKind.FOOTNOTE, self._note(element))
            return True
        if tag == "del" or (tag in ("s", "strike") and "msodel" in _all_classes(element)):
            self.has_changes = True
            return True
        if tag == "ins":
            self.has_changes = True
        if style.get("mso-list") == "ignore":
            return True
        loss = _loss_of(tag, kind, style, classes)
        if loss is None:
            return False
        if words := _words(element):
            self.losses.add(loss, words)
        return True

    def _note(self, anchor: Any) -> str:
        """The words of the footnote that ``anchor`` points to."""
        target = (anchor.get("href") or "").rpartition("#")[2]
        if not target:
            return ""
        for note in anchor.getroottree().getroot().iter():
            if isinstance(note.tag, str) and target in (note.get("name"), note.get("id")):
                parent = note.getparent()
                return _words(parent if parent is not None else note)
        return ""

    def _look(self, element: Any, tag: str, style: dict[str, str], look: _Look) -> _Look:
        """Google Docs wraps everything in a <b> that is not bold: what ``style`` says wins."""
        bold, italic, href = look.bold or tag in _BOLD, look.italic or tag in _ITALIC, look.href
        weight = style.get("font-weight", "")
        if weight in ("bold", "bolder") or (weight.isdigit() and int(weight) >= 600):
            bold = True
        elif weight in ("normal", "lighter") or weight.isdigit():
            bold = False
        if "font-style" in style:
            italic = style["font-style"] in ("italic", "oblique")
        if tag == "a":
            href = address(_straight(element.get("href") or "")) or look.href
        keeps = look.keeps_breaks or style.get("white-space", "") in ("pre", "pre-line") or tag == "pre"
        return _Look(bold, italic, href, keeps)

    def _block(self, element: Any, tag: str, style: dict[str, str], look: _Look, place: _Place, lists: int) -> None:
        inner = self._place(element, tag, style, place)
        own = _Look(keeps_breaks=look.keeps_breaks or tag == "pre") if inner.kind in ("heading", "title") else (
            self._look(element, tag, style, look))  # fmt: skip
        # A paragraph inside an entry of a list goes on in the entry; the second one breaks its line.
        if inner.kind == "item" and inner == self.open.place and place.kind == "item":
            if tidy_runs(self.open.runs):
                self._say("\n", replace(look, keeps_breaks=True))
            self._walk(element, own, inner, lists)
            return
        self._begin(inner)
        self._walk(element, own, inner, lists)
        self._begin(place)

    def _place(self, element: Any, tag: str, style: dict[str, str], place: _Place) -> _Place:
        classes = _classes(element)
        outline = style.get("mso-outline-level", "")
        if outline.isdigit() and 1 <= int(outline) <= 9 and "msotitle" not in classes:
            return _Place("heading", int(outline))
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            return _Place("heading", int(tag[1]))
        if "msotitle" in classes or (tag == "p" and "title" in classes):
            return _Place("title")
        if "msocaption" in classes or tag == "figcaption" or (tag == "p" and "caption" in classes):
            return _Place("caption")
        listed = style.get("mso-list", "")
        if tag in ("p", "div", "li") and (level := _LEVEL.search(listed)):
            source = _LIST.search(listed)
            return _Place("item", min(int(level[1]), 9) - 1, self._counts(element), source[1] if source else "")
        return place if place.kind == "item" else _Place()

    def _counts(self, paragraph: Any) -> bool:
        """Word writes the number or the bullet itself, in a span that says "ignore"."""
        for inner in paragraph.iter():
            if isinstance(inner.tag, str) and _style(inner).get("mso-list") == "ignore":
                return bool(_NUMBER.match(_words(inner))) and _words(inner) not in ("o", "v", "x")
        return False

    def _list(self, element: Any, tag: str, look: _Look, lists: int) -> None:
        for child in element:
            if not isinstance(child.tag, str):
                continue
            inner = child.tag.lower()
            if inner == "li":
                place = _Place("item", lists, tag == "ol")
                said = self._place(child, "li", _style(child), place)
                self._begin(said)
                if not self._is_left_out(child, "li", _style(child)):
                    self._walk(child, self._look(child, "li", _style(child), look), said, lists + 1)
                self._end()
            elif inner in ("ul", "ol"):
                # A list straight inside a list, as LibreOffice and Google Docs nest them.
                self._list(child, inner, look, lists + 1)
            else:
                self._element(child, inner, look, _Place("item", lists, tag == "ol"), lists)
                self._end()

    # --- Tables and pictures -------------------------------------------------------------------------

    def _table(self, table: Any) -> None:
        self._end()
        outer, self.pieces = self.pieces, []
        rows: list[list[Cell]] = []
        captions: list[Piece] = []
        for part, row in _parts_of_table(table):
            if part == "caption":
                captions.extend(self._inside(row, _Place("caption")))
                continue
            cells = []
            for cell in row:
                if isinstance(cell.tag, str) and cell.tag.lower() in ("td", "th"):
                    pieces = self._inside(cell, _Place())
                    cells.append(Cell(pieces, _span(cell, "colspan"), _span(cell, "rowspan")))
            if cells:
                rows.append(cells)
        self.pieces = [*outer, *captions, *table_pieces(rows, self.losses)]

    def _inside(self, element: Any, place: _Place) -> list[Piece]:
        before, self.pieces = self.pieces, []
        self._begin(place)
        self._walk(element, _Look(), place, 0)
        self._end()
        found, self.pieces = self.pieces, before
        return found

    def _picture(self, element: Any) -> None:
        source = (element.get("src") or "").strip()
        alternative = tidy(element.get("alt") or element.get("o:title") or "")
        data = _DATA.match(source)
        if not data:
            if element.tag.lower() == "img" or source:
                self.losses.add(LossKind.PICTURE_OUTSIDE, alternative)
            if element.tag.lower() != "img":
                self._walk(element, _Look(), self.open.place, 0)
            return
        try:
            content = base64.b64decode(re.sub(r"\s+", "", data[1]), validate=True)
        except (binascii.Error, ValueError):
            content = b""
        if not content or len(content) > MAX_PICTURE:
            self.losses.add(LossKind.PICTURE_BROKEN, alternative)
        elif not is_raster(content):
            self.losses.add(LossKind.PICTURE_VECTOR, alternative)
        else:
            key = f"picture-{len(self.pictures) + 1}"
            place = self.open.place
            self._end()
            self.pictures[key] = content
            self.pieces.append(Picture(key, alternative))
            self.open = _Open(place)


def _loss_of(tag: str, kind: str, style: dict[str, str], classes: set[str]) -> LossKind | None:
    """Why ``element`` has no place in a lesson; None if it has."""
    if kind in ("header", "footer"):
        return LossKind.HEADER
    if style.get("mso-hide") == "all" or style.get("display") == "none" or style.get("visibility") == "hidden":
        return LossKind.HIDDEN
    if tag in ("v:textbox", "w:txbxcontent"):
        return LossKind.TEXT_BOX
    if tag in ("math", "m:omath", "m:omathpara"):
        return LossKind.EQUATION
    if any(name.startswith("msotoc") and name[6:].isdigit() for name in classes):
        return LossKind.CONTENTS
    return None


def _all_classes(element: Any) -> set[str]:
    return {name for inner in element.iter() if isinstance(inner.tag, str) for name in _classes(inner)}


def _span(cell: Any, name: str) -> int:
    written = (cell.get(name) or "").strip()
    return min(max(int(written), 1), 50) if written.isdigit() and len(written) < 5 else 1


def _parts_of_table(table: Any) -> Iterator[tuple[str, Any]]:
    """("caption", …) and ("tr", …), through thead, tbody and tfoot, not into a table inside."""
    for child in table:
        tag = child.tag.lower() if isinstance(child.tag, str) else ""
        if tag in ("tr", "caption"):
            yield tag, child
        elif tag in ("thead", "tbody", "tfoot"):
            yield from _parts_of_table(child)


def _straight(href: str) -> str:
    """Google Docs sends readers through its own address."""
    if href.startswith(("https://www.google.com/url?", "http://www.google.com/url?")):
        return parse_qs(urlsplit(href).query).get("q", [href])[0]
    return href
