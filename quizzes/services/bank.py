"""The bank is written here and nowhere else: what changes an entry's content makes its next version."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from courses.models import LegalDocument
from lms.accounts.models import User
from lms.core import audit, text
from quizzes import types
from quizzes.models import Category, Objective, Question, QuestionVersion, QuizSlot
from quizzes.types.base import plain

Status = QuestionVersion.Status


@dataclass(frozen=True)
class SavedQuestion:
    """``is_new_version`` is False when the content was what it had been."""

    question: Question
    version: QuestionVersion
    is_new_version: bool


def content_hash(*, type_name: str, stem: str, content: types.Content, reason: str, hints: Sequence[str] = ()) -> str:
    """SHA-256 of everything that a learner sees or is marked by; two equal hashes are the same question."""
    whole: list[Any] = [type_name, stem, content, reason]
    if hints:
        whole.append(list(hints))
    canonical = json.dumps(whole, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def search_text(*, type_name: str, stem: str, content: types.Content) -> str:
    """Stem and parts, folded, for searching without diacritics."""
    return text.fold(" ".join([stem, *types.get(type_name).texts(content)]))


def duplicate_key(*, type_name: str, stem: str, content: types.Content) -> str:
    """Equal for questions of one type that ask the same with the same parts, whatever their case, spaces, diacritics,
    punctuation and the order of the parts."""
    words = [_bare(stem), *sorted(_bare(part) for part in types.get(type_name).texts(content))]
    return hashlib.sha256("\0".join([type_name, *words]).encode()).hexdigest()


def _bare(part: str) -> str:
    return " ".join("".join(char if char.isalnum() else " " for char in text.fold(part)).split())


def latest_version(question: Question) -> QuestionVersion | None:
    """Asked anew: ``question.latest`` may be older than the row."""
    return question.versions.order_by("-number").first()


@transaction.atomic
def save_question(
    *,
    code: str,
    category: Category,
    type_name: str,
    stem: str,
    content: types.Content,
    reason: str,
    level: str,
    at: dt.datetime,
    status: str = Status.READY,
    objective: Objective | None = None,
    hints: Sequence[str] = (),
    tags: Iterable[str] | None = None,
    documents: Iterable[LegalDocument] | None = None,
    facts: str | None = None,
    actor: User | None = None,
    rewrites_draft: bool = False,
) -> SavedQuestion:
    """Enter a question, or bring the one with this ``code`` up to date; ValidationError if its type refuses it.

    Category, level, objective, tags, documents and facts (None: as they are) belong to the entry and change in place.
    Type, stem, content, reason and hints make a new version, and only when one of them differs from the latest;
    ``status`` is that version's. A second call with the same changes nothing. ``rewrites_draft``: a latest version that
    is a draft which nobody was asked and no quiz has fixed is written over instead of being followed by another.
    """
    stem, reason = plain(stem), plain(reason)
    hints = [plain(hint) for hint in hints if plain(hint)]
    if not types.is_known(type_name):
        raise ValidationError(_("There is no type of question “%(name)s”.") % {"name": type_name})
    errors = types.get(type_name).validate(content)
    if not stem:
        errors.insert(0, _("The question has no text."))
    if errors:
        raise ValidationError(errors)
    question, created = Question.objects.select_for_update(of=("self",)).get_or_create(
        code=code,
        defaults={"category": category, "level": level, "objective": objective, "owner": actor},
    )
    if not created:
        question.category, question.level, question.objective = category, level, objective
        question.save(update_fields=["category", "level", "objective"])
    if tags is not None:
        question.tags.set(sorted({text.clean(tag) for tag in tags if text.clean(tag)}))
    if documents is not None:
        question.documents.set(documents)
    if facts is not None and question.facts != text.clean(facts):
        question.facts = text.clean(facts)
        question.save(update_fields=["facts"])
    digest = content_hash(type_name=type_name, stem=stem, content=content, reason=reason, hints=hints)
    latest = latest_version(question)
    if latest and latest.content_hash == digest:
        if latest.status != status:
            latest.status = status
            latest.save(update_fields=["status"])
            point(question)
        return SavedQuestion(question, latest, False)
    values: dict[str, Any] = {
        "status": status,
        "type": type_name,
        "stem": stem,
        "stem_folded": text.fold(stem),
        "search_text": search_text(type_name=type_name, stem=stem, content=content),
        "duplicate_key": duplicate_key(type_name=type_name, stem=stem, content=content),
        "content": content,
        "reason": reason,
        "hints": hints,
        "content_hash": digest,
        "created_by": actor,
        "created_at": at,
    }
    if rewrites_draft and latest and is_free_draft(latest):
        for field, value in values.items():
            setattr(latest, field, value)
        latest.save(update_fields=list(values))
        point(question)
        return SavedQuestion(question, latest, False)
    number = latest.number + 1 if latest else 1
    version = QuestionVersion.objects.create(question=question, number=number, **values)
    point(question)
    return SavedQuestion(question, version, True)


def is_free_draft(version: QuestionVersion) -> bool:
    """Whether it may still be written over: a draft, nobody was asked it, no published quiz names it. Three queries.

    What an import brought is not: undoing the import would take what was written over it along. The trigger of the
    database refuses a used one whatever is answered here.
    """
    return (
        version.status == Status.DRAFT
        and not version.uses.exists()
        and not version.import_items.exists()
        and not QuizSlot.objects.filter(version=version).exists()
    )


@transaction.atomic
def write(*, actor: User, at: dt.datetime, owner: User | None = None, **entry: Any) -> SavedQuestion:
    """What an author saves by hand: ``save_question`` over an unused draft, its ``owner``, and one line in the log.

    ``entry``: the arguments of ``save_question``. A second call with the same adds nothing but that line.
    """
    is_new = not Question.objects.filter(code=entry["code"]).exists()
    saved = save_question(actor=actor, at=at, rewrites_draft=True, **entry)
    if owner is not None and saved.question.owner_id != owner.pk:
        saved.question.owner = owner
        saved.question.save(update_fields=["owner"])
    audit.record(
        "quizzes.question_create" if is_new else "quizzes.question_edit",
        saved.question,
        actor=actor,
        version=saved.version.number,
        status=saved.version.status,
    )
    return saved


def point(question: Question) -> None:
    """Bring ``latest`` and ``ready`` of ``question`` in line with its versions. A second call changes nothing."""
    versions = list(question.versions.order_by("-number"))
    question.latest = versions[0] if versions else None
    question.ready = next((version for version in versions if version.status == Status.READY), None)
    question.save(update_fields=["latest", "ready"])


@transaction.atomic
def set_status(*, questions: Iterable[Question], status: str, actor: User | None = None) -> int:
    """Make the newest version of each ready or a draft, or retire them whole; how many changed.

    Retired: no version of it is drawn any more, whatever stood ready before; attempts that ask it go on.
    ``actor``: what changed is written into the log under this name.
    """
    changed = 0
    for question in _locked(questions):
        versions = question.versions.exclude(status=status)
        if status == Status.RETIRED:
            moved = versions.exclude(status=Status.DRAFT).update(status=status)
            moved += versions.filter(latest_of=question).update(status=status)
        else:
            moved = versions.filter(latest_of=question).update(status=status)
        if moved:
            point(question)
            changed += 1
            if actor is not None:
                audit.record("quizzes.question_status", question, actor=actor, status=status)
    return changed


@transaction.atomic
def set_category(*, questions: Iterable[Question], category: Category, actor: User) -> int:
    """Move each into ``category``; how many were elsewhere before."""
    changed = 0
    for question in _locked(questions).exclude(category=category).select_related("category"):
        before = question.category.name
        question.category = category
        question.save(update_fields=["category"])
        audit.record(
            "quizzes.question_category",
            question,
            actor=actor,
            before={"category": before},
            after={"category": category.name},
        )
        changed += 1
    return changed


@transaction.atomic
def change_tags(*, questions: Iterable[Question], add: Iterable[str], remove: Iterable[str], actor: User) -> int:
    """Put tags on each and take others off; how many changed. A tag that is not there is not missed."""
    added, removed = ({text.clean(tag) for tag in tags if text.clean(tag)} for tags in (add, remove))
    changed = 0
    for question in _locked(questions).prefetch_related("tags"):
        had = {tag.name for tag in question.tags.all()}
        has = (had | added) - removed
        if has == had:
            continue
        question.tags.set(sorted(has))
        audit.record(
            "quizzes.question_tags", question, actor=actor, before={"tags": sorted(had)}, after={"tags": sorted(has)}
        )
        changed += 1
    return changed


def _locked(questions: Iterable[Question]) -> Any:
    return Question.objects.select_for_update(of=("self",)).filter(pk__in=[row.pk for row in questions])


def save_objective(*, key: str, name: str, lesson: Any = None) -> Objective:
    """The objective with this ``key``, made or renamed; ``lesson`` (an Activity) None leaves what is there."""
    objective, created = Objective.objects.get_or_create(key=key, defaults={"name": name[:200], "lesson": lesson})
    wanted: Mapping[str, Any] = {"name": name[:200], "lesson": lesson or objective.lesson}
    if not created and any(getattr(objective, field) != value for field, value in wanted.items()):
        for field, value in wanted.items():
            setattr(objective, field, value)
        objective.save(update_fields=["name", "lesson"])
    return objective


@transaction.atomic
def add_objective(*, name: str, actor: Any, key: str = "", lesson: Any = None) -> Objective:
    """A new objective, or the one that has this name already. Without ``key`` one is made from the name."""
    name = text.clean(name)[:200]
    found = Objective.objects.filter(name=name).first()
    if found is not None:
        return found
    base = text.clean(key) or slugify(text.fold(name))[:180] or "muc-tieu"
    key, number = base, 2
    while Objective.objects.filter(key=key).exists():
        key, number = f"{base}-{number}", number + 1
    objective = Objective.objects.create(key=key, name=name, lesson=lesson)
    audit.record("quizzes.objective", objective, actor=actor)
    return objective


@transaction.atomic
def change_objective(*, objective: Objective, name: str, lesson: Any, actor: Any) -> Objective:
    """Another name, another lesson (None: no longer tied to one)."""
    objective.name, objective.lesson = text.clean(name)[:200], lesson
    objective.save(update_fields=["name", "lesson"])
    audit.record("quizzes.objective", objective, actor=actor)
    return objective


@transaction.atomic
def save_category(*, name: str, key: str, parent: Category | None = None) -> Category:
    """The drawer with this ``key``, made under ``parent`` if it is new, renamed if it is not; it is never moved."""
    category = Category.objects.filter(key=key).first()
    if category is None:
        fields = {"name": text.clean(name), "key": key}
        return parent.add_child(**fields) if parent else Category.add_root(**fields)
    if category.name != text.clean(name):
        category.name = text.clean(name)
        category.save(update_fields=["name"])
    return category
