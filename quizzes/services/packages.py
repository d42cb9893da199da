"""Questions and quizzes of a content package → bank and pages. What a trainer edited since is kept and reported."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.html import escape, linebreaks

from courses.formats.errors import PackageError
from courses.formats.package import PackageSource
from courses.formats.registers import CITED
from courses.kinds import LoadContext
from courses.models import LegalDocument, PackageItem
from lms.core import text
from quizzes import types
from quizzes.formats import pool
from quizzes.formats.package import QuestionSource, QuizSource, read_quiz
from quizzes.models import Category, Objective, QuestionVersion, QuizPage, QuizPageDraw
from quizzes.services import bank, pictures

ITEM = "question"


def read(folder: Path) -> QuizSource:
    """The quiz in ``folder`` with its pool, each question judged by its type. No query; PackageError."""
    source = read_quiz(folder)
    for question in source.questions:
        _content(question)
        if question.lesson and not (folder.parent / question.lesson / "lesson.md").is_file():
            reason = f"there is no lesson “{question.lesson}” in this topic"
            raise PackageError(question.file, question.line, reason)
    return source


def _content(question: QuestionSource) -> types.Content:
    if not types.is_known(question.type):
        known = ", ".join(kind.NAME for kind in types.all_types())
        reason = f"type “{question.type}” is not one of {known}"
        raise PackageError(question.file, question.line, reason)
    kind = types.get(question.type)
    strange = sorted(set(question.own) - kind.SOURCE_KEYS)
    if strange:
        raise PackageError(question.file, question.line, f"a question of type {kind.NAME} has no “{strange[0]}”")
    own = dict(question.own)
    if picture := _picture(question):
        own |= {"picture": picture.sha256, "width": picture.width, "height": picture.height}
    try:
        content = kind.from_source(own)
        errors = kind.validate(content)
    except (TypeError, AttributeError, KeyError, ValueError):
        errors = [f"the parts of this question are not what a question of type {kind.NAME} is made of."]
    if errors:
        raise PackageError(question.file, question.line, " ".join(errors))
    return content


def _picture(question: QuestionSource) -> pictures.Picture | None:
    """The picture that lies beside the file of the question, drawn anew; None where the question names none, or one
    that the site has already, by its hash."""
    name = question.own.get("picture")
    if name is None or re.fullmatch(r"[0-9a-f]{64}", str(name)):
        return None
    file = question.file.parent / str(name)
    if not file.resolve().is_relative_to(question.file.parent.resolve()) or not file.is_file():
        raise PackageError(question.file, question.line, f"there is no picture “{name}” beside this file")
    try:
        return pictures.draw(file.read_bytes())
    except pictures.PictureRefusedError as error:
        raise PackageError(question.file, question.line, f"“{name}”: {error}") from None


def check(source: QuizSource, package: PackageSource) -> Iterator[PackageError]:
    """What its questions rest on may be cited; what it draws from stands before it. No query."""
    certainties = package.certainties()
    for question in source.questions:
        for key in question.references:
            if certainties.get(key) != CITED:
                reason = f"“{key}” is in no register" if key not in certainties else f"“{key}” is not of certainty A"
                yield PackageError(question.file, question.line, f"{reason}: it may not be cited")
    pools: dict[str, int] = {}
    for activity in package.activities():
        if activity.source is source:
            break
        if isinstance(activity.source, QuizSource):
            pools[activity.path] = len(activity.source.questions)
    for draw in source.draws:
        if draw.path not in pools:
            yield PackageError(source.file, draw.line, f"no quiz “{draw.path}” stands before this one in the package")
        elif pools[draw.path] < draw.count:
            reason = f"draws {draw.count} from the {pools[draw.path]} questions of “{draw.path}”"
            yield PackageError(source.file, draw.line, reason)


def check_all(sources: list[QuizSource], package: PackageSource) -> Iterator[PackageError]:
    """What makes a pool a bad test, though it could be loaded (formats.pool)."""
    pools = {
        activity.path: len(activity.source.questions)
        for activity in package.activities()
        if isinstance(activity.source, QuizSource)
    }
    return pool.problems(sources, pools)


def prepare(source: QuizSource, context: LoadContext) -> None:
    """Load the questions of the pool. One query and more for each question that is new or changed."""
    if not source.questions:
        return
    drawers = _drawers(source, context)
    items = {
        item.path: item
        for item in PackageItem.objects.filter(
            package=context.package, kind=ITEM, path__in=[_path(question, context) for question in source.questions]
        )
    }
    latest = _latest([question.code for question in source.questions])
    objectives = _objectives(source, context)
    named = {key for question in source.questions for key in question.references}
    documents = {row.key: row for row in LegalDocument.objects.filter(key__in=named)}
    for question in source.questions:
        path = _path(question, context)
        place = _Place(drawers[question.file], objectives.get(question.lesson), documents, path)
        _load(question, place, items.get(path), latest.get(question.code), context)


@dataclass(frozen=True)
class _Place:
    drawer: Category
    objective: Objective | None
    documents: Mapping[str, LegalDocument]
    path: str


def _path(question: QuestionSource, context: LoadContext) -> str:
    return f"{_inside(question.file, context)}#{question.code}"


def _inside(file: Path, context: LoadContext) -> str:
    return file.resolve().relative_to(context.root.resolve()).as_posix()


def _key(source: QuizSource, context: LoadContext) -> str:
    return f"{context.package}/{_inside(source.file.parent, context)}"


def _drawers(source: QuizSource, context: LoadContext) -> dict[Path, Category]:
    """A drawer for the quiz, and below it one for each question file."""
    top = bank.save_category(name=source.title, key=_key(source, context))
    names: dict[Path, str] = {}
    for question in source.questions:
        names[question.file] = names.get(question.file) or question.lesson
    return {
        file: bank.save_category(
            name=_lesson_title(source, lesson) or file.stem, key=f"{top.key}/{file.stem}", parent=top
        )
        for file, lesson in names.items()
    }


def _lesson_title(source: QuizSource, lesson: str) -> str:
    """The title in the head of the lesson's file; "" if there is none to be found."""
    return _title(source.file.parent.parent / lesson / "lesson.md") if lesson else ""


