"""When two legal paragraphs are the same text. No Django."""

import hashlib
from html.parser import HTMLParser

from lms.core.text import clean

_BREAKS = {"p", "li", "br", "ul", "ol", "h3", "h4", "hr"}


class _Words(HTMLParser):
    """Words, ends of lines and where links lead; bold and italic, and keys that the editor adds, are no text."""

    def __init__(self, *, has_targets: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.has_targets = has_targets
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.parts.append("\n")
        elif tag == "a" and self.has_targets:
            kept = {name: value or "" for name, value in attrs}
            target = kept.get("href") or f"{kept.get('linktype', '')}:{kept.get('id', '')}"
            self.parts.append(f"[{target}]")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS:
            self.parts.append("\n")
        elif tag == "a" and self.has_targets:
            self.parts.append("[/]")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _read(html: str, *, has_targets: bool) -> str:
    reader = _Words(has_targets=has_targets)
    reader.feed(html)
    reader.close()
    return "".join(reader.parts)


def fingerprint(heading: str, html: str) -> str:
    """64 hexadecimal digits: the same for the same words in the same lines with the same links, however marked up."""
    lines = (clean(line) for line in _read(html, has_targets=True).split("\n"))
    return hashlib.sha256("\n".join([clean(heading), *filter(None, lines)]).encode()).hexdigest()


def plain(html: str) -> str:
    """The words alone, as one line, for lists."""
    return clean(_read(html, has_targets=False))
