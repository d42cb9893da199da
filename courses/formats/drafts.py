"""The pieces of a text → the blocks of a lesson, in the order of the text. No Django."""

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from courses.formats.pieces import (
    SAMPLE_LENGTH,
    FileFault,
    Found,
    Heading,
    Item,
    Losses,
    LossKind,
    Paragraph,
    Picture,
    Piece,
    Runs,
    Table,
    Title,
    WordRefusedError,
    plain,
    words_of,
)

HEADING_LENGTH = 150  # of the blocks (courses.blocks), like the next three
CAPTION_LENGTH = 250
COLUMN_LENGTH = 100
CELL_LENGTH = 500
MOST_COLUMNS = 6  # what can be read on a phone, turned sideways
MOST_PIECES = 2000
MOST_PICTURES = 60
DEEPEST_LIST = 3

# Letters that Vietnamese does not have but that the old code tables turn into once they are taken for Latin-1. Signs
# that stand beside letters in ordinary text too (m², 30°C, ª, º, ·, §, ©, ®, «») are not among them.
_TCVN3 = re.compile(r"[^\W\d_][¡-¦¨¬¯±´µ¶¸¹¼-¿×÷ÆÇËÎÏÑÖØÛÜÞßåæçëîïñöøûüþÿ„‰Šœž™]|[¡-¦¨¬¯±´µ¶¸¹¼-¿]+[^\W\d_]")
_VNI = re.compile(r"a[âêøùûõïàáäåéèëúü]|e[âãàáäåïøùûõ]|o[âïøùûõ]|u[øùûõï]|ö[ôø]|[öô][ùøûõï]|ñ", re.IGNORECASE)
_BROKEN_SHARE = 10  # per cent of the words: in a text typed so, a third of all words or more


def refuse_old_font(texts: Iterable[str]) -> None:
    """A text typed in TCVN3 or VNI holds letters that Vietnamese does not have, in every third word. Raises."""
    words = [word for text in texts for word in unicodedata.normalize("NFC", text).split() if len(word) > 1]
    broken = [word for word in words if _TCVN3.search(word) or _VNI.search(word)]
    if len(broken) > 2 and len(broken) * 100 >= len(words) * _BROKEN_SHARE:
        raise WordRefusedError(FileFault.OLD_FONT, " ".join(broken[:6])[:SAMPLE_LENGTH])


@dataclass(frozen=True)
class TextDraft:
    heading: str
    html: str


@dataclass(frozen=True)
class TableDraft:
    """``heading`` is a suggestion and may be empty: a table needs one, the trainer gives it."""

    heading: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class PictureDraft:
    heading: str
    key: str
    alternative: str
    caption: str


Draft = TextDraft | TableDraft | PictureDraft


def drafts(found: Found, *, keeps_title: bool) -> tuple[Draft, ...]:
    """The blocks, in the order of the text. ``keeps_title``: the document's title is a heading of the text.

    Raises WordRefusedError where there is nothing to take over, too much, or letters of an old code table.
    """
    pieces = [piece for piece in found.pieces if keeps_title or not isinstance(piece, Title)]
    if not pieces:
        raise WordRefusedError(FileFault.EMPTY)
    if len(pieces) > MOST_PIECES or len(found.pictures) > MOST_PICTURES:
        raise WordRefusedError(FileFault.TOO_LONG)
    refuse_old_font(text for piece in pieces for text in words_of(piece))
    layout = _Layout(found.losses)
    for piece in pieces:
        layout.put(piece)
    layout.close()
    return tuple(layout.drafts)


def title_of(found: Found) -> str:
    """What the document calls itself: its title, else its first heading, else nothing."""
    for kind in (Title, Heading):
        for piece in found.pieces:
            if isinstance(piece, kind):
                return piece.text
    return ""


def without_picture(draft: PictureDraft) -> TextDraft | None:
    """The words that stood with a picture which is left out; None if there were none."""
    caption = f"<p>{html.escape(draft.caption, quote=False)}</p>" if draft.caption else ""
    if draft.heading and not caption:
        return TextDraft("", f"<h3>{html.escape(draft.heading, quote=False)}</h3>")
    return TextDraft(draft.heading, caption) if caption else None