def _title(file: Path) -> str:
    if not file.is_file():
        return ""
    for line in file.read_text(encoding="utf-8").splitlines()[:20]:
        key, _, value = line.partition("=")
        if key.strip() == "title":
            return text.clean(value.strip().strip('"'))[:150]
    return ""


def _latest(codes: list[str]) -> dict[str, QuestionVersion]:
    """By code, in one query."""
    versions = QuestionVersion.objects.filter(question__code__in=codes).select_related("question").order_by("number")
    return {version.question.code: version for version in versions}


def _load(
    source: QuestionSource,
    place: _Place,
    item: PackageItem | None,
    latest: QuestionVersion | None,
    context: LoadContext,
) -> None:
    content, path = _content(source), place.path
    source_hash = _hash(source, content)
    if latest is not None and (item is None or item.loaded_hash != latest.content_hash):
        reason = "edited in the bank since it was loaded" if item else "the bank has another question with this code"
        context.note(path, "kept", reason)
        return
    if item is not None and item.source_hash == source_hash:
        context.note(path, "unchanged")
        return
    if picture := _picture(source):
        pictures.keep(picture=picture, by=None, at=context.at)
    try:
        saved = bank.save_question(
            code=source.code,
            category=latest.question.category if latest else place.drawer,
            type_name=source.type,
            stem=source.stem,
            content=content,
            reason=source.reason,
            level=source.level,
            status=latest.status if latest else QuestionVersion.Status.READY,
            objective=place.objective,
            hints=source.hints,
            # What a trainer has tagged since stays.
            tags=source.tags if latest is None else None,
            documents=[place.documents[key] for key in source.references if key in place.documents],
            facts=", ".join(key for key in source.references if key not in place.documents),
            at=context.at,
        )
    except ValidationError as error:
        raise PackageError(source.file, source.line, " ".join(error.messages)) from None
    PackageItem.objects.update_or_create(
        package=context.package,
        path=path,
        kind=ITEM,
        defaults={
            "key": source.code,
            "source_hash": source_hash,
            "loaded_hash": saved.version.content_hash,
            "revision": str(saved.version.number),
            "loaded_at": context.at,
        },
    )
    context.note(path, "updated" if latest else "created")


def _objectives(source: QuizSource, context: LoadContext) -> dict[str, Objective]:
    """By lesson: what its questions test. One that came over from an older release under the lesson's bare name is
    given its key. The page of the lesson is tied to it by services.publishing. Three queries a lesson at most."""
    found: dict[str, Objective] = {}
    for lesson in dict.fromkeys(question.lesson for question in source.questions if question.lesson):
        folder = source.file.parent.parent / lesson
        key = f"{context.package}/{_inside(folder, context)}"
        if not Objective.objects.filter(key=key).exists():
            Objective.objects.filter(key=lesson).update(key=key)
        found[lesson] = bank.save_objective(key=key, name=_title(folder / "lesson.md") or lesson)
    return found


def _hash(source: QuestionSource, content: types.Content) -> str:
    parts: list[Any] = [source.code, source.type, source.level, source.lesson, source.stem, source.reason, content]
    # Added only where there are any: what was loaded before keeps its hash.
    parts += [list(extra) for extra in (source.tags, source.hints, source.references) if extra]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def build(source: QuizSource, parent_page: Any, page: QuizPage | None, context: LoadContext) -> QuizPage:
    """The page of the quiz, filled and unsaved: one draw from its own drawer, one from each that it names.

    ``prepare`` went before, that of the quizzes it draws from too: they stand before it in the package.
    """
    page = page or QuizPage()
    page.title, page.slug, page.summary = source.title, source.slug, source.summary
    page.introduction = linebreaks(escape(source.introduction)) if source.introduction else ""
    page.minutes = source.limit_minutes or page.minutes
    page.pass_percent, page.max_attempts = source.pass_percent, source.max_attempts
    page.wait_minutes, page.limit_minutes = source.wait_minutes, source.limit_minutes
    page.shuffles, page.exempts = source.shuffles, source.exempts
    counts = {_key(source, context): source.draw} if source.questions else {}
    counts |= {f"{context.package}/{draw.path}": draw.count for draw in source.draws}
    drawers = {row.key: row for row in Category.objects.filter(key__in=counts)}
    page.draws.set(
        [
            QuizPageDraw(category=drawers[key], count=count, sort_order=order)
            for order, (key, count) in enumerate(counts.items())
        ]
    )
    return page
