"""lesson.md (courses/content/README.md) → blocks that know their line. No Django."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from courses.formats.errors import PackageError
from courses.formats.markdown import Reference, RichText, plain_text, rich_text
from courses.formats.simulation import TaskSource, read_simulation
from courses.formats.sources import Table, parse_table, read_text

FILE_NAME = "lesson.md"
KEYS = {"title", "slug", "minutes", "summary", "objectives", "updated_on"}
TONES = ("note", "tip", "warning", "example")
# As the blocks of the lesson allow (courses/blocks.py).
HEADING, CAPTION, ALTERNATIVE, ITEM, CELL, COLUMN, OPTION, REASON = 150, 250, 500, 300, 500, 100, 300, 500
_OPENING = re.compile(
    r'^:::\s+(?P<kind>\S+)(?:\s+(?P<key>[^\s"]+))?(?:\s+(?P<tone>[^\s"]+))?(?:\s+"(?P<title>.*)")?\s*$'
)
_KEY = re.compile(r"[a-z0-9-]+")
_PICTURE = re.compile(r'^!\[(?P<alt>.*?)\]\((?P<file>[^\s)"]*)(?:\s+"(?P<caption>.*)")?\)$')
_OPTION = re.compile(r"^- \[(?P<mark>[ xX])\]\s+(?P<text>.+)$")
_SPLIT = re.compile(r"\|(?![^\[]*\]\])")


@dataclass(frozen=True)
class Picture:
    """``file``: its name beside the lesson."""

    file: str
    alternative: str
    caption: str
    line: int


@dataclass(frozen=True)
class Text:
    text: RichText


@dataclass(frozen=True)
class Callout:
    tone: str
    text: RichText


@dataclass(frozen=True)
class Step:
    title: str
    text: RichText
    picture: Picture | None


@dataclass(frozen=True)
class Steps:
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Checklist:
    items: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Term:
    key: str
    line: int


@dataclass(frozen=True)
class Handout:
    """``file``: a Markdown file beside the lesson."""

    file: str
    line: int


@dataclass(frozen=True)
class Option:
    text: str
    is_right: bool
    reason: str


@dataclass(frozen=True)
class SelfCheck:
    question: str
    options: tuple[Option, ...]


Content = Text | Callout | Steps | Picture | Checklist | Comparison | Term | Handout | TaskSource | SelfCheck


@dataclass(frozen=True)
class Block:
    """``kind`` as written in the file; ``line`` of its opening."""

    kind: str
    key: str
    title: str
    line: int
    content: Content

    def references(self) -> tuple[Reference, ...]:
        content = self.content
        if isinstance(content, Text | Callout):
            return content.text.references
        if isinstance(content, Steps):
            return tuple(reference for step in content.steps for reference in step.text.references)
        if isinstance(content, Term):
            return (Reference("term", content.key, content.line),)
        return ()

    def pictures(self) -> tuple[Picture, ...]:
        if isinstance(self.content, Picture):
            return (self.content,)
        if isinstance(self.content, Steps):
            return tuple(step.picture for step in self.content.steps if step.picture)
        return ()


class BlockSource(Protocol):
    """Whatever is written in blocks: a lesson, a practical task."""

    @property
    def file(self) -> Path: ...
    @property
    def title(self) -> str: ...
    @property
    def blocks(self) -> tuple[Block, ...]: ...


@dataclass(frozen=True)
class LessonSource:
    file: Path
    title: str
    slug: str
    minutes: int
    summary: str
    objectives: tuple[str, ...]
    updated_on: dt.date | None
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class _Raw:
    """A block before its kind has read it; ``lines`` are what stands between opening and close."""

    file: Path
    line: int
    kind: str
    key: str
    tone: str
    title: str
    lines: tuple[str, ...]

    def error(self, offset: int, reason: str) -> PackageError:
        """``offset``: index in ``lines``; -1 for the opening."""
        return PackageError(self.file, self.line + 1 + offset, reason)

    def rich(self) -> RichText:
        return self.rich_part(0, len(self.lines))

    def rich_part(self, start: int, end: int) -> RichText:
        text = "\n".join(self.lines[start:end])
        return rich_text(text, file=self.file, line=self.line + 1 + start)

    def limited(self, offset: int, text: str, limit: int) -> str:
        if len(text) > limit:
            raise self.error(offset, f"is longer than {limit} characters")
        return text


def read_lesson(folder: Path) -> LessonSource:
    """The lesson in ``folder``, whose drawings and handouts must be there. No database; PackageError."""
    file = folder / FILE_NAME
    table, blocks = read_head_and_blocks(file)
    table.refuse_others(KEYS)
    return LessonSource(
        file=file,
        title=table.string("title", limit=255),
        slug=table.slug(),
        minutes=table.integer("minutes", least=1, most=240, default=10),
        summary=table.string("summary", limit=1000, default=""),
        objectives=table.strings("objectives"),
        updated_on=table.day("updated_on"),
        blocks=blocks,
    )


def read_head_and_blocks(file: Path) -> tuple[Table, tuple[Block, ...]]:
    """The table between the two +++ lines and the blocks after it, at least one; what kind it is, the caller knows."""
    lines = read_text(file).split("\n")
    table, after = _head(file, lines)
    blocks = tuple(_read_block(raw) for raw in _raw_blocks(file, lines, after))
    if not blocks:
        raise PackageError(file, None, "has no block")
    return table, blocks


def _head(file: Path, lines: list[str]) -> tuple[Table, int]:
    """The table between the two +++ lines, and the index of the line after it."""
    if lines[0].rstrip() != "+++":
        raise PackageError(file, 1, "a lesson begins with a line +++")
    for index in range(1, len(lines)):
        if lines[index].rstrip() == "+++":
            return parse_table(file, "\n".join(lines[1:index]), first_line=2), index + 1
    raise PackageError(file, 1, "the head of the lesson is not closed by a second line +++")


def _raw_blocks(file: Path, lines: list[str], start: int) -> list[_Raw]:
    found: list[_Raw] = []
    opening: re.Match[str] | None = None
    opened_at = 0
    keys: dict[str, int] = {}
    for index in range(start, len(lines)):
        line = lines[index].rstrip()
        number = index + 1
        if line == ":::" and opening:
            found.append(_raw(file, opened_at, opening, lines[opened_at:index]))
            opening = None
        elif line.startswith(":::"):
            if opening:
                raise PackageError(file, number, f"the block opened in line {opened_at} is not closed")
            opening = _opening(file, number, line, keys)
            opened_at = number
        elif line and not opening:
            raise PackageError(file, number, "this line stands in no block")
    if opening:
        raise PackageError(file, opened_at, f"the block “{opening['key']}” is not closed")
    return found


def _opening(file: Path, number: int, line: str, keys: dict[str, int]) -> re.Match[str]:
    found = _OPENING.match(line)
    if not found:
        raise PackageError(file, number, 'a block opens with ::: KIND KEY "Title"')
    if found["kind"] not in _READERS:
        raise PackageError(file, number, f"unknown block kind “{found['kind']}”; known are {', '.join(_READERS)}")
    key = found["key"]
    if not key or not _KEY.fullmatch(key):
        raise PackageError(file, number, "a block needs a key of small letters, digits and dashes")
    if key in keys:
        raise PackageError(file, number, f"the key “{key}” is already used in line {keys[key]}")
    keys[key] = number
    return found


def _raw(file: Path, line: int, opening: re.Match[str], lines: list[str]) -> _Raw:
    title = opening["title"] or ""
    if len(title) > HEADING:
        raise PackageError(file, line, f"the title is longer than {HEADING} characters")
    if opening["tone"] and opening["kind"] != "callout":
        raise PackageError(file, line, f"a block {opening['kind']} has no third word “{opening['tone']}”")
    if not title and opening["kind"] in ("steps", "checklist", "table", "simulator"):
        raise PackageError(file, line, f"a block {opening['kind']} needs a title")
    return _Raw(file, line, opening["kind"], opening["key"], opening["tone"] or "", title, tuple(lines))


def _read_block(raw: _Raw) -> Block:
    if not any(line.strip() for line in raw.lines):
        raise raw.error(-1, "the block is empty")
    return Block(raw.kind, raw.key, raw.title, raw.line, _READERS[raw.kind](raw))


def _text(raw: _Raw) -> Text:
    return Text(raw.rich())


def _callout(raw: _Raw) -> Callout:
    if raw.tone not in TONES:
        raise raw.error(-1, f"a callout says what it is after its key: {', '.join(TONES)}")
    return Callout(raw.tone, raw.rich())


def _picture_of(raw: _Raw, index: int) -> Picture:
    found = _PICTURE.match(raw.lines[index].strip())
    if not found:
        raise raw.error(index, 'a picture is written ![alternative text](file.svg "caption") on a line of its own')
    alternative = found["alt"].strip()
    if not alternative:
        raise raw.error(index, "the picture has no alternative text")
    raw.limited(index, alternative, ALTERNATIVE)
    caption = raw.limited(index, (found["caption"] or "").strip(), CAPTION)
    file = _beside(raw, index, found["file"], {".svg"}, "drawing")
    return Picture(file, alternative, caption, raw.line + 1 + index)


def _beside(raw: _Raw, index: int, name: str, suffixes: set[str], what: str) -> str:
    path = raw.file.parent / name
    if Path(name).name != name or path.suffix not in suffixes or not path.is_file():
        raise raw.error(index, f"there is no {what} “{name}” beside the lesson")
    return name


def _picture(raw: _Raw) -> Picture:
    filled = [index for index, line in enumerate(raw.lines) if line.strip()]
    if len(filled) > 1:
        raise raw.error(filled[1], "a picture block holds one picture and nothing else")
    return _picture_of(raw, filled[0])


def _steps(raw: _Raw) -> Steps:
    starts = [index for index, line in enumerate(raw.lines) if line.startswith("### ")]
    first = next(index for index, line in enumerate(raw.lines) if line.strip())
    if not starts or first < starts[0]:
        raise raw.error(first, "a step begins with a heading ###")
    if len(starts) < 2:
        raise raw.error(-1, "there must be at least two steps")
    ends = [*starts[1:], len(raw.lines)]
    return Steps(tuple(_step(raw, start, end) for start, end in zip(starts, ends, strict=True)))


def _step(raw: _Raw, start: int, end: int) -> Step:
    title = raw.limited(start, plain_text(raw.lines[start].removeprefix("### ")), HEADING)
    pictures = [index for index in range(start + 1, end) if raw.lines[index].lstrip().startswith("![")]
    if len(pictures) > 1:
        raise raw.error(pictures[1], "a step has one picture at most")
    if not pictures:
        return Step(title, raw.rich_part(start + 1, end), None)
    at = pictures[0]
    before, after = raw.rich_part(start + 1, at), raw.rich_part(at + 1, end)
    text = RichText(before.html + after.html, before.references + after.references)
    return Step(title, text, _picture_of(raw, at))


def _items(raw: _Raw) -> list[tuple[int, str]]:
    items = []
    for index, line in enumerate(raw.lines):
        if not line.strip():
            continue
        if not line.startswith("- "):
            raise raw.error(index, "each line of a checklist begins with a dash and a space")
        items.append((index, plain_text(line[2:])))
    return items


def _checklist(raw: _Raw) -> Checklist:
    items = _items(raw)
    if len(items) < 2:
        raise raw.error(-1, "a checklist has at least two items")
    return Checklist(tuple(raw.limited(index, text, ITEM) for index, text in items))


def _cells(raw: _Raw, index: int) -> tuple[str, ...]:
    line = raw.lines[index].strip()
    if not (line.startswith("|") and line.endswith("|")):
        raise raw.error(index, "each line of a table begins and ends with |")
    return tuple(raw.limited(index, plain_text(cell.strip()), CELL) for cell in _SPLIT.split(line[1:-1]))


def _table(raw: _Raw) -> Comparison:
    filled = [index for index, line in enumerate(raw.lines) if line.strip()]
    if len(filled) < 3 or not re.fullmatch(r"\|[\s|:-]+\|", raw.lines[filled[1]].strip()):
        raise raw.error(filled[0], "a table has a header, a line of dashes and at least one row")
    header = tuple(raw.limited(filled[0], cell, COLUMN) for cell in _cells(raw, filled[0]))
    rows = []
    for index in filled[2:]:
        cells = _cells(raw, index)
        if len(cells) != len(header):
            raise raw.error(index, f"this row has {len(cells)} cells, the header has {len(header)}")
        rows.append(cells)
    if len(header) < 2:
        raise raw.error(filled[0], "a table has at least two columns")
    return Comparison(header, tuple(rows))


def _only_line(raw: _Raw, what: str) -> tuple[int, str]:
    filled = [(index, line.strip()) for index, line in enumerate(raw.lines) if line.strip()]
    if len(filled) != 1:
        raise raw.error(-1, f"this block holds {what} and nothing else")
    return filled[0]


def _term(raw: _Raw) -> Term:
    index, key = _only_line(raw, "the key of one term")
    return Term(key, raw.line + 1 + index)


def _download(raw: _Raw) -> Handout:
    index, name = _only_line(raw, "the name of one file")
    return Handout(_beside(raw, index, name, {".md"}, "handout"), raw.line + 1 + index)


def _simulator(raw: _Raw) -> TaskSource:
    index, name = _only_line(raw, "the name of one file")
    return read_simulation(raw.file.parent / _beside(raw, index, name, {".toml"}, "task"))


def _self_check(raw: _Raw) -> SelfCheck:
    question: list[str] = []
    options: list[tuple[int, str, bool, list[str]]] = []
    for index, line in enumerate(raw.lines):
        if not line.strip():
            continue
        found = _OPTION.match(line)
        if found:
            options.append((index, plain_text(found["text"]), found["mark"] != " ", []))
        elif options and line.lstrip().startswith(">"):
            options[-1][3].append(line.lstrip().lstrip(">").strip())
        elif options:
            raise raw.error(index, "after an option stands its reason, in lines that begin with >")
        else:
            question.append(line.strip())
    return _judged(raw, " ".join(question), options)


def _judged(raw: _Raw, question: str, options: list[tuple[int, str, bool, list[str]]]) -> SelfCheck:
    if not question:
        raise raw.error(-1, "the self-check asks no question")
    if not 2 <= len(options) <= 5:
        raise raw.error(-1, f"a self-check has two to five options, not {len(options)}")
    right = sum(is_right for _, _, is_right, _ in options)
    if right != 1:
        raise raw.error(-1, f"a self-check has exactly one right option, not {right}")
    read = []
    for index, text, is_right, reasons in options:
        if not reasons:
            raise raw.error(index, "the option has no reason")
        reason = raw.limited(index, plain_text(" ".join(reasons)), REASON)
        read.append(Option(raw.limited(index, text, OPTION), is_right, reason))
    return SelfCheck(raw.limited(0, plain_text(question), REASON), tuple(read))


_READERS: dict[str, Callable[[_Raw], Content]] = {
    "text": _text,
    "steps": _steps,
    "picture": _picture,
    "callout": _callout,
    "checklist": _checklist,
    "table": _table,
    "term": _term,
    "download": _download,
    "practice": _text,
    "legal": _text,
    "simulator": _simulator,
    "selfcheck": _self_check,
}
