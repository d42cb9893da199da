"""What would become of each question of a file: new, a new version, already there, a duplicate, refused. Only reads."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from lms.core import text
from quizzes import types
from quizzes.formats.item import Item, Problem, Trouble
from quizzes.models import ImportBatch, ImportItem, Question, QuestionVersion
from quizzes.queries.import_places import Drawers, Objectives
from quizzes.services import bank
from quizzes.types.base import plain

Outcome = ImportItem.Outcome
_CODE = re.compile(r"[A-Za-z0-9._-]{1,60}")
LEVELS = frozenset(Question.CognitiveLevel.values)
LONGEST_STEM = 20_000


@dataclass
class Row:
    """One ImportItem before it is one."""

    line: int
    outcome: str
    item: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    problems: list[dict[str, Any]] = field(default_factory=list)
    duplicate_of: int | None = None
    number: int = 0

    def refuse(self, trouble: Trouble, /, **values: Any) -> None:
        self.problems.append({"line": self.line, "code": trouble.value, "values": values})
        self.outcome = Outcome.REFUSED

    def note(self, trouble: Trouble, /, **values: Any) -> None:
        self.problems.append({"line": self.line, "code": trouble.value, "values": values})


def canonical(content: Any) -> Any:
    """``content`` with its ids counted as they come, and without what is empty: equal for the same question."""
    ids: dict[str, str] = {}

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            key = value.get("id")
            if isinstance(key, str):
                ids.setdefault(key, f"#{len(ids)}")
            for inner in value.values():
                collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            found = {ids.get(key, key): changed(inner) for key, inner in value.items()}
            return {key: inner for key, inner in found.items() if inner not in ("", None, [], {})}
        if isinstance(value, list):
            return [changed(inner) for inner in value]
        return ids.get(value, value) if isinstance(value, str) else value

    collect(content)
    return changed(content)


def is_same(version: QuestionVersion, item: Mapping[str, Any]) -> bool:
    """Whether the item would make just this version again, whatever the ids of its parts."""
    own = (version.type, version.stem, version.reason, [str(hint) for hint in version.hints])
    return own == (item["type"], item["stem"], item["reason"], item["hints"]) and canonical(
        version.content
    ) == canonical(item["content"])


def entry_changes(
    question: Question, item: Mapping[str, Any], *, names: Sequence[str], tags: Sequence[str], objective: int | None
) -> list[str]:
    """Which fields of the entry itself the item would change; what it does not say stays."""
    found = []
    if item["level"] and item["level"] != question.level:
        found.append("level")
    if item["category"] and list(item["category"]) != list(names):
        found.append("category")
    if item["objective"] and objective != question.objective_id:
        found.append("objective")
    if item["tags"] and sorted(item["tags"]) != sorted(tags):
        found.append("tags")
    return found


class Planner:
    """Goes through a file once, chunk by chunk, and remembers the codes and questions that it has met."""

    def __init__(self, batch: ImportBatch) -> None:
        self._batch = batch
        self._level = str(batch.report.get("level", ""))
        self._all_into_one = bool(batch.report.get("category_wins")) and batch.category_id is not None
        self._codes: dict[str, int] = {}
        self._keys: dict[str, int] = {}
        self._objectives, self._drawers = Objectives(), Drawers()
        stem = slugify(text.fold(PurePath(batch.file_name).stem))[:30].strip("-")
        self._prefix = f"{stem or batch.format}-{batch.pk}"
        self._number = 0

    def plan(self, parts: Sequence[Item | Problem]) -> list[Row]:
        """A row for each, in their order. A constant number of queries."""
        rows = [self._read(part) for part in parts]
        asked = [row for row in rows if row.outcome != Outcome.REFUSED]
        known = {
            question.code: question
            for question in Question.objects.filter(code__in=[row.item["code"] for row in asked if row.item["code"]])  # type: ignore[misc]
            .select_related("latest", "category", "objective")
            .prefetch_related("tags")
        }
        free = self._codes_in_use(asked, known)
        for row in asked:
            self._place(row, known, free)
        doubles = self._doubles([row for row in rows if row.outcome == Outcome.NEW])
        for row in rows:
            if row.outcome == Outcome.NEW:
                self._double(row, doubles)
        return rows

    def _read(self, part: Item | Problem) -> Row:
        """The item as it will be kept, judged by its type alone."""
        self._number += 1
        if isinstance(part, Problem):
            row = Row(part.line, Outcome.NEW, source=part.source, number=self._number)
            row.refuse(part.code, **part.values)
            return row
        row = Row(part.line, Outcome.NEW, source=part.source, number=self._number)
        row.problems = [
            {"line": note.line or part.line, "code": note.code.value, "values": dict(note.values)}
            for note in part.notes
        ]
        level = part.level if part.level in LEVELS else ""
        row.item = {
            "type": part.type,
            "stem": plain(part.stem),
            "content": dict(part.content),
            "code": text.clean(part.code)[:200],
            "reason": plain(part.reason),
            "hints": [plain(hint) for hint in part.hints if plain(hint)],
            "category": []
            if self._all_into_one
            else [text.clean(name)[:150] for name in part.category if name.strip()],
            "level": level,
            "objective": text.clean(part.objective)[:200],
            "tags": sorted({text.clean(tag)[:100] for tag in part.tags if text.clean(tag)}),
        }
        if not types.is_known(part.type):
            row.refuse(Trouble.INVALID, reason=_("There is no type of question “%(name)s”.") % {"name": part.type[:40]})
            return row
        for sentence in judged(row.item):
            row.refuse(Trouble.INVALID, reason=sentence)
        return row

    def _codes_in_use(self, rows: Iterable[Row], known: Mapping[str, Question]) -> set[str]:
        """Codes of the bank that a code of ours might run into once it is made fit."""
        wanted = {_fit(row.item["code"]) for row in rows if row.item["code"] and not _CODE.fullmatch(row.item["code"])}
        if not wanted:
            return set()
        first = min(wanted)[:1], max(wanted)[:1]
        near = Question.objects.filter(code__gte=first[0], code__lte=first[1] + "\U0010ffff")
        return set(near.values_list("code", flat=True)) | set(known)

    def _place(self, row: Row, known: Mapping[str, Question], taken: set[str]) -> None:
        code = row.item["code"]
        question = known.get(code)
        if code and question is None and not _CODE.fullmatch(code):
            row.item["code"] = self._fit_code(code, row.number, taken)
            row.note(Trouble.CODE_CHANGED, code=code[:60], new=row.item["code"])
        elif not code:
            row.item["code"] = f"{self._prefix}-{row.number:03d}"
        if row.item["code"] in self._codes:
            row.refuse(Trouble.WRITTEN_TWICE, code=row.item["code"], line=self._codes[row.item["code"]])
            return
        self._codes[row.item["code"]] = row.line
        if question is None:
            self._new(row)
            return
        tags = [tag.name for tag in question.tags.all()]
        changes = entry_changes(
            question,
            row.item,
            names=self._drawers.names(question.category),
            tags=tags,
            objective=self._objectives.find(row.item["objective"]),
        )
        same = question.latest is not None and is_same(question.latest, row.item)
        row.outcome = Outcome.UNCHANGED if same and not changes else Outcome.CHANGED
        if row.outcome == Outcome.CHANGED:
            row.item["changes"] = ([] if same else ["content"]) + changes

    def _new(self, row: Row) -> None:
        row.item["level"] = row.item["level"] or self._level
        if not row.item["level"]:
            row.refuse(Trouble.NO_LEVEL)
        if not row.item["category"] and not self._batch.category_id:
            row.refuse(Trouble.NO_CATEGORY)

    def _fit_code(self, code: str, number_of_row: int, taken: set[str]) -> str:
        fit = _fit(code) or f"{self._prefix}-{number_of_row:03d}"
        found, number = fit, 2
        while found in taken or found in self._codes:
            found, number = f"{fit[:52]}-{number}", number + 1
        return found

    def _doubles(self, rows: Sequence[Row]) -> dict[str, int]:
        for row in rows:
            row.item["key"] = bank.duplicate_key(
                type_name=row.item["type"], stem=row.item["stem"], content=row.item["content"]
            )
        found = QuestionVersion.objects.filter(
            duplicate_key__in=[row.item["key"] for row in rows], latest_of__isnull=False
        )
        return dict(found.values_list("duplicate_key", "question_id"))

    def _double(self, row: Row, doubles: Mapping[str, int]) -> None:
        key = row.item.pop("key")
        if key in doubles:
            row.outcome, row.duplicate_of = Outcome.DUPLICATE, doubles[key]
        elif key in self._keys:
            row.outcome = Outcome.DUPLICATE
            row.note(Trouble.SAME_AS_LINE, line=self._keys[key])
        else:
            self._keys[key] = row.line


def judged(item: Mapping[str, Any]) -> list[str]:
    """What its type says against it; whatever a file made of the content."""
    if not item["stem"]:
        return [_("The question has no text.")]
    if len(item["stem"]) > LONGEST_STEM:
        return [_("The text of the question is too long.")]
    kind = types.get(item["type"])
    try:
        errors = [str(error) for error in kind.validate(item["content"])]
        if not errors:
            # What search, duplicates and the preview will ask of it.
            kind.texts(item["content"])
            kind.right_summary(item["content"])
    except (KeyError, TypeError, AttributeError, ValueError, IndexError):
        return [_("The question is not put together as its type wants it.")]
    return errors


def _fit(code: str) -> str:
    return slugify(text.fold(code))[:60].strip("-")
