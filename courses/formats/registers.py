"""The lists of a package: glossary, documents and facts that may be cited, screens of apps. No Django.

Each is a TOML file of rows ``[[name]]``; every row knows its line.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from courses.formats.errors import PackageError
from courses.formats.sources import SLUG, Table, parse_table, read_text

TERM_KEYS = {"key", "term", "definition", "english"}
DOCUMENT_KEYS = {
    "key", "number", "name", "kind", "issued_on", "in_force_from", "in_force_to", "replaced_by", "summary",
    "certainty", "checked_on", "url",
}  # fmt: skip
FACT_KEYS = {"key", "text", "certainty"}
SCREEN_KEYS = {"key", "app", "title", "seen_on", "pictures"}
DOCUMENT_KINDS = ("law", "decree", "decision", "internal")
CERTAINTIES = ("A", "B", "C")
# The only one that a lesson or a question may cite.
CITED = "A"


@dataclass(frozen=True)
class TermSource:
    key: str
    term: str
    definition: str
    english: str = ""


@dataclass(frozen=True)
class DocumentSource:
    """``replaced_by``: key of another document of the package, or ""."""

    key: str
    number: str
    name: str
    kind: str
    issued_on: dt.date | None
    in_force_from: dt.date | None
    in_force_to: dt.date | None
    replaced_by: str
    summary: str
    certainty: str
    checked_on: dt.date
    url: str
    line: int


@dataclass(frozen=True)
class FactSource:
    """What is known of an app or an event; for authors, never shown to learners."""

    key: str
    text: str
    certainty: str


@dataclass(frozen=True)
class ScreenSource:
    """``pictures``: paths inside the package."""

    key: str
    app: str
    title: str
    seen_on: dt.date
    pictures: tuple[str, ...]


def rows(file: Path, *names: str) -> list[tuple[str, Table]]:
    """Every row [[name]] of ``file``, in the order of the file, with its name; [] when there is no such file."""
    if not file.exists():
        return []
    text = read_text(file)
    whole = parse_table(file, text, first_line=1)
    whole.refuse_others(set(names))
    # tomllib tells no lines: within one name the openings stand in the same order as the rows.
    lines = text.split("\n")
    openings = {f"[[{name}]]": name for name in names}
    starts = [(index, openings[line.strip()]) for index, line in enumerate(lines) if line.strip() in openings]
    ends = [index for index, _name in starts[1:]] + [len(lines)]
    waiting = {name: list(_listed(file, whole.data.get(name, []), name)) for name in names}
    if sum(map(len, waiting.values())) != len(starts):
        raise PackageError(file, None, f"rows are written as {' or '.join(openings)}")
    return [
        (name, Table(file, "\n".join(lines[start:end]), start + 1, waiting[name].pop(0)))
        for (start, name), end in zip(starts, ends, strict=True)
    ]


def _listed(file: Path, found: object, name: str) -> list[dict[str, object]]:
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise PackageError(file, None, f"rows are written as [[{name}]]")
    return found


def _refuse_doubles(what: str) -> Callable[[Table, str], str]:
    found: dict[str, int] = {}

    def take(table: Table, key: str) -> str:
        if key in found:
            raise table.error("key", f"the {what} “{key}” is already defined in line {found[key]}")
        found[key] = table.first_line
        return key

    return take


def _slug(table: Table) -> str:
    key = table.string("key", limit=80)
    if not SLUG.fullmatch(key):
        raise table.error("key", f"key “{key}” may hold small letters, digits and single dashes only")
    return key


def _one_of(table: Table, key: str, known: tuple[str, ...]) -> str:
    value = table.string(key, limit=20)
    if value not in known:
        raise table.error(key, f"“{key}” is one of {', '.join(known)}, not “{value}”")
    return value


def read_terms(file: Path) -> tuple[TermSource, ...]:
    once = _refuse_doubles("term")
    terms = []
    for _name, table in rows(file, "term"):
        table.refuse_others(TERM_KEYS)
        terms.append(
            TermSource(
                once(table, _slug(table)),
                table.string("term", limit=120),
                table.string("definition", limit=2000),
                table.string("english", limit=120, default=""),
            )
        )
    return tuple(terms)


def read_grounds(file: Path) -> tuple[tuple[DocumentSource, ...], tuple[FactSource, ...]]:
    """Documents and facts. Keys are unique over both."""
    once = _refuse_doubles("key")
    documents: list[DocumentSource] = []
    facts: list[FactSource] = []
    tables: dict[str, Table] = {}
    for name, table in rows(file, "document", "fact"):
        if name == "fact":
            table.refuse_others(FACT_KEYS)
            key = once(table, table.string("key", limit=20))
            facts.append(FactSource(key, table.string("text", limit=1000), _one_of(table, "certainty", CERTAINTIES)))
            continue
        document = _document(table, once)
        documents.append(document)
        tables[document.key] = table
    for document in documents:
        if document.replaced_by and (document.replaced_by not in tables or document.replaced_by == document.key):
            reason = f"there is no other document “{document.replaced_by}”"
            raise tables[document.key].error("replaced_by", reason)
    return tuple(documents), tuple(facts)


def _document(table: Table, once: Callable[[Table, str], str]) -> DocumentSource:
    table.refuse_others(DOCUMENT_KEYS)
    starts, ends, checked = table.day("in_force_from"), table.day("in_force_to"), table.day("checked_on")
    if checked is None:
        raise PackageError(table.file, table.first_line, "“checked_on” is missing")
    if starts and ends and ends < starts:
        raise table.error("in_force_to", "“in_force_to” lies before “in_force_from”")
    return DocumentSource(
        key=once(table, _slug(table)),
        number=table.string("number", limit=60, default=""),
        name=table.string("name", limit=255),
        kind=_one_of(table, "kind", DOCUMENT_KINDS),
        issued_on=table.day("issued_on"),
        in_force_from=starts,
        in_force_to=ends,
        replaced_by=table.string("replaced_by", limit=80, default=""),
        summary=table.string("summary", limit=2000, default=""),
        certainty=_one_of(table, "certainty", CERTAINTIES),
        checked_on=checked,
        url=table.string("url", limit=200, default=""),
        line=table.first_line,
    )


def read_screens(file: Path, *, root: Path) -> tuple[ScreenSource, ...]:
    """Of one topic; pictures are named from its folder, answered from the package's."""
    once = _refuse_doubles("screen")
    screens = []
    for _name, table in rows(file, "screen"):
        table.refuse_others(SCREEN_KEYS)
        key = once(table, _slug(table))
        seen_on = table.day("seen_on")
        if seen_on is None:
            raise PackageError(file, table.first_line, "“seen_on” is missing")
        pictures = []
        for name in table.strings("pictures"):
            picture = (file.parent / name).resolve()
            if not picture.is_file() or not picture.is_relative_to(root.resolve()):
                raise table.error(name, f"there is no picture “{name}”")
            pictures.append(picture.relative_to(root.resolve()).as_posix())
        if not pictures:
            raise table.error("pictures", "“pictures” names none")
        screens.append(
            ScreenSource(key, table.string("app", limit=60), table.string("title", limit=150), seen_on, tuple(pictures))
        )
    return tuple(screens)
