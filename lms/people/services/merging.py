"""Uniting two accounts of one person, and taking that back for thirty days.

Nothing is copied and nothing is deleted: rows are pointed at the survivor, enrolments in the same cycle are united
(``Enrolment.united_with``), and what was changed is kept row by row so that undoing restores exactly that.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_noop

from certificates import services as certificates
from certificates.models import Certificate
from courses.models import Completion, Enrolment
from courses.services import progress
from lms.accounts.models import User
from lms.accounts.services import end_sessions
from lms.core import audit, clock, text
from lms.people import merging_queries as queries
from lms.people.models import AccountAlias, TwoPeople
from lms.people.services.merging_policy import POLICY, Policy
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Appointment, ReorganisationMove, ReorganisedUnit
from lms.units.services.errors import RefusedError
from quizzes.models import Attempt, Quiz, QuizGrade
from quizzes.services import grading

# What may be chosen: which account's value the survivor goes on with.
FIELDS = ("full_name", "phone", "email", "born")
_COLUMNS = {
    "full_name": ("full_name", "name_folded", "name_sort_key"),
    "phone": ("phone", "phone_verified"),
    "email": ("email",),
    "born": ("born_on", "birth_year"),
}
# These belong to one account only: chosen from the old one, they change places, and lead to the survivor all the same.
_EXCHANGED = ("phone", "email")

Row = list[Any]
_CHANGED = gettext_noop("the accounts were changed at this very moment: try once more")


class _Changes:
    """What was written: ``rows`` as [model, key, values before, values after], in order; ``made`` as [model, key]."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.made: list[list[str]] = []

    def write(self, model: type[models.Model], pk: Any, **values: Any) -> None:
        manager = model._base_manager
        before = manager.filter(pk=pk).values(*values).get()
        manager.filter(pk=pk).update(**values)
        self.note(model, pk, before, values)

    def note(self, model: type[models.Model], pk: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        changed = [key for key in after if before[key] != after[key]]
        if changed:
            self.rows.append(
                [
                    model._meta.label, str(pk), {key: _plain(before[key]) for key in changed},
                    {key: _plain(after[key]) for key in changed},
                ]
            )  # fmt: skip


def _plain(value: Any) -> Any:
    """As JSON keeps it, to the microsecond."""
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _read(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """What ``_plain`` wrote, as the model's fields take it."""
    found = {}
    for name, value in values.items():
        field: Any = model._meta.get_field(name)
        if isinstance(field, models.ForeignKey):
            field = field.target_field
        found[name] = field.to_python(value) if value is not None else None
    return found


# --- Uniting ----------------------------------------------------------------------------------------------------------


def merge(
    *,
    old: User,
    survivor: User,
    by: User,
    at: dt.datetime,
    reason: str,
    chosen: Mapping[str, str] | None = None,
    asked_by: User | None = None,
) -> AccountAlias:
    """``old`` becomes an earlier account of ``survivor``. A second call answers the first one's row.

    ``chosen``: field of ``FIELDS`` → "old" or "survivor"; what is not named is the survivor's, or the old account's
    where the survivor has none. Raises RefusedError (see queries.obstacle), also where one of the two does something
    in the same moment that cannot stand beside it. Certificates are not touched.
    """
    try:
        with transaction.atomic():
            return _merge(old, survivor, by, at, text.clean(reason)[:300], chosen or {}, asked_by)
    except IntegrityError as error:
        raise RefusedError(_CHANGED) from error


def _merge(
    old: User,
    survivor: User,
    by: User,
    at: dt.datetime,
    reason: str,
    chosen: Mapping[str, str],
    asked_by: User | None,
) -> AccountAlias:
    held = _hold([old.pk, survivor.pk])
    old, survivor = held[old.pk], held[survivor.pk]
    done = AccountAlias.objects.standing().filter(old=old).first()
    if done and done.survivor_id == survivor.pk:
        return done
    refused = queries.obstacle(old, survivor, by=asked_by or by)
    if refused:
        raise RefusedError(refused)
    alias = AccountAlias.objects.create(
        old=old, survivor=survivor, reason=reason, asked_by=asked_by, merged_by=by, merged_at=at
    )
    changes = _Changes()
    completed = _point_at(old, survivor, at, changes)
    _account(old, survivor, chosen, changes)
    _keep(alias, changes, completed)
    TwoPeople.objects.filter(first_id=min(old.pk, survivor.pk), second_id=max(old.pk, survivor.pk)).delete()
    end_sessions(person=old, at=at)
    accounts = {int(row[1]): row for row in changes.rows if row[0] == User._meta.label}
    for person in (survivor, old):
        _label, _pk, was, became = accounts.get(person.pk, ["", "", {}, {}])
        audit.record(
            "people.merge_accounts", person, actor=by, reason=alias.reason, before=_shown(was), after=_shown(became),
            alias=alias.pk,
            old=old.pk, survivor=survivor.pk, moved=len(changes.rows), **queries.place(survivor),
        )  # fmt: skip
    return alias


def _hold(pks: list[int]) -> dict[int, User]:
    """The accounts, in the order of their numbers, then all their enrolments: whoever unites or parts one of them, or
    brings in a result, waits until this is over.

    Not the key of the accounts: a result that is being written names its account and would wait for us, and we for it.
    Enrolments that count for others come before those, as in courses.services.progress.
    """
    people = User.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk")
    held = {person.pk: person for person in people}
    enrolments = Enrolment.objects.select_for_update(of=("self",), no_key=True).filter(user__in=pks)
    list(enrolments.order_by(F("united_with").asc(nulls_last=True), "pk").values_list("pk", flat=True))
    return held


def _point_at(old: User, survivor: User, at: dt.datetime, changes: _Changes) -> list[int]:
    """Everything of ``old`` goes to the survivor; answers the completions that this made."""
    _appointments(old, survivor, clock.day_of(at), changes)
    roots = _enrolments(old, survivor, changes)
    for name, policy in POLICY.items():
        if policy == Policy.MOVES:
            _move(name, old, survivor, changes)
    completed = [_refold(root, at, changes) for root in roots]
    return [completion.pk for completion in completed if completion]


def _keep(alias: AccountAlias, changes: _Changes, completed: list[int]) -> None:
    """What was written, behind what was written for the same union before."""
    before = alias.changes
    alias.changes = {
        "rows": [*before.get("rows", []), *changes.rows],
        "made": [*before.get("made", []), *changes.made],
        "completed": [*before.get("completed", []), *completed],
    }
    alias.save(update_fields=["changes"])


def gather() -> int:
    """For the sweep: what a request that was under way still wrote for an old account, in the moment in which it was
    united, goes to the survivor as well, and back with the rest; how many accounts. A second call finds nothing.
    """
    left = Exists(Enrolment.objects.filter(user=OuterRef("old"))) | Exists(
        Appointment.objects.filter(person=OuterRef("old"))
    )
    found = 0
    for pk in AccountAlias.objects.standing().filter(left).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            held = _hold(list(AccountAlias.objects.values_list("old_id", "survivor_id").get(pk=pk)))
            alias = AccountAlias.objects.select_for_update(of=("self",)).get(pk=pk)
            if alias.undone_at:
                continue
            changes = _Changes()
            completed = _point_at(held[alias.old_id], held[alias.survivor_id], clock.now(), changes)
            _keep(alias, changes, completed)
            found += bool(changes.rows)
    return found


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without the columns that are worked out from others."""
    return {name: value for name, value in values.items() if name not in ("name_folded", "name_sort_key")}


def _appointments(old: User, survivor: User, today: dt.date, changes: _Changes) -> None:
    """All of them move; a primary one that overlaps with one of the survivor's becomes a further one, and one that says
    the same as the survivor's own ends today: from then on the post is held once.
    """
    own = list(Appointment.objects.filter(person=survivor))
    for row in Appointment.objects.filter(person=old).order_by("pk"):
        clashes = row.is_primary and any(_overlap(row, other) for other in own if other.is_primary)
        values: dict[str, Any] = {"person_id": survivor.pk, "is_primary": row.is_primary and not clashes}
        if any(_says_the_same(row, other, today) for other in own):
            values["ends_on"] = today
        changes.write(Appointment, row.pk, **values)


def _says_the_same(row: Appointment, other: Appointment, today: dt.date) -> bool:
    """Both hold today, ``other`` as long as ``row`` would and with all that it says."""
    holds = row.starts_on < today and (row.ends_on is None or row.ends_on > today) and other.starts_on <= today
    as_long = other.ends_on is None or (row.ends_on is not None and row.ends_on <= other.ends_on)
    alike = (row.unit_id, row.is_acting, text.fold(row.position)) == (
        other.unit_id, other.is_acting, text.fold(other.position)
    )  # fmt: skip
    return holds and as_long and alike and row.page_duty in ("", other.page_duty)


def _overlap(one: Appointment, other: Appointment) -> bool:
    return (other.ends_on is None or one.starts_on < other.ends_on) and (
        one.ends_on is None or other.starts_on < one.ends_on
    )


def _enrolments(old: User, survivor: User, changes: _Changes) -> list[int]:
    """Enrolments of ``old`` go to the survivor, twins are united; answers those that stand for two from now on."""
    mine = list(Enrolment.objects.filter(user=old).order_by("pk"))
    twins = {
        (row.course_id, row.cycle): row for row in Enrolment.objects.standing().filter(user=survivor).order_by("pk")
    }
    roots = []
    for row in mine:
        twin = twins.get((row.course_id, row.cycle))
        if row.united_with_id or twin is None:
            changes.write(Enrolment, row.pk, user_id=survivor.pk)
            continue
        root, absorbed = sorted((row, twin), key=lambda each: _rank(each, survivor))
        for further in Enrolment.objects.filter(united_with=absorbed).order_by("pk"):
            changes.write(Enrolment, further.pk, united_with_id=root.pk)
        changes.write(Enrolment, absorbed.pk, united_with_id=root.pk, user_id=survivor.pk)
        changes.write(Enrolment, root.pk, user_id=survivor.pk)
        roots.append(root.pk)
    return roots


def _rank(enrolment: Enrolment, survivor: User) -> tuple[bool, bool, str, bool, int]:
    """The completed one stands for both, the earlier of two; else the one that goes on; else the survivor's own."""
    completion = Completion.objects.filter(enrolment=enrolment).first()
    return (
        completion is None,
        enrolment.withdrawn_at is not None,
        completion.completed_at.isoformat() if completion else "",
        enrolment.user_id != survivor.pk,
        enrolment.pk,
    )


def _move(name: str, old: User, survivor: User, changes: _Changes) -> None:
    label, _dot, field = name.rpartition(".")
    model = apps.get_model(label)
    for pk in model._base_manager.filter(**{field: old}).order_by("pk").values_list("pk", flat=True):
        try:
            with transaction.atomic():
                changes.write(model, pk, **{f"{field}_id": survivor.pk})
        except IntegrityError:
            # The survivor has the same already: the row stays, and says what the old account had.
            continue


def _account(old: User, survivor: User, chosen: Mapping[str, str], changes: _Changes) -> None:
    columns = [column for names in _COLUMNS.values() for column in names]
    before = {person.pk: {column: getattr(person, column) for column in columns} for person in (old, survivor)}
    after = {pk: dict(values) for pk, values in before.items()}
    for field, names in _COLUMNS.items():
        if chosen.get(field) == "old" or (field not in chosen and queries.lacks(survivor, field)):
            for column in names:
                after[survivor.pk][column] = before[old.pk][column]
                if field in _EXCHANGED:
                    after[old.pk][column] = before[survivor.pk][column]
    _write_accounts(before, after)
    changes.note(User, survivor.pk, before[survivor.pk], after[survivor.pk])
    changes.note(User, old.pk, {**before[old.pk], "is_active": old.is_active}, {**after[old.pk], "is_active": False})
    User.objects.filter(pk=old.pk).update(is_active=False)


def _write_accounts(before: Mapping[int, Mapping[str, Any]], after: Mapping[int, Mapping[str, Any]]) -> None:
    """Two accounts at once: what belongs to one only is let go by both before it is given."""
    if before == after:
        return
    for pk, values in after.items():
        if values.get("phone") != before[pk].get("phone") or values.get("email") != before[pk].get("email"):
            User.objects.filter(pk=pk).update(phone=None, email="")
    for pk, values in after.items():
        User.objects.filter(pk=pk).update(**values)


def _refold(root_id: int, at: dt.datetime, changes: _Changes) -> Completion | None:
    """States, grades and completion of an enrolment that stands for two; answers the completion this made."""
    root = Enrolment.objects.get(pk=root_id)
    group = Enrolment.objects.filter(Q(pk=root_id) | Q(united_with=root_id))
    known = list(group.values_list("started_at", "last_seen_at"))
    before = {"started_at": root.started_at, "last_seen_at": root.last_seen_at}
    progress.rebuild(enrolment=root)
    root.refresh_from_db()
    # What was brought in without events (a demonstration, a simulation) has begun all the same.
    bounds = [*known, (root.started_at, root.last_seen_at)]
    after = {
        "started_at": min((began for began, _seen in bounds if began), default=None),
        "last_seen_at": max((seen for _began, seen in bounds if seen), default=None),
    }
    Enrolment.objects.filter(pk=root_id).update(**after)
    changes.note(Enrolment, root_id, before, after)
    taken = Attempt.objects.filter(enrolment__in=group, is_preview=False).values("quiz")
    for quiz in Quiz.objects.filter(pk__in=taken).order_by("pk"):
        _fold_grade(root, quiz, at, changes)
    return progress.complete_from_evidence(enrolment=root)


def _fold_grade(root: Enrolment, quiz: Quiz, at: dt.datetime, changes: _Changes) -> None:
    fields = ("attempt_id", "score", "passed", "changed_at")
    rows = QuizGrade.objects.filter(enrolment=root, quiz=quiz)
    before = rows.values("pk", *fields).first()
    grade = grading.fold(root, quiz, at)
    if before:
        after = rows.values("pk", *fields).get()
        changes.note(QuizGrade, before["pk"], before, after)
    elif grade:
        changes.made.append([QuizGrade._meta.label, str(grade.pk)])


# --- Undoing ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def undo(*, alias: AccountAlias, by: User, at: dt.datetime, reason: str, asked_by: User | None = None) -> bool:
    """Part the two accounts again. False when it was done before. Raises RefusedError (queries.undo_obstacle).

    A value that has changed since stays as it is now. What came since belongs where it was made: an enrolment that goes
    back takes its later results along, everything else stays with the survivor (queries.undo_preview says so before).
    """
    held = _hold([alias.old_id, alias.survivor_id])
    alias = AccountAlias.objects.select_for_update(of=("self",)).get(pk=alias.pk)
    if alias.undone_at:
        return False
    refused = queries.undo_obstacle(alias, at=at, by=asked_by or by)
    if refused:
        raise RefusedError(refused)
    roots = _part_completions(alias, by, at)
    rows = alias.changes.get("rows", [])
    users = [row for row in rows if row[0] == User._meta.label]
    others = [row for row in rows if row[0] != User._meta.label]
    for row in reversed(others):
        if row[0] == Enrolment._meta.label and "united_with_id" in row[2]:
            roots.add(int(row[3]["united_with_id"]))
            if row[2]["united_with_id"]:
                roots.add(int(row[2]["united_with_id"]))
    # Which enrolments count for which comes before what follows from it.
    left = [sentence for row in reversed(others) for sentence in _restore(row)]
    _bring_back_continued(alias, others)
    for label, pk in alias.changes.get("made", []):
        apps.get_model(label)._base_manager.filter(pk=pk).delete()
    left += _restore_accounts(users)
    for pk in sorted(roots):
        _settle(Enrolment.objects.get(pk=pk), at)
    AccountAlias.objects.filter(pk=alias.pk).update(undone_at=at, undone_by=by, undo_reason=text.clean(reason)[:300])
    for person in held.values():
        audit.record(
            "people.part_accounts", person, actor=by, reason=reason, alias=alias.pk, old=alias.old_id,
            survivor=alias.survivor_id, left=left, confirmed_for=asked_by.get_full_name() if asked_by else "",
            **queries.place(held[alias.survivor_id]),
        )  # fmt: skip
    return True


def _restore(row: Row) -> list[str]:
    """Put one row back as it was, as far as it is still what the merger made of it; answers what was left alone."""
    label, pk, before, after = row
    model = apps.get_model(label)
    rows = model._base_manager.filter(pk=pk)
    now = rows.values(*after).first()
    if now is None:
        return [f"{label} {pk}"]
    meant = _read(model, after)
    same = {name for name in after if now[name] == meant[name]}
    values = {name: value for name, value in _read(model, before).items() if name in same}
    # Its own savepoint: an appointment that another one has taken the place of since stays with the survivor.
    try:
        with transaction.atomic():
            if values:
                rows.update(**values)
    except IntegrityError:
        return [f"{label} {pk}"]
    return [f"{label} {pk} {name}" for name in after if name not in same]


def _bring_back_continued(alias: AccountAlias, rows: list[Row]) -> None:
    """A post that a reorganisation has ended since went on as another row: that one goes back along with it."""
    moved = {int(pk): after for label, pk, _before, after in rows if label == Appointment._meta.label}
    taken = set(moved)
    for pk, after in sorted(moved.items()):
        post = Appointment.objects.filter(pk=pk, person=alias.old_id).first()
        while post is not None and post.ends_on is not None:
            went = ReorganisedUnit.objects.filter(
                unit=post.unit_id, role=ReorganisedUnit.Role.CLOSED, reorganisation__effective_on=post.ends_on
            )
            decided = ReorganisationMove.objects.filter(appointment=post, moved_at__isnull=False)
            alike = Appointment.objects.filter(
                Q(unit__in=went.values("people_to")) | Q(unit__in=decided.values("to_unit")),
                person=alias.survivor_id, starts_on=post.ends_on, position=post.position, page_duty=post.page_duty,
                is_acting=post.is_acting,
            ).exclude(pk__in=taken)  # fmt: skip
            # Of two alike, the one that is no main post where the union had made this one a further one.
            order = "is_primary" if after.get("is_primary") is False else "-is_primary"
            following = alike.order_by(order, "pk").first()
            if following is not None:
                Appointment.objects.filter(pk=following.pk).update(person=alias.old_id, is_primary=post.is_primary)
                taken.add(following.pk)
                following.is_primary = post.is_primary
            post = following


def _restore_accounts(rows: list[Row]) -> list[str]:
    """Phone and e-mail first leave both accounts, since each belongs to one only."""
    left, before, after = [], {}, {}
    for _label, pk, was, became in rows:
        now = User.objects.filter(pk=pk).values(*became).get()
        meant = _read(User, became)
        same = {name for name in became if now[name] == meant[name]}
        left += [f"accounts.User {pk} {name}" for name in became if name not in same]
        values = {name: value for name, value in _read(User, was).items() if name in same}
        before[int(pk)] = now
        after[int(pk)] = {**now, **values}
    for pk, values in after.items():
        taken = Q(pk__in=[])
        if values.get("phone"):
            taken |= Q(phone=values["phone"])
        if values.get("email"):
            taken |= Q(email__iexact=values["email"])
        if User.objects.filter(taken).exclude(pk__in=list(after)).exists():
            left.append(f"accounts.User {pk}")
            after[pk] = {name: value for name, value in values.items() if name not in ("phone", "email")}
    for pk in after:
        touched = {"phone": None, "email": ""}
        changed = {name: empty for name, empty in touched.items() if name in after[pk]}
        if changed:
            User.objects.filter(pk=pk).update(**changed)
    for pk, values in after.items():
        if values:
            User.objects.filter(pk=pk).update(**values)
    return left


def _part_completions(alias: AccountAlias, by: User, at: dt.datetime) -> set[int]:
    """A course that only both accounts together had completed is not completed any more.

    Its certificate stays in the register, revoked; it and the completion hang on an enrolment that stands for nothing.
    """
    roots = set()
    for completion in Completion.objects.filter(pk__in=alias.changes.get("completed", [])).select_related("enrolment"):
        root = completion.enrolment
        roots.add(root.pk)
        entered = list(Certificate.objects.filter(completion=completion))
        if not entered:
            completion.delete()
            continue
        for certificate in entered:
            certificates.revoke(certificate=certificate, at=at, actor=by, reason=alias_words(alias))
        kept = Enrolment.objects.create(
            user_id=alias.survivor_id, course_id=root.course_id, cycle=root.cycle, unit_id=root.unit_id,
            source=root.source, enrolled_at=root.enrolled_at, withdrawn_at=at, united_with=root,
        )  # fmt: skip
        Completion.objects.filter(pk=completion.pk).update(enrolment=kept, user_id=alias.survivor_id)
    return roots


def alias_words(alias: AccountAlias) -> str:
    """What a certificate says that was entered for two people taken for one. Kept in the language of the register."""
    return f"Hai tài khoản được hợp nhất nhầm ngày {alias.merged_at:%d/%m/%Y}, nay đã tách lại."


def _settle(enrolment: Enrolment, at: dt.datetime) -> None:
    """States and grades of an enrolment after the parting, from its own evidence; without events it began as it did."""
    bounds = {"started_at": enrolment.started_at, "last_seen_at": enrolment.last_seen_at}
    progress.rebuild(enrolment=enrolment)
    Enrolment.objects.filter(pk=enrolment.pk, started_at__isnull=True).update(**bounds)
    taken = Attempt.objects.filter(enrolment=enrolment, is_preview=False).values("quiz")
    for quiz in Quiz.objects.filter(pk__in=taken).order_by("pk"):
        grading.fold(enrolment, quiz, at)


# --- Two people after all ---------------------------------------------------------------------------------------------


@transaction.atomic
def tell_apart(*, one: User, other: User, by: User, at: dt.datetime) -> TwoPeople:
    """The two are not the same person: the pair is proposed no more. A second call answers the first one's row."""
    if not queries.may_unite(by, one, other):
        raise NotAllowedError
    first, second = sorted((one, other), key=lambda person: person.pk)
    row, made = TwoPeople.objects.get_or_create(first=first, second=second, defaults={"said_by": by, "said_at": at})
    if made:
        audit.record("people.two_people", first, actor=by, first=first.pk, second=second.pk, **queries.place(first))
    return row