@dataclass
class _Layout:
    losses: Losses
    drafts: list[Draft] = field(default_factory=list)
    heading: str = ""
    near: str = ""
    parts: list[str] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    # A caption over a table is known to be one only when the table comes.
    caption: Paragraph | None = None
    counted: set[tuple[str, int]] = field(default_factory=set)

    def put(self, piece: Piece) -> None:
        if not isinstance(piece, Item):
            self._end_list()
        match piece:
            case Table():
                self._table(piece)
                return
            case Paragraph(is_caption=True):
                self._caption(piece)
                return
        self._release_caption()
        match piece:
            case Item():
                self.items.append(piece)
            case Title():
                # Not a heading of its own section: what follows it has one, or needs none.
                self._flush_all()
                self.parts.append(f"<h3>{html.escape(piece.text, quote=False)}</h3>")
            case Heading():
                self._heading(piece)
            case Paragraph():
                self.parts.append(f"<p>{inline_html(piece.runs)}</p>")
            case Picture():
                heading = self._flush()
                self.drafts.append(PictureDraft(heading, piece.key, piece.alternative, ""))

    def close(self) -> None:
        self._end_list()
        self._release_caption()
        self._flush_all()

    def _flush_all(self) -> None:
        heading = self._flush()
        if heading:
            # Nothing follows: a block needs a text, so the heading is one.
            self.drafts.append(TextDraft("", f"<h3>{html.escape(heading, quote=False)}</h3>"))

    def _heading(self, piece: Heading) -> None:
        words = html.escape(piece.text, quote=False)
        self.near = piece.text if len(piece.text) <= HEADING_LENGTH else ""
        if len(piece.text) > HEADING_LENGTH:
            self.losses.add(LossKind.LONG_HEADING, piece.text)
            self.parts.append(f"<h3>{words}</h3>")
        elif piece.level > 2:
            self.parts.append(f"<h3>{words}</h3>" if piece.level == 3 else f"<h4>{words}</h4>")
        elif self.heading and not self.parts:
            # Two headings with nothing between them: the second stands inside the block of the first.
            self.parts.append(f"<h3>{words}</h3>")
        else:
            self._flush()
            self.heading = piece.text

    def _table(self, table: Table) -> None:
        reason = _cannot_be_a_block(table)
        caption = plain(self.caption.runs) if self.caption else ""
        if reason or len(caption) > HEADING_LENGTH:
            self._release_caption()
            if reason:
                self.losses.add(reason, " ".join(table.rows[0]))
            self.parts.extend(_as_paragraphs(table))
            return
        self.caption = None
        heading = self._flush(is_needed=bool(caption))
        self.drafts.append(TableDraft(caption or heading or self.near, table.rows[0], table.rows[1:]))

    def _caption(self, piece: Paragraph) -> None:
        self._release_caption()
        last = self.drafts[-1] if self.drafts else None
        text = plain(piece.runs)
        is_under_picture = isinstance(last, PictureDraft) and not (self.parts or self.heading or last.caption)
        if is_under_picture and isinstance(last, PictureDraft) and len(text) <= CAPTION_LENGTH:
            self.drafts[-1] = PictureDraft(last.heading, last.key, last.alternative, text)
        else:
            self.caption = piece

    def _release_caption(self) -> None:
        if self.caption:
            self.parts.append(f"<p>{inline_html(self.caption.runs)}</p>")
            self.caption = None

    def _end_list(self) -> None:
        if not self.items:
            return
        self._release_caption()
        first = self.items[0]
        for item in self.items:
            key = (item.source, item.depth)
            if item.source and item.is_ordered and item.depth == first.depth and key in self.counted:
                self.losses.add(LossKind.LIST_RESTARTS, "".join(run.text for run in item.runs))
                break
        self.counted |= {(item.source, item.depth) for item in self.items}
        self.parts.append(list_html(self.items))
        self.items = []

    def _flush(self, *, is_needed: bool = False) -> str:
        """End the text block. Returns a heading that found no text and now belongs to what follows.

        ``is_needed``: what follows has a heading of its own, so the one that waits becomes text.
        """
        heading, self.heading = self.heading, ""
        if heading and not self.parts and is_needed:
            self.parts, heading = [f"<h3>{html.escape(heading, quote=False)}</h3>"], ""
        if not self.parts:
            return heading
        self.drafts.append(TextDraft(heading, "".join(self.parts)))
        self.parts = []
        return ""


def list_html(items: Iterable[Item]) -> str:
    """Lists inside lists. An entry that is two levels deeper than the one before stands one level deeper."""
    parts: list[str] = []
    open_tags: list[str] = []
    for item in items:
        tag = "ol" if item.is_ordered else "ul"
        depth = min(item.depth, len(open_tags), DEEPEST_LIST)
        while len(open_tags) > depth + 1:
            parts.append(f"</li></{open_tags.pop()}>")
        if len(open_tags) == depth:
            open_tags.append(tag)
            parts.append(f"<{tag}><li>")
        elif open_tags[-1] == tag:
            parts.append("</li><li>")
        else:
            parts.append(f"</li></{open_tags[-1]}><{tag}><li>")
            open_tags[-1] = tag
        parts.append(inline_html(item.runs))
    while open_tags:
        parts.append(f"</li></{open_tags.pop()}>")
    return "".join(parts)


def _cannot_be_a_block(table: Table) -> LossKind | None:
    if len(table.rows[0]) > MOST_COLUMNS:
        return LossKind.TABLE_WIDE
    if any(len(cell) > COLUMN_LENGTH for cell in table.rows[0]):
        return LossKind.TABLE_LONG
    if any(len(cell) > CELL_LENGTH for row in table.rows[1:] for cell in row):
        return LossKind.TABLE_LONG
    return None


def _as_paragraphs(table: Table) -> list[str]:
    """Each row a paragraph, nothing left out."""
    lines = []
    for row in table.rows:
        cells = [html.escape(cell, quote=False) for cell in row if cell]
        if cells:
            lines.append(f"<p>{' – '.join(cells)}</p>")
    return lines


def inline_html(runs: Runs) -> str:
    parts = []
    for run in runs:
        words = html.escape(run.text, quote=False).replace("\n", "<br/>")
        if run.italic:
            words = f"<i>{words}</i>"
        if run.bold:
            words = f"<b>{words}</b>"
        if run.href:
            words = f'<a href="{html.escape(run.href)}">{words}</a>'
        parts.append(words)
    return "".join(parts)
