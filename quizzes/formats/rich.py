"""HTML of other programs ↔ the short Markdown that stems, reasons and hints are written in. No Django.

Short Markdown is what ``short_markdown`` (quizzes.templatetags) shows: paragraphs, line breaks, bold, italic, lists,
code, quotations, pictures. What HTML has besides keeps its words; the names of what was lost are told.
"""

import html
import re
import unicodedata
from collections.abc import Callable

from lxml import etree
from lxml import html as lxml_html
from markdown_it import MarkdownIt

_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})
# A text without any of these means the same in Markdown and as it is typed.
_SPECIAL = re.compile(r"[\\`*_\[\]<>&]|^[ \t]*(?:[#+=~-]|\d{1,9}[.)])|^(?: {4}|\t)|  $", re.MULTILINE)
_ESCAPED = re.compile(r"([\\`*_\[\]<>&])")
_LINE_START = re.compile(r"^([ \t]*)([#+=~-]|\d{1,9}(?=[.)]))", re.MULTILINE)
_SPACES = re.compile(r"[ \t\n\r\f]+")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_ONE_PARAGRAPH = re.compile(r"\s*<p>([^<>&\xa0]*)</p>\s*")
_IMAGE = re.compile(r'<img src="([^"]*)" alt="([^"]*)"(?: title="[^"]*")? />')
_SILENT = frozenset({"span", "font", "o:p", "u", "ins", "label", "section", "article", "main", "header", "footer"})
_BLOCKS = frozenset({"p", "div", "section", "article", "main", "header", "footer", "center", "figure", "address"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_DROPPED = frozenset({"script", "style", "head", "title", "iframe", "object", "embed", "applet", "form", "template"})

# src of a picture → its name in our texts ("picture:<sha256>"), None where the file does not bring it.
Find = Callable[[str], str | None]


def no_pictures(_src: str) -> str | None:
    return None


def to_html(text: str, src: Callable[[str], str] = str) -> str:
    """``src``: the name of a picture in our texts → its address in the file."""
    if not _SPECIAL.search(text) and "\n" not in text and "\\" not in text:
        # Most reasons are one line of words.
        return f"<p>{_typed(text)}</p>" if text.strip() else ""
    made = _markdown.render(text).strip()
    return _IMAGE.sub(lambda found: f'<img src="{html.escape(src(html.unescape(found[1])))}" alt="{found[2]}" />', made)


def from_plain(text: str) -> str:
    """Markdown that shows ``text`` as it is typed; backslashes only where they are needed."""
    text = text.strip()
    if not _SPECIAL.search(text) or _shows_itself(text):
        return text
    text = _ESCAPED.sub(r"\\\1", text)
    return _LINE_START.sub(lambda found: _escape_start(found[1].replace("\t", " ")[:3], found[2]), text)


def _escape_start(indent: str, start: str) -> str:
    return f"{indent}{start}\\" if start.isdigit() else f"{indent}\\{start}"


def _shows_itself(text: str) -> bool:
    paragraphs = ["<br />\n".join(_typed(line) for line in part.split("\n")) for part in _BLANK_LINES.split(text)]
    return _markdown.render(text) == "".join(f"<p>{part}</p>\n" for part in paragraphs)


def _typed(line: str) -> str:
    return html.escape(line.strip(" \t"), quote=False).replace('"', "&quot;")


def is_html(text: str) -> bool:
    return bool(re.search(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|\w+);", text))


def plain_of_html(source: str) -> str:
    """The words alone, line breaks kept: for parts of a question that have no markup here."""
    if "<" not in source and "&" not in source:
        return _tidy_plain(source)
    root = _fragment(source)
    if root is None:
        return _tidy_plain(html.unescape(re.sub(r"<[^>]*>", " ", source)))
    out: list[str] = []
    _plain_walk(root, out)
    return _tidy_plain("".join(out))


def lost_in_plain(source: str) -> tuple[str, ...]:
    """What ``plain_of_html`` leaves behind that a reader would miss."""
    if "<" not in source:
        return ()
    return tuple(sorted({name.lower() for name in re.findall(r"<(img|table|sub|sup|math|svg|video|audio|iframe)\b",
                                                             source, re.IGNORECASE)}))  # fmt: skip


def to_markdown(source: str, find: Find = no_pictures) -> tuple[str, tuple[str, ...]]:
    """(Markdown, names of the elements that were lost). Pictures that ``find`` does not know leave their description
    and are told as "img"."""
    if "<" not in source and "&" not in source:
        return from_plain(_SPACES.sub(" ", source)), ()
    simple = _ONE_PARAGRAPH.fullmatch(source)
    if simple:
        return from_plain(_SPACES.sub(" ", simple[1])), ()
    root = _fragment(source)
    if root is None:
        return from_plain(html.unescape(re.sub(r"<[^>]*>", " ", source))), ("html",)
    lost: set[str] = set()
    blocks = _blocks(root, find, lost)
    return unicodedata.normalize("NFC", "\n\n".join(blocks)).strip(), tuple(sorted(lost))


def _fragment(source: str) -> etree._Element | None:
    try:
        return lxml_html.fragment_fromstring(source, create_parent="div")
    except (etree.ParserError, ValueError, AssertionError):
        return None


def _tidy_plain(text: str) -> str:
    lines = [_SPACES.sub(" ", line.replace("\xa0", " ")).strip() for line in text.split("\n")]
    return unicodedata.normalize("NFC", "\n".join(line for line in lines if line))


def _plain_walk(element: etree._Element, out: list[str]) -> None:
    name = _name(element)
    if name in _DROPPED:
        return
    if name == "br" or name in _BLOCKS or name in _HEADINGS or name in ("li", "tr", "blockquote"):
        out.append("\n")
    if name == "img":
        out.append(element.get("alt") or "")
    out.append(_SPACES.sub(" ", element.text or ""))
    for child in element:
        _plain_walk(child, out)
        out.append(_SPACES.sub(" ", child.tail or ""))
    if name in _BLOCKS or name in _HEADINGS or name in ("li", "tr", "blockquote"):
        out.append("\n")


def _name(element: etree._Element) -> str:
    return element.tag.lower() if isinstance(element.tag, str) else "#"


def _blocks(element: etree._Element, find: Find, lost: set[str]) -> list[str]:
    """The paragraphs, lists and quotations of ``element``, each a piece of Markdown."""
    found: list[str] = []
    run: list[str] = []

    def close() -> None:
        text = _tidy_inline("".join(run))
        run.clear()
        if text:
            found.append(_safe_start(text))

    run.append(_words(element.text))
    for child in element:
        name = _name(child)
        if name in ("#", *_DROPPED):
            if name != "#":
                lost.add(name)
        elif name in ("ul", "ol"):
            close()
            found.append(_list(child, find, lost, name == "ol"))
        elif name == "blockquote":
            close()
            inner = "\n\n".join(_blocks(child, find, lost))
            found.append("\n".join(f"> {line}".rstrip() for line in inner.split("\n")))
        elif name in _HEADINGS:
            close()
            lost.add(name)
            inner = _tidy_inline(_inline(child, find, lost))
            if inner:
                found.append(f"**{inner}**")
        elif name == "pre":
            close()
            code = "".join(child.itertext()).strip("\n")
            found.append("\n".join(f"    {line}" for line in code.split("\n")))
        elif name in ("table", "tbody", "thead", "tfoot", "tr"):
            close()
            lost.add("table")
            rows = [child] if name == "tr" else list(child.iter("tr"))
            found += [" | ".join(_tidy_inline(_inline(cell, find, lost)) for cell in row) for row in rows]
        elif name in _BLOCKS or any(
            _name(below) in _BLOCKS | {"ul", "ol", "table"} for below in child.iterdescendants()
        ):
            close()
            found += _blocks(child, find, lost)
        else:
            run.append(_inline_of(child, find, lost))
        run.append(_words(child.tail))
    close()
    return [block for block in found if block.strip()]


def _list(element: etree._Element, find: Find, lost: set[str], is_numbered: bool) -> str:
    rows = []
    for number, row in enumerate((child for child in element if _name(child) == "li"), start=1):
        lead = f"{number}. " if is_numbered else "- "
        inner = "\n".join(_blocks(row, find, lost)) or ""
        rows.append(lead + inner.replace("\n", "\n" + " " * len(lead)))
    return "\n".join(rows)


def _inline(element: etree._Element, find: Find, lost: set[str]) -> str:
    parts = [_words(element.text)]
    for child in element:
        parts.append(_inline_of(child, find, lost))
        parts.append(_words(child.tail))
    return "".join(parts)


def _inline_of(element: etree._Element, find: Find, lost: set[str]) -> str:
    name = _name(element)
    if name == "br":
        return "\n"
    if name in ("#", *_DROPPED):
        if name != "#":
            lost.add(name)
        return ""
    if name == "img":
        return _image(element, find, lost)
    inner = _inline(element, find, lost)
    if name in ("b", "strong"):
        return _wrapped(inner, "**")
    if name in ("i", "em"):
        return _wrapped(inner, "*")
    if name in ("code", "kbd", "samp", "tt"):
        text = "".join(element.itertext())
        return f"`{text}`" if text.strip() and "`" not in text else inner
    if name == "a":
        href = (element.get("href") or "").strip()
        if href.startswith(("http://", "https://")) and href not in inner:
            lost.add("a")
            return f"{inner} ({href})"
        return inner
    if name not in _SILENT and name not in _BLOCKS:
        lost.add(name)
    return inner


def _image(element: etree._Element, find: Find, lost: set[str]) -> str:
    named = find((element.get("src") or "").strip())
    alternative = re.sub(r"[\[\]\\\n\r]", " ", element.get("alt") or "").strip()
    if named is None:
        lost.add("img")
        return from_plain(alternative)
    return f"![{alternative}]({named})"


def _wrapped(inner: str, mark: str) -> str:
    """Spaces stand outside: "** a**" is not bold."""
    bare = inner.strip()
    if not bare or "\n\n" in bare:
        return inner
    before, after = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
    return f"{before}{mark}{bare}{mark}{after}"


def _words(text: str | None) -> str:
    if not text:
        return ""
    text = _SPACES.sub(" ", text.replace("\xa0", " "))
    if not _SPECIAL.search(text) or _shows_itself(text.strip()):
        return text
    return _ESCAPED.sub(r"\\\1", text)


def _safe_start(text: str) -> str:
    """A paragraph that begins like a list or a heading, though it is none."""
    if not re.match(r"[#+=~-]|\d{1,9}[.)]", text) or _markdown.render(text).startswith("<p>"):
        return text
    return _LINE_START.sub(lambda found: _escape_start(found[1], found[2]), text, count=1)


def _tidy_inline(text: str) -> str:
    return "\n".join(line.strip() for line in re.sub(r" *\n *", "\n", text).strip().split("\n"))
