"""A whole content package: course, registers, modules and their activities, with what refers to what. No Django.

The kinds of activity are told from outside (courses.kinds), so that a new kind needs no change here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from courses.formats.errors import PackageError
from courses.formats.lesson import BlockSource
from courses.formats.registers import (
    CITED,
    DocumentSource,
    FactSource,
    ScreenSource,
    TermSource,
    read_grounds,
    read_screens,
    read_terms,
)
from courses.formats.sources import SLUG, Table, read_table, read_text, text_files

COURSE_KEYS = {"title", "slug", "summary", "hours", "modules"}
MODULE_KEYS = {"title", "slug", "summary", "requires", "activities", "job_aid"}
TERMS_FILE, GROUNDS_FILE, SCREENS_FILE = "thuat-ngu.toml", "can-cu.toml", "man-hinh.toml"


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
    # Path of the folder of its job aid, "" for none.
    job_aid: str = ""
    screens: tuple[ScreenSource, ...] = ()


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
    documents: tuple[DocumentSource, ...] = ()
    facts: tuple[FactSource, ...] = ()

    def certainties(self) -> dict[str, str]:
        """Key → certainty of everything that may be cited."""
        documents = {row.key: row.certainty for row in self.documents}
        return documents | {row.key: row.certainty for row in self.facts}

    def screens(self) -> Iterable[ScreenSource]:
        for module in self.modules:
            yield from module.screens

    def activities(self) -> Iterable[ActivitySource]:
        for module in self.modules:
            yield from module.activities


Readers = Mapping[str, tuple[str, Callable[[Path], Any]]]
Tell = Callable[[PackageError], None]


def raise_it(error: PackageError) -> None:
    raise error


def read_package(root: Path, readers: Readers, tell: Tell = raise_it) -> PackageSource:
    """``readers``: the file that makes a folder an activity → the kind's name and its reader.

    PackageError for what keeps the whole from being read. What is wrong with one activity, file or list is told to
    ``tell``; where that does not raise, the rest is read without it.
    """
    root = root.resolve()
    if not root.is_dir():
        raise PackageError(root, None, "there is no such folder")
    if not SLUG.fullmatch(root.name):
        raise PackageError(root, None, "the folder's name may hold small letters, digits and single dashes only")
    table = read_table(root / "course.toml")
    for file in text_files(root):
        _told(tell, read_text, file)
    table.refuse_others(COURSE_KEYS)
    names = table.strings("modules")
    if not names:
        raise PackageError(table.file, table.line_of("modules"), "“modules” names no topic")
    modules = tuple(_module(table, root, name, readers, tell) for name in names)
    _refuse_double_slugs((module.slug, module.file) for module in modules)
    _check_order(table, modules)
    documents, facts = _told(tell, read_grounds, root / GROUNDS_FILE) or ((), ())
    _refuse_double_screens(modules)
    return PackageSource(
        root=root,
        name=root.name,
        file=table.file,
        title=table.string("title", limit=255),
        slug=table.slug(),
        summary=table.string("summary", limit=2000, default=""),
        hours=table.number("hours"),
        terms=_told(tell, read_terms, root / TERMS_FILE) or (),
        modules=modules,
        documents=documents,
        facts=facts,
    )


def _told(tell: Tell, read: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What ``read`` answers; None when it raised PackageError and ``tell`` did not."""
    try:
        return read(*args, **kwargs)
    except PackageError as error:
        tell(error)
        return None


def _module(course: Table, root: Path, name: str, readers: Readers, tell: Tell) -> ModuleSource:
    if not (root / name / "module.toml").is_file():
        raise course.error(name, f"there is no topic “{name}” with a module.toml")
    table = read_table(root / name / "module.toml")
    table.refuse_others(MODULE_KEYS)
    read = (_told(tell, _activity, table, root, name, folder, readers) for folder in table.strings("activities"))
    activities = tuple(activity for activity in read if activity)
    job_aid = table.string("job_aid", limit=100, default="")
    if job_aid and not (root / name / job_aid).is_dir():
        raise table.error("job_aid", f"there is no folder “{job_aid}”")
    _refuse_double_slugs((activity.source.slug, activity.source.file) for activity in activities)
    return ModuleSource(
        path=name,
        file=table.file,
        title=table.string("title", limit=255),
        slug=table.slug(),
        summary=table.string("summary", limit=2000, default=""),
        requires=table.strings("requires"),
        activities=activities,
        job_aid=f"{name}/{job_aid}" if job_aid else "",
        screens=_told(tell, read_screens, root / name / SCREENS_FILE, root=root) or (),
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


def _refuse_double_screens(modules: tuple[ModuleSource, ...]) -> None:
    seen: dict[str, str] = {}
    for module in modules:
        for screen in module.screens:
            if screen.key in seen:
                file = module.file.parent / SCREENS_FILE
                raise PackageError(file, None, f"the screen “{screen.key}” is already named in {seen[screen.key]}")
            seen[screen.key] = f"{module.path}/{SCREENS_FILE}"


def _check_order(course: Table, modules: tuple[ModuleSource, ...]) -> None:
    """A topic requires only topics that come before it: no circle, and a reader can follow the order."""
    before: set[str] = set()
    for module in modules:
        for name in module.requires:
            if name not in before:
                table = read_table(module.file)
                raise table.error("requires", f"“{name}” is not a topic that comes before this one")
        before.add(module.path)


def problems_of_lesson(lesson: BlockSource, package: PackageSource) -> Iterator[PackageError]:
    """Terms that are not in the glossary, documents that may not be cited, links that lead nowhere."""
    terms = {term.key for term in package.terms}
    paths = {activity.path for activity in package.activities()}
    documents = {document.key: document.certainty for document in package.documents}
    for block in lesson.blocks:
        for reference in block.references():
            problem = ""
            if reference.kind == "term" and reference.target not in terms:
                problem = f"the glossary has no term “{reference.target}”"
            elif reference.kind == "lesson" and reference.target not in paths:
                problem = f"the package has no lesson “{reference.target}”"
            elif reference.kind == "law" and reference.target not in documents:
                problem = f"the register has no document “{reference.target}”"
            elif reference.kind == "law" and documents[reference.target] != CITED:
                problem = f"“{reference.target}” is not of certainty {CITED}: it may not be cited"
            if problem:
                yield PackageError(lesson.file, reference.line, problem)
    yield from _problems_of_pictures(lesson)


def _problems_of_pictures(lesson: BlockSource) -> Iterator[PackageError]:
    seen: dict[str, str] = {}
    for block in lesson.blocks:
        for picture in block.pictures():
            if seen.setdefault(picture.file, picture.alternative) != picture.alternative:
                reason = f"“{picture.file}” has another alternative text elsewhere in this lesson"
                yield PackageError(lesson.file, picture.line, reason)
