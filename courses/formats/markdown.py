"""The Markdown of lessons → the HTML that Wagtail's rich text keeps. Anything else is an error, never dropped.

A term ``[[key|words]]`` becomes a link to ``#term-key``, a document ``[[luat:key|words]]`` one to ``#luat-key``; a link
to a lesson keeps ``lesson:…`` as its address until its page exists (courses.services.packages).
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from courses.formats.errors import PackageError

_TERM = re.compile(r"\[\[([^\]|]*)\|([^\]]+)\]\]")
LAW_PREFIX = "luat:"
_ADDRESS = re.compile(r"(https?://|mailto:|tel:)\S+")
_SIMPLE = {
    "bullet_list_open": "<ul>",
    "bullet_list_close": "</ul>",
    "ordered_list_open": "<ol>",
    "ordered_list_close": "</ol>",
    "list_item_open": "<li>",
    "list_item_close": "</li>",
    "strong_open": "<b>",
    "strong_close": "</b>",
    "em_open": "<i>",
    "em_close": "</i>",
    "link_close": "</a>",
    "hr": "<hr/>",
    "softbreak": " ",
    "hardbreak": "<br/>",
}
_NAMES = {
    "fence": "a code block",
    "code_block": "a code block (a line that begins with four spaces)",
    "code_inline": "`code`",
    "blockquote_open": "a quotation",
    "image": "a picture (it stands in a picture block or in a step)",
    "table_open": "a table (it has a block of its own)",
}


@dataclass(frozen=True)
class Reference:
    """``kind``: "term" with its key in the glossary, "law" with that of a document, "lesson" with its path."""

    kind: str
    target: str
    line: int


@dataclass(frozen=True)
class RichText:
    html: str = ""
    references: tuple[Reference, ...] = ()


def _term_rule(state: StateInline, silent: bool) -> bool:
    found = _TERM.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        token = state.push("term", "", 0)
        token.meta = {"key": found[1].strip()}
        token.content = found[2].strip()
    state.pos = found.end()
    return True


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.inline.ruler.before("link", "term", _term_rule)
    # It would leave a link that it refuses standing as words; our own list of addresses is shorter, and says why.
    setattr(parser, "validateLink", lambda url: True)  # noqa: B010
    return parser


_PARSER = _parser()


def parse(text: str) -> list[Token]:
    return _PARSER.parse(text)


@dataclass
class _Writer:
    file: Path
    line: int
    parts: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    # Inside a list item the paragraphs are not written: Wagtail's editor knows no paragraph in a list.
    items: list[int] = field(default_factory=list)

    def blocks(self, tokens: list[Token], first_line: int) -> None:
        for token in tokens:
            if token.map:
                self.line = first_line + token.map[0]
            if token.type == "inline":
                self.inline(token.children or [])
            elif token.type in ("paragraph_open", "paragraph_close"):
                self.paragraph(is_open=token.nesting == 1)
            elif token.type in ("heading_open", "heading_close"):
                self.heading(token)
            else:
                if token.type == "list_item_open":
                    self.items.append(0)
                elif token.type == "list_item_close":
                    self.items.pop()
                self.simple(token)

    def paragraph(self, *, is_open: bool) -> None:
        if not self.items:
            self.parts.append("<p>" if is_open else "</p>")
        elif is_open:
            if self.items[-1]:
                self.parts.append("<br/>")
            self.items[-1] += 1

    def heading(self, token: Token) -> None:
        if token.tag not in ("h3", "h4"):
            raise PackageError(self.file, self.line, "a heading inside a block is written ### or ####")
        self.parts.append(f"<{token.tag}>" if token.nesting == 1 else f"</{token.tag}>")

    def simple(self, token: Token) -> None:
        if token.type not in _SIMPLE:
            name = _NAMES.get(token.type, f"“{token.type}”")
            raise PackageError(self.file, self.line, f"{name} has no place in this text")
        self.parts.append(_SIMPLE[token.type])

    def inline(self, tokens: list[Token]) -> None:
        for token in tokens:
            if token.type == "text":
                self.text(token.content)
            elif token.type == "term":
                self.term(token)
            elif token.type == "link_open":
                self.link(str(token.attrGet("href") or ""))
            else:
                self.simple(token)
            if token.type in ("softbreak", "hardbreak"):
                self.line += 1

    def text(self, content: str) -> None:
        if "**" in content:
            raise PackageError(self.file, self.line, "** that opens or closes nothing")
        if "[[" in content:
            raise PackageError(self.file, self.line, "a term is written [[key|words]]")
        self.parts.append(html.escape(content, quote=False))

    def term(self, token: Token) -> None:
        key = token.meta["key"]
        kind, mark = ("law", "luat") if key.startswith(LAW_PREFIX) else ("term", "term")
        key = key.removeprefix(LAW_PREFIX)
        self.references.append(Reference(kind, key, self.line))
        self.parts.append(f'<a href="#{mark}-{html.escape(key)}">{html.escape(token.content, quote=False)}</a>')

    def link(self, address: str) -> None:
        if address.startswith("lesson:"):
            self.references.append(Reference("lesson", address.removeprefix("lesson:"), self.line))
        elif not _ADDRESS.fullmatch(address):
            reason = f"a link leads to https://… or lesson:…, not to “{address}”"
            raise PackageError(self.file, self.line, reason)
        self.parts.append(f'<a href="{html.escape(address)}">')


def rich_text(text: str, *, file: Path, line: int) -> RichText:
    """``line``: where ``text`` begins in ``file``. PackageError for what rich text cannot hold."""
    writer = _Writer(file, line)
    writer.blocks(parse(text), line)
    return RichText("".join(writer.parts), tuple(writer.references))


def plain_text(text: str) -> str:
    """One line of Markdown without its marks, for fields that hold plain text."""
    tokens = _PARSER.parseInline(text)
    return "".join(_words(tokens[0].children or [])).strip() if tokens else ""


def _words(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("text", "term", "code_inline"):
            yield token.content
        elif token.type in ("softbreak", "hardbreak"):
            yield " "
