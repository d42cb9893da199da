"""A whole content package: course, glossary, modules and their activities, with the references between them. No Django.

The kinds of activity are told from outside (courses.kinds), so that a new kind needs no change here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from courses.formats.errors import PackageError
from courses.formats.lesson import BlockSource
from courses.formats.sources import SLUG, Table, parse_table, read_table, read_text, text_files

COURSE_KEYS = {"title", "slug", "summary", "hours", "modules"}
MODULE_KEYS = {"title", "slug", "summary", "requires", "activities"}
TERM_KEYS = {"key", "term", "definition"}


@dataclass(frozen=True)
class TermSource:
    key: str
    term: str
    definition: str


@dataclass(frozen=True)
class ActivitySource:
    """``path`` inside the package; ``source`` is what its kind has read: it has a title and a slug at least."""

    path: str
    kind: str
    source: Any


@dataclass(frozen=True)
class ModuleSource:
    path: str
    file: Path
    title: str
    slug: str
    summary: str
    requires: tuple[str, ...]
    activities: tuple[ActivitySource, ...]


@dataclass(frozen=True)
class PackageSource:
    """``name``: of its folder, the identity of the package."""

    root: Path
    name: str
    file: Path
    title: str
    slug: str
    summary: str
    hours: float | None
    terms: tuple[TermSource, ...]
    modules: tuple[ModuleSource, ...]

    def activities(self) -> Iterable[ActivitySource]:
        for module in self.modules:
            yield from module.activities


Readers = Mapping[str, tuple[str, Callable[[Path], Any]]]


def read_package(root: Path, readers: Readers) -> PackageSource:
    """``readers``: the file that makes a folder an activity → the kind's name and its reader. PackageError."""
    root = root.resolve()
    if not root.is_dir():
        raise PackageError(root, None, "there is no such folder")
    if not SLUG.fullmatch(root.name):
        raise PackageError(root, None, "the folder's name may hold small letters, digits and single dashes only")
    table = read_table(root / "course.toml")
    for file in text_files(root):
        read_text(file)
    table.refuse_others(COURSE_KEYS)
    names = table.strings("modules")
    if not names:
        raise PackageError(table.file, table.line_of("modules"), "“modules” names no topic")
    modules = tuple(_module(table, root, name, readers) for name in names)
    _refuse_double_slugs((module.slug, module.file) for module in modules)
    _check_order(table, modules)
    return PackageSource(
        root=root,
        name=root.name,
        file=table.file,
        title=table.string("title", limit=255),
        slug=table.slug(),
        summary=table.string("summary", limit=2000, default=""),
        hours=table.number("hours"),
        terms=_terms(root / "thuat-ngu.toml"),
        modules=modules,
    )


def _module(course: Table, root: Path, name: str, readers: Readers) -> ModuleSource:
    if not (root / name / "module.toml").is_file():
        raise course.error(name, f"there is no topic “{name}” with a module.toml")
    table = read_table(root / name / "module.toml")
    table.refuse_others(MODULE_KEYS)
    activities = tuple(_activity(table, root, name, folder, readers) for folder in table.strings("activities"))
    _refuse_double_slugs((activity.source.slug, activity.source.file) for activity in activities)
    return ModuleSource(
        path=name,
        file=table.file,
        title=table.string("title", limit=255),
        slug=table.slug(),
        summary=table.string("summary", limit=2000, default=""),
        requires=table.strings("requires"),
        activities=activities,
    )


def _activity(table: Table, root: Path, module: str, name: str, readers: Readers) -> ActivitySource:
    folder = root / module / name
    for file_name, (kind, read) in readers.items():
        if (folder / file_name).is_file():
            return ActivitySource(f"{module}/{name}", kind, read(folder))
    raise table.error(name, f"there is no activity “{name}”: no folder with {' or '.join(readers)}")


def _refuse_double_slugs(slugs: Iterable[tuple[str, Path]]) -> None:
    seen: dict[str, Path] = {}
    for slug, file in slugs:
        if slug in seen:
            first = seen[slug].relative_to(file.parent.parent)
            line = next((n for n, text in enumerate(read_text(file).split("\n"), start=1) if slug in text), None)
            raise PackageError(file, line, f"the slug “{slug}” is already used in {first}")
        seen[slug] = file


def _check_order(course: Table, modules: tuple[ModuleSource, ...]) -> None:
    """A topic requires only topics that come before it: no circle, and a reader can follow the order."""
    before: set[str] = set()
    for module in modules:
        for name in module.requires:
            if name not in before:
                table = read_table(module.file)
                raise table.error("requires", f"“{name}” is not a topic that comes before this one")
        before.add(module.path)


def _terms(file: Path) -> tuple[TermSource, ...]:
    if not file.exists():
        return ()
    text = read_text(file)
    whole = parse_table(file, text, first_line=1)
    whole.refuse_others({"term"})
    # tomllib tells no lines: the openings stand in the same order as the rows.
    lines = text.split("\n")
    starts = [index for index, line in enumerate(lines) if line.strip() == "[[term]]"]
    rows = whole.data.get("term", [])
    if not isinstance(rows, list) or len(rows) != len(starts):
        raise PackageError(file, None, "terms are written as [[term]]")
    ends = [*starts[1:], len(lines)]
    found: dict[str, int] = {}
    terms = []
    for row, start, end in zip(rows, starts, ends, strict=True):
        table = Table(file, "\n".join(lines[start:end]), start + 1, row)
        table.refuse_others(TERM_KEYS)
        key = table.string("key", limit=80)
        if not SLUG.fullmatch(key):
            raise table.error("key", f"key “{key}” may hold small letters, digits and single dashes only")
        if key in found:
            raise table.error("key", f"the term “{key}” is already defined in line {found[key]}")
        found[key] = start + 1
        terms.append(TermSource(key, table.string("term", limit=120), table.string("definition", limit=2000)))
    return tuple(terms)


def check_lesson(lesson: BlockSource, package: PackageSource) -> None:
    """Terms are in the glossary, lesson: links lead somewhere."""
    terms = {term.key for term in package.terms}
    paths = {activity.path for activity in package.activities()}
    for block in lesson.blocks:
        for reference in block.references():
            if reference.kind == "term" and reference.target not in terms:
                raise PackageError(lesson.file, reference.line, f"the glossary has no term “{reference.target}”")
            if reference.kind == "lesson" and reference.target not in paths:
                raise PackageError(lesson.file, reference.line, f"the package has no lesson “{reference.target}”")
    _check_pictures(lesson)


def _check_pictures(lesson: BlockSource) -> None:
    seen: dict[str, str] = {}
    for block in lesson.blocks:
        for picture in block.pictures():
            if seen.setdefault(picture.file, picture.alternative) != picture.alternative:
                reason = f"“{picture.file}” has another alternative text elsewhere in this lesson"
                raise PackageError(lesson.file, picture.line, reason)
