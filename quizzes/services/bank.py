"""The bank is written here and nowhere else: what changes an entry's content makes its next version."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from lms.accounts.models import User
from lms.core import text
from quizzes import types
from quizzes.models import Category, Question, QuestionVersion
from quizzes.types.base import plain


@dataclass(frozen=True)
class SavedQuestion:
    """``is_new_version`` is False when the content was what it had been."""

    question: Question
    version: QuestionVersion
    is_new_version: bool


def content_hash(*, type_name: str, stem: str, content: types.Content, reason: str) -> str:
    """SHA-256 of everything that a learner sees or is marked by; two equal hashes are the same question."""
    canonical = json.dumps([type_name, stem, content, reason], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def latest_version(question: Question) -> QuestionVersion | None:
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
    status: str = Question.Status.READY,
    objective: str = "",
    actor: User | None = None,
) -> SavedQuestion:
    """Enter a question, or bring the one with this ``code`` up to date; ValidationError if its type refuses it.

    Category, level, objective and status belong to the entry and change in place. Type, stem, content and reason make
    a new version, and only when one of them differs from the latest; a second call with the same changes nothing.
    """
    stem, reason = plain(stem), plain(reason)
    if not types.is_known(type_name):
        raise ValidationError(_("There is no type of question “%(name)s”.") % {"name": type_name})
    errors = types.get(type_name).validate(content)
    if not stem:
        errors.insert(0, _("The question has no text."))
    if errors:
        raise ValidationError(errors)
    question, created = Question.objects.select_for_update().get_or_create(
        code=code,
        defaults={"category": category, "level": level, "status": status, "objective": objective, "owner": actor},
    )
    if not created:
        question.category, question.level = category, level
        question.status, question.objective = status, objective
        question.save(update_fields=["category", "level", "status", "objective"])
    digest = content_hash(type_name=type_name, stem=stem, content=content, reason=reason)
    latest = latest_version(question)
    if latest and latest.content_hash == digest:
        return SavedQuestion(question, latest, False)
    version = QuestionVersion.objects.create(
        question=question,
        number=latest.number + 1 if latest else 1,
        type=type_name,
        stem=stem,
        stem_folded=text.fold(stem),
        content=content,
        reason=reason,
        content_hash=digest,
        created_by=actor,
        created_at=at,
    )
    return SavedQuestion(question, version, True)


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
