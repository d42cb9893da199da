"""Questions of the bank → a file, in any format that writes. Reads only; what a format cannot carry is told."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from quizzes import types
from quizzes.formats import packaging
from quizzes.formats.item import PICTURE, Item, Trouble
from quizzes.models import Category, Question, QuestionPicture, QuestionVersion
from quizzes.queries.import_places import Drawers, Objectives
from quizzes.types.exchanges import hooks


@dataclass(frozen=True)
class Exported:
    """``left_out``: (code, trouble) of what the format cannot carry. ``count``: what is in the file."""

    data: bytes
    name: str
    media_type: str
    count: int
    left_out: tuple[tuple[str, Trouble], ...]


def chosen(
    *, category: Category | None = None, status: str = "", pks: Sequence[int] | None = None
) -> QuerySet[Question]:
    """The entries to be exported: all, or those in and below ``category``, with this status of the newest version."""
    rows = Question.objects.filter(latest__isnull=False)
    if category is not None:
        rows = rows.filter(category__path__startswith=category.path)
    if status:
        rows = rows.filter(latest__status=status)
    if pks is not None:
        rows = rows.filter(pk__in=list(pks))
    return rows.order_by("code")


def items(questions: QuerySet[Question]) -> Iterator[Item]:
    """The newest version of each, with the bytes of its pictures. A constant number of queries besides the pictures."""
    drawers, objectives = Drawers(), Objectives()
    rows = questions.select_related("latest", "category", "objective").prefetch_related("tags")  # type: ignore[misc]
    for question in rows:
        version = question.latest
        if version is None:
            continue
        yield Item(
            type=version.type,
            stem=version.stem,
            content=version.content,
            code=question.code,
            reason=version.reason,
            hints=tuple(str(hint) for hint in version.hints),
            category=drawers.names(question.category),
            level=question.level,
            objective=objectives.word(question.objective) if question.objective else "",
            tags=tuple(sorted(tag.name for tag in question.tags.all())),
            status=version.status,
            pictures=_pictures(version),
        )


def _pictures(version: QuestionVersion) -> dict[str, bytes]:
    names = {*PICTURE.findall(version.stem), *PICTURE.findall(version.reason)}
    names |= {name for hint in version.hints for name in PICTURE.findall(str(hint))}
    if types.is_known(version.type):
        names |= types.get(version.type).pictures(version.content)
    if not names:
        return {}
    found: dict[str, bytes] = {}
    for picture in QuestionPicture.objects.filter(sha256__in=names):
        try:
            with picture.file.open("rb") as file:
                found[picture.sha256] = file.read()
        except FileNotFoundError:
            continue
    return found


def export(*, questions: QuerySet[Question], format: str) -> Exported:
    """All of them in one file. KeyError or ImportError for a format that cannot be written (packaging.can)."""
    return written(list(items(questions)), format)


def written(rows: Iterable[Item], format: str) -> Exported:
    module: Any = packaging.module(format)
    found = list(rows)
    made = module.write(found, hooks(format))
    suffix = module.SUFFIXES[0] if getattr(module, "SUFFIXES", ()) else ".txt"
    return Exported(
        made.data, f"cau-hoi{suffix}", module.MEDIA_TYPE, len(found) - len(made.left_out), tuple(made.left_out)
    )


def formats() -> list[str]:
    """Those that can be written here, in the order in which they are offered."""
    return [name for name in packaging.FORMATS if packaging.can(name, "write")]
