"""Staged items → drafts of the bank, many at a time, and back. Called by services.imports inside its transactions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import OuterRef, ProtectedError, Subquery
from django.utils.text import slugify
from taggit.models import Tag, TaggedItem

from lms.core import text
from quizzes.formats.item import Trouble
from quizzes.models import (
    AttemptQuestion,
    Category,
    ImportBatch,
    ImportItem,
    Objective,
    Question,
    QuestionVersion,
)
from quizzes.queries.import_places import Drawers, Objectives
from quizzes.services import bank
from quizzes.services.import_plan import entry_changes, is_same

Outcome, Status = ImportItem.Outcome, QuestionVersion.Status
KEPT_LISTED = 500


def enter(batch: ImportBatch, items: Sequence[ImportItem]) -> int:
    """Make the questions and versions of ``items``; how many were made or changed. Their number of queries is constant.

    What the bank says by now decides: the same content again is unchanged, a code taken meanwhile is refused.
    """
    waiting = [row for row in items if row.outcome in (Outcome.NEW, Outcome.CHANGED, Outcome.DUPLICATE)]
    if not waiting:
        return 0
    held = Question.objects.select_for_update(of=("self",)).filter(code__in=[row.item["code"] for row in waiting])
    known = {row.code: row for row in held.select_related("latest", "category").prefetch_related("tags")}  # type: ignore[misc]
    places = _Places(batch)
    new = [row for row in waiting if row.item["code"] not in known and row.outcome != Outcome.CHANGED]
    changed = [row for row in waiting if row.item["code"] in known and row.outcome == Outcome.CHANGED]
    late = [row for row in waiting if row not in new and row not in changed]
    for row in late:
        row.outcome = Outcome.REFUSED
        row.problems = [*row.problems, {"line": row.line, "code": Trouble.CHANGED_MEANWHILE.value, "values": {}}]
    _enter_new(batch, new, places)
    touched = _enter_changed(batch, changed, known, places)
    places.note()
    ImportItem.objects.bulk_update(waiting, ["outcome", "problems", "item", "version"], batch_size=100)
    return len(new) + touched


class _Places:
    """Drawers and objectives by name; what is missing is made, and the batch remembers what it made."""

    def __init__(self, batch: ImportBatch) -> None:
        self._batch = batch
        self._drawers, self._objectives = Drawers(), Objectives()
        self._made: dict[str, list[int]] = {"categories": [], "objectives": []}

    def category(self, names: Iterable[str]) -> Category:
        path = tuple(names)
        if not path:
            assert self._batch.category is not None  # noqa: S101  the plan refuses what has none
            return self._batch.category
        found = self._drawers.find(path)
        if found is None:
            above = self.category(path[:-1]) if len(path) > 1 else None
            key = _free_key(Category, f"{above.key}/" if above else "", path[-1])
            # Asked anew: adding below needs the row's own count of children.
            above = Category.objects.get(pk=above.pk) if above else None
            found = bank.save_category(name=path[-1], key=key, parent=above)
            self._drawers.add(found)
            self._made["categories"].append(found.pk)
        return found

    def objective(self, word: str) -> int | None:
        if not word:
            return None
        found = self._objectives.find(word)
        if found is None:
            made = bank.save_objective(key=_free_key(Objective, "", word), name=word)
            self._objectives.add(made)
            self._made["objectives"].append(made.pk)
            found = made.pk
        return found

    def names(self, category: Category) -> tuple[str, ...]:
        return self._drawers.names(category)

    def note(self) -> None:
        before = self._batch.report.get("made", {})
        self._batch.report["made"] = {kind: [*before.get(kind, []), *pks] for kind, pks in self._made.items()}


def _free_key(model: Any, prefix: str, name: str) -> str:
    key = f"{prefix}{slugify(text.fold(name)) or 'ngan'}"[:190]
    found, number = key, 2
    while model.objects.filter(key=found).exists():
        found, number = f"{key}-{number}", number + 1
    return found


def _version(batch: ImportBatch, question: Question, number: int, item: Mapping[str, Any]) -> QuestionVersion:
    same: dict[str, Any] = {"type_name": item["type"], "stem": item["stem"], "content": item["content"]}
    return QuestionVersion(
        question=question,
        number=number,
        status=Status.DRAFT,
        type=item["type"],
        stem=item["stem"],
        stem_folded=text.fold(item["stem"]),
        search_text=bank.search_text(**same),
        duplicate_key=bank.duplicate_key(**same),
        content=item["content"],
        reason=item["reason"],
        hints=item["hints"],
        content_hash=bank.content_hash(**same, reason=item["reason"], hints=item["hints"]),
        created_by=batch.made_by,
        created_at=batch.made_at,
    )


def _enter_new(batch: ImportBatch, rows: Sequence[ImportItem], places: _Places) -> None:
    questions = []
    for row in rows:
        item = row.item
        questions.append(
            Question(
                code=item["code"],
                category=places.category(item["category"]),
                level=item["level"],
                objective_id=places.objective(item["objective"]),
                owner=batch.made_by,
            )
        )
    Question.objects.bulk_create(questions)
    versions = [_version(batch, question, 1, row.item) for question, row in zip(questions, rows, strict=True)]
    QuestionVersion.objects.bulk_create(versions)
    _point([question.pk for question in questions])
    _tag({question.pk: row.item["tags"] for question, row in zip(questions, rows, strict=True)})
    for question, version, row in zip(questions, versions, rows, strict=True):
        row.version = version
        row.item = {**row.item, "set": _entry(question)}


def _entry(question: Question) -> dict[str, Any]:
    return {"level": question.level, "category": question.category_id, "objective": question.objective_id}


def _enter_changed(
    batch: ImportBatch, rows: Sequence[ImportItem], known: Mapping[str, Question], places: _Places
) -> int:
    versions, entries, tags = [], [], {}
    touched = 0
    for row in rows:
        question, item = known[row.item["code"]], row.item
        before = {**_entry(question), "tags": sorted(tag.name for tag in question.tags.all())}
        objective = places.objective(item["objective"])
        changes = entry_changes(
            question, item, names=places.names(question.category), tags=before["tags"], objective=objective
        )
        same = question.latest is not None and is_same(question.latest, item)
        if same and not changes:
            row.outcome = Outcome.UNCHANGED
            continue
        touched += 1
        if not same:
            row.version = _version(batch, question, question.latest.number + 1 if question.latest else 1, item)
            versions.append(row.version)
        if changes:
            question.level = item["level"] or question.level
            question.category = places.category(item["category"]) if item["category"] else question.category
            question.objective_id = objective if item["objective"] else question.objective_id
            entries.append(question)
            if "tags" in changes:
                tags[question.pk] = item["tags"]
        row.item = {**item, "before": before, "set": _entry(question)}
    QuestionVersion.objects.bulk_create(versions)
    Question.objects.bulk_update(entries, ["level", "category", "objective"])
    _point([version.question_id for version in versions])
    TaggedItem.objects.filter(content_type=_questions(), object_id__in=list(tags)).delete()
    _tag(tags)
    return touched


def _point(questions: Sequence[int]) -> None:
    """``latest`` of many. ``ready`` stays: what comes in is a draft."""
    newest = QuestionVersion.objects.filter(question=OuterRef("pk")).order_by("-number").values("pk")[:1]
    Question.objects.filter(pk__in=questions).update(latest=Subquery(newest))


def _questions() -> ContentType:
    return ContentType.objects.get_for_model(Question)


def _tag(wanted: Mapping[int, Sequence[str]]) -> None:
    """Tags of many entries that have none. Three queries, one more for each tag that is new."""
    names = {name for tags in wanted.values() for name in tags}
    if not names:
        return
    found = {tag.name: tag for tag in Tag.objects.filter(name__in=names)}
    for name in sorted(names - set(found)):
        # One by one: the tag finds itself a free slug.
        found[name] = Tag.objects.create(name=name)
    kind = _questions()
    TaggedItem.objects.bulk_create(
        TaggedItem(tag=found[name], content_type=kind, object_id=pk) for pk, tags in wanted.items() for name in tags
    )


# --- And back ---------------------------------------------------------------------------------------


def take_back(batch: ImportBatch, items: Sequence[ImportItem]) -> int:
    """Remove what ``items`` have made; what was used or changed since is retired and told in ``report["kept"]``."""
    made = [row for row in items if "set" in row.item]
    versions = {
        version.pk: version
        for version in QuestionVersion.objects.filter(pk__in=[row.version_id for row in made if row.version_id])
    }
    questions = {
        question.code: question
        for question in Question.objects.select_for_update(of=("self",)).filter(
            code__in=[row.item["code"] for row in made]
        )
    }
    used = set(AttemptQuestion.objects.filter(version__in=list(versions)).values_list("version_id", flat=True))
    gone, kept, whole = 0, list(batch.report.get("kept", [])), []
    for row in made:
        question, version = questions.get(row.item["code"]), versions.get(row.version_id or 0)
        if question is None or (version is None and row.version_id):
            continue
        fault = _fault(row, question, version, used)
        if not fault and "before" not in row.item and version is not None:
            whole.append((row, question, version))
            continue
        if not fault and version is not None and not _remove_version(question, version):
            fault = "used"
        if fault:
            _retire(row, question, version)
            kept.append([row.item["code"], fault])
        elif version is not None:
            gone += 1
        _restore(row, question)
    gone += _remove_whole(whole, kept)
    batch.report["kept"] = kept[:KEPT_LISTED]
    return gone


def _fault(row: ImportItem, question: Question, version: QuestionVersion | None, used: set[int]) -> str:
    if version is None:
        return ""
    if version.pk in used:
        return "used"
    is_ours = version.status == Status.DRAFT and question.latest_id == version.pk
    return "" if is_ours and _entry(question) == row.item["set"] else "changed"


def _remove_whole(found: Sequence[tuple[ImportItem, Question, QuestionVersion]], kept: list[list[str]]) -> int:
    """Entries with their only version. All at once; one by one where something holds on to one of them."""
    if not found:
        return 0
    try:
        with transaction.atomic():
            _delete([question.pk for _row, question, _version in found])
            return len(found)
    except ProtectedError:
        pass
    gone = 0
    for row, question, version in found:
        try:
            with transaction.atomic():
                _delete([question.pk])
                gone += 1
        except ProtectedError:
            _retire(row, question, version)
            kept.append([row.item["code"], "used"])
    return gone


def _delete(questions: Sequence[int]) -> None:
    rows = Question.objects.filter(pk__in=questions)
    rows.update(latest=None, ready=None)
    ImportItem.objects.filter(duplicate_of__in=questions).update(duplicate_of=None)
    TaggedItem.objects.filter(content_type=_questions(), object_id__in=questions).delete()
    QuestionVersion.objects.filter(question__in=questions).delete()
    rows.delete()


def _remove_version(question: Question, version: QuestionVersion) -> bool:
    try:
        with transaction.atomic():
            Question.objects.filter(pk=question.pk).update(latest=None)
            version.delete()
    except ProtectedError:
        return False
    bank.point(question)
    return True


def _retire(row: ImportItem, question: Question, version: QuestionVersion | None) -> None:
    """An entry that the batch made goes whole; of one that was there before, the version that the batch made."""
    if "before" not in row.item:
        bank.set_status(questions=[question], status=Status.RETIRED)
    if version is not None:
        QuestionVersion.objects.filter(pk=version.pk).update(status=Status.RETIRED)
    bank.point(question)


def _restore(row: ImportItem, question: Question) -> None:
    """Level, category, objective and tags as they were, unless somebody has changed them since."""
    before = row.item.get("before")
    question.refresh_from_db()
    if not before or _entry(question) != row.item["set"]:
        return
    question.level, question.category_id, question.objective_id = (
        before["level"],
        before["category"],
        before["objective"],
    )
    question.save(update_fields=["level", "category", "objective"])
    if sorted(tag.name for tag in question.tags.all()) == sorted(row.item["tags"] or before["tags"]):
        question.tags.set(before["tags"])


def take_back_drawers(batch: ImportBatch) -> None:
    """Drawers and objectives that the batch made, where nothing lies in them."""
    made = batch.report.get("made", {})
    for pk in reversed(made.get("categories", [])):
        category = Category.objects.filter(pk=pk, numchild=0, questions__isnull=True).first()
        if category:
            _try(category)
    for pk in made.get("objectives", []):
        objective = Objective.objects.filter(pk=pk, questions__isnull=True).first()
        if objective:
            _try(objective)


def _try(row: Any) -> None:
    try:
        with transaction.atomic():
            row.delete()
    except ProtectedError:
        return
