"""Exceptions to the rules of a quiz for one person or one unit and all below it (requirements Q6).

What they come to is worked out in quizzes.queries.overrides; here they are only made and withdrawn.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from lms.accounts.models import User
from lms.core import audit, clock, text
from lms.units.models import Unit
from lms.units.queries import primary_appointment
from quizzes.models import Override, Quiz
from quizzes.rules.overrides import FIELDS


class OverrideRefusedError(Exception):
    """The sentence that says why this exception cannot be made."""


@transaction.atomic
def make(
    *,
    quiz: Quiz,
    person: User | None,
    unit: Unit | None,
    values: Mapping[str, Any],
    reason: str,
    expires_on: dt.date | None,
    by: User,
    at: dt.datetime,
) -> Override:
    """Other rules for ``person`` or for ``unit``; ``values``: fields of rules.overrides, None keeps the quiz's.

    Who may do it for whom is asked by the caller. The very same one by the same person within a minute is a button
    pressed twice, and is one exception. Attempts under way keep the deadline that they have.
    """
    said = text.clean(reason)
    if not said:
        raise OverrideRefusedError(_("Say why this exception is made."))
    if person is not None and person.pk == by.pk:
        raise OverrideRefusedError(_("Nobody makes an exception for oneself: ask a colleague."))
    chosen = {field: values.get(field) for field in FIELDS}
    if all(value is None for value in chosen.values()):
        raise OverrideRefusedError(_("Fill in at least one thing that is to differ."))
    Quiz.objects.select_for_update().get(pk=quiz.pk)
    wanted = {"quiz": quiz, "person": person, "unit": unit, "reason": said, "expires_on": expires_on, "made_by": by}
    before: Override | None = Override.objects.filter(
        **wanted, **chosen, withdrawn_at__isnull=True, made_at__gt=at - dt.timedelta(minutes=1)
    ).first()
    if before is not None:
        return before
    made: Override = Override.objects.create(**wanted, **chosen, made_at=at)
    audit.record("quizzes.override", made, actor=by, **_about(made), fields=sorted(_named(chosen)), reason=said)
    return made


@transaction.atomic
def withdraw(*, override: Override, by: User, at: dt.datetime) -> bool:
    """In force until now. False when it was withdrawn before, by whomever: nothing is changed then."""
    held = Override.objects.select_for_update(of=("self",)).select_related("unit").get(pk=override.pk)
    if held.withdrawn_at is not None:
        return False
    held.withdrawn_by, held.withdrawn_at = by, at
    held.save(update_fields=["withdrawn_by", "withdrawn_at"])
    audit.record("quizzes.override_withdraw", held, actor=by, **_about(held), reason=held.reason)
    return True


def _named(values: Mapping[str, Any]) -> list[str]:
    """Names only: a password is nobody's business in a log."""
    return [field for field, value in values.items() if value is not None]


def _about(row: Override) -> dict[str, Any]:
    where: dict[str, Any] = {} if row.unit else {"person": row.person_id}
    unit = row.unit
    if row.person and (post := primary_appointment(row.person, on=clock.today())):
        unit = post.unit
    if unit:
        where |= {"unit": unit.pk, "path": unit.path}
    return {"quiz": row.quiz_id, **where}
