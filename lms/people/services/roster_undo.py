"""Writes: a roster that was written is taken back, row by row, within seven days.

What has changed since is left alone and named. History stays as it was told: an appointment that has counted on a day
before today is ended, never deleted; one that was made today, or has not begun, goes without a trace but for the log.
"""

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q

from lms.accounts import phones
from lms.accounts.models import User
from lms.accounts.rules import counts_as_staff
from lms.core import audit, clock
from lms.fanpages.models import PageRecord
from lms.fanpages.rules import Statement
from lms.people.enums import Back, BatchState, Left
from lms.people.models import RosterBatch, RosterLeaver, RosterRow, in_words, left_alone
from lms.people.rules import ACTING, DUTIES, page_words
from lms.people.services.roster_rights import NotAllowedError, may_import
from lms.units.models import Appointment, Unit
from lms.units.services.appointments import end_appointment, is_open
from lms.units.services.errors import RefusedError

TAKE_BACK_AT_ONCE = 50
# Tables whose rows an account has without having done or earned anything.
_HARMLESS = frozenset({"people.RosterRow", "units.Appointment", "wagtailusers.UserProfile"})
_SIGN_IN = ("full_name", "phone", "email")


@dataclass(frozen=True)
class Change:
    """One thing that is taken back: its sentence as key and words, and what does it."""

    key: Back
    words: dict[str, Any]
    do: Callable[[], None]

    @property
    def sentence(self) -> str:
        return str(self.key.label) % in_words(self.words)


@dataclass
class Verdict:
    """What becomes of one row or leaver: ``changes`` are taken back, ``left`` is left alone, as [key, words]."""

    changes: list[Change] = field(default_factory=list)
    left: list[list[Any]] = field(default_factory=list)

    def leave(self, key: Left, **words: Any) -> None:
        self.left.append([key.value, words])

    @property
    def left_sentences(self) -> list[str]:
        return left_alone(self.left)


# --- The window -------------------------------------------------------------------------------------


def undo_until(batch: RosterBatch) -> dt.datetime | None:
    """Until when the batch may be taken back; None where it never could be."""
    if batch.state != BatchState.DONE or batch.done_at is None:
        return None
    return batch.done_at + dt.timedelta(days=getattr(settings, "ROSTER_UNDO_DAYS", 7))


def may_undo(batch: RosterBatch, at: dt.datetime) -> bool:
    until = undo_until(batch)
    return until is not None and at < until


def start(*, batch: RosterBatch, by: User, at: dt.datetime, reason: str) -> bool:
    """From now on the batch is to be taken back; ``take_back`` does it. False when it is too late, was not written, or
    somebody was quicker. Raises NotAllowedError.
    """
    if not may_import(by, batch.unit):
        raise NotAllowedError
    earliest = at - dt.timedelta(days=getattr(settings, "ROSTER_UNDO_DAYS", 7))
    with transaction.atomic():
        written = RosterBatch.objects.filter(pk=batch.pk, state=BatchState.DONE, done_at__gt=earliest)
        won = written.update(state=BatchState.UNDOING, undo_by=by, undo_at=at, undo_reason=reason[:300])
        if won:
            audit.record(
                "people.undo_roster", batch, actor=by, reason=reason[:300], file=batch.file_name, unit=batch.unit_id,
                path=batch.unit.path,
            )  # fmt: skip
    return bool(won)


def take_back(*, batch_id: int, turn: float = float("inf")) -> int:
    """Take back what is still to be taken back, fifty rows a transaction, the last row first, until it is done or
    ``turn`` seconds have passed; returns how many rows and leavers were looked at. May run beside itself and after a
    crash: each row is taken back once.
    """
    done = 0
    begun = time.monotonic()
    while time.monotonic() - begun < turn:
        with transaction.atomic():
            held = RosterBatch.objects.select_for_update(of=("self",)).select_related("unit", "undo_by")
            batch = held.get(pk=batch_id)
            if batch.state != BatchState.UNDOING:
                return done
            number = _some_rows(batch) or _some_leavers(batch)
            if not number:
                RosterBatch.objects.filter(pk=batch_id).update(state=BatchState.UNDONE, undone_at=clock.now())
                return done
            done += number
    return done


def _some_rows(batch: RosterBatch) -> int:
    waiting = RosterRow.objects.filter(batch=batch, written_at__isnull=False, undone_at__isnull=True)
    rows = list(waiting.order_by("-pk")[:TAKE_BACK_AT_ONCE])
    for row, verdict in zip(rows, judge_rows(batch, rows), strict=True):
        _carry_out(row, verdict)
    return len(rows)


def _some_leavers(batch: RosterBatch) -> int:
    waiting = RosterLeaver.objects.filter(batch=batch, written_at__isnull=False, undone_at__isnull=True)
    some = list(waiting.order_by("-pk")[:TAKE_BACK_AT_ONCE])
    for leaver, verdict in zip(some, judge_leavers(batch, some), strict=True):
        _carry_out(leaver, verdict)
    return len(some)


def _carry_out(row: RosterRow | RosterLeaver, verdict: Verdict) -> None:
    """All of a row, or nothing of it where something stands in the way after all."""
    left = verdict.left
    try:
        with transaction.atomic():
            for change in verdict.changes:
                change.do()
    except (IntegrityError, ProtectedError, RefusedError):
        left = [*left, [Left.POST_CHANGED.value, {}]]
    row.undone_at = clock.now()
    row.undo_left = left
    row.save(update_fields=["undone_at", "undo_left"])


# --- What becomes of a row --------------------------------------------------------------------------


def judge_rows(batch: RosterBatch, rows: Sequence[RosterRow]) -> list[Verdict]:
    """What taking back would do today, for some fifty written rows. Nothing is written; a fixed number of queries and
    one for each table that may know of a person.
    """
    made = [row for row in rows if row.undo.get("made")]
    facts = _Facts([row.person_id for row in rows if row.person_id], made)
    facts.of_batch = _made_by(batch, {row.person_id for row in made if row.person_id}) if made else set()
    by = batch.undo_by
    return [_Judge(facts, by, row.written_at).row(row) for row in rows]


def judge_leavers(batch: RosterBatch, leavers: Sequence[RosterLeaver]) -> list[Verdict]:
    posts = Appointment.objects.in_bulk([leaver.appointment_id for leaver in leavers])
    facts = _Facts([post.person_id for post in posts.values()], [])
    verdicts = []
    for leaver in leavers:
        verdict = Verdict()
        judge = _Judge(facts, batch.undo_by, leaver.written_at)
        person = facts.people.get(posts[leaver.appointment_id].person_id)
        if person is None or not person.is_active:
            verdict.leave(Left.CLOSED)
        else:
            judge.reopen(verdict, person, [leaver.undo["ended"]], made=None)
        verdicts.append(verdict)
    return verdicts


class _Facts:
    """What is known today of some people. ``of_batch``: appointments that the roster made in other rows of theirs."""

    of_batch: set[int]

    def __init__(self, pks: Iterable[int], made: Sequence[RosterRow]) -> None:
        wanted = set(pks)
        self.today = clock.today()
        self.of_batch = set()
        self.people = User.objects.in_bulk(wanted)
        self.posts: dict[int, dict[int, Appointment]] = defaultdict(dict)
        for post in (
            Appointment.objects.filter(person__in=wanted).select_related("unit").prefetch_related("unit__names")
        ):
            self.posts[post.person_id][post.pk] = post
        marked = Q(is_superuser=True) | Q(is_staff=True) | Q(groups__isnull=False) | Q(grants__isnull=False)
        perhaps = User.objects.filter(marked, pk__in=wanted).distinct()
        self.staff = {person.pk for person in perhaps if counts_as_staff(person)}
        self.evidence = _with_evidence({row.person_id for row in made if row.person_id})


def _with_evidence(pks: set[int]) -> set[int]:
    """Those of whom any table knows something beside the roster and their appointments. A table that is new counts."""
    found: set[int] = set()
    for relation in User._meta.get_fields(include_hidden=True):
        if not relation.auto_created or not (relation.one_to_many or relation.one_to_one) or not pks:
            continue
        model, field_ = relation.related_model, relation.field  # type: ignore[union-attr]
        assert model is not None  # noqa: S101  a relation has a table
        if model._meta.label not in _HARMLESS and not model._meta.proxy:
            known = model._base_manager.filter(**{f"{field_.name}__in": pks}).order_by()
            found.update(known.values_list(field_.attname, flat=True).distinct())
    return found


class _Judge:
    """Looks at one row after the other. ``written_at``: when the row was written."""

    def __init__(self, facts: _Facts, by: User | None, written_at: dt.datetime | None) -> None:
        self._facts, self._by, self._today = facts, by, facts.today
        # What was written today has counted on no day before.
        self._is_fresh = written_at is not None and clock.day_of(written_at) >= facts.today

    def row(self, row: RosterRow) -> Verdict:
        verdict = Verdict()
        person = self._facts.people.get(row.person_id or 0)
        if person is None or not person.is_active:
            verdict.leave(Left.CLOSED)
        elif row.undo.get("made"):
            self._close(verdict, person, row)
        else:
            self._fields(verdict, person, row.undo.get("account") or {})
            self._posts(verdict, person, row.undo.get("posts") or {})
        self._page(verdict, row)
        return verdict

    # The account

    def _close(self, verdict: Verdict, person: User, row: RosterRow) -> None:
        """An account that the roster made: only one that nobody has used, and of which nothing else is known."""
        posts = row.undo.get("posts") or {}
        others = self._facts.posts[person.pk].keys() - self._facts.of_batch - {posts.get("made")}
        if person.pk in self._facts.staff:
            verdict.leave(Left.RIGHTS)
        elif person.last_login is not None:
            verdict.leave(Left.SIGNED_IN)
        elif person.pk in self._facts.evidence:
            verdict.leave(Left.EVIDENCE)
        elif others:
            verdict.leave(Left.LATER_POST)
        else:
            self._posts(verdict, person, posts)
            verdict.changes.append(Change(Back.CLOSED, {}, lambda: self._do_close(person)))

    def _do_close(self, person: User) -> None:
        before = {"phone": person.phone or "", "email": person.email}
        person.is_active = False
        # The right list comes after the wrong one: its people must not find their own numbers taken.
        person.phone, person.phone_verified, person.email = None, False, ""
        person.set_unusable_password()
        person.save()
        self._log("people.roster_closed", person, before)

    def _fields(self, verdict: Verdict, person: User, changed: dict[str, list[Any]]) -> None:
        fields = {key: pair for key, pair in changed.items() if key not in ("phone_verified", "born_on", "birth_year")}
        if "born_on" in changed:
            fields["born"] = [_born(changed, 0), _born(changed, 1)]
        for key, (before, after) in fields.items():
            now = _born_of(person) if key == "born" else getattr(person, key) or ""
            words = {"field": key, "now": _shown(key, after) or "–", "before": _shown(key, before) or "–"}
            if now == (before or ""):
                continue
            if now != (after or ""):
                verdict.leave(Left.FIELD, field=key, value=_shown(key, now))
            elif key in _SIGN_IN and person.pk in self._facts.staff:
                verdict.leave(Left.RIGHTS)
            elif before and _is_taken(key, before, person):
                verdict.leave(Left.TAKEN, field=key, value=_shown(key, before))
            else:
                verdict.changes.append(Change(Back.FIELD, words, self._put_back(person, key, changed)))

    def _put_back(self, person: User, key: str, changed: dict[str, list[Any]]) -> Callable[[], None]:
        def do() -> None:
            before = {key: _shown(key, _born_of(person) if key == "born" else getattr(person, key))}
            if key == "born":
                day = changed["born_on"][0]
                person.born_on = dt.date.fromisoformat(day) if day else None
                person.birth_year = changed["birth_year"][0]
            else:
                setattr(person, key, changed[key][0] or (None if key == "phone" else ""))
            if key == "phone":
                person.phone_verified = changed.get("phone_verified", [False])[0]
            person.save()
            now = _shown(key, _born_of(person) if key == "born" else getattr(person, key))
            self._log("people.roster_undone", person, before, {key: now})

        return do

    def _log(self, action: str, target: User, before: dict[str, Any], after: dict[str, Any] | None = None) -> None:
        post = next(iter(self._facts.posts[target.pk].values()), None)
        where = {"unit": post.unit_id, "path": post.unit.path} if post else {}
        audit.record(action, target, actor=self._by, before=before, after=after, **where)

    # Appointments

    def _posts(self, verdict: Verdict, person: User, posts: dict[str, Any]) -> None:
        held = self._facts.posts[person.pk]
        corrected = posts.get("corrected")
        if corrected:
            self._correct(verdict, person, held.get(corrected["id"]), corrected)
        made = held.get(posts.get("made") or 0)
        if posts.get("made") is None:
            return
        if made is None or _plain(made.ends_on) != posts.get("until"):
            verdict.leave(Left.POST_CHANGED)
        elif made.is_primary and any(pk > made.pk and post.is_primary for pk, post in held.items()):
            verdict.leave(Left.LATER_POST)
        else:
            self._unmake(verdict, made)
            self.reopen(verdict, person, posts.get("ended") or [], made=made)

    def _correct(self, verdict: Verdict, person: User, post: Appointment | None, kept: dict[str, Any]) -> None:
        fields = [name for name in kept if name != "id"]
        if post is None or any(_plain(getattr(post, name)) != kept[name][1] for name in fields):
            verdict.leave(Left.POST_CHANGED)
            return
        words = {"position": kept["position"][0], "duty": DUTIES.get(kept["page_duty"][0], "")}

        def do() -> None:
            before = {name: _plain(getattr(post, name)) for name in fields}
            for name in fields:
                setattr(post, name, kept[name][0])
            if kept.get("ends_on", [None])[0]:
                post.ends_on = dt.date.fromisoformat(kept["ends_on"][0])
            post.save(update_fields=fields)
            self._log("people.roster_undone", person, before, {name: kept[name][0] for name in fields})

        verdict.changes.append(Change(Back.POST_WORDS, words, do))
        for name in fields:
            if name in _OF_POST and kept[name][0] != kept[name][1]:
                before, now = (_OF_POST[name](value) or "–" for value in kept[name])
                field_ = "last_day" if name == "ends_on" else name
                verdict.changes.append(Change(Back.FIELD, {"field": field_, "now": now, "before": before}, _nothing))

    def _unmake(self, verdict: Verdict, made: Appointment) -> None:
        words = {"position": made.position, "unit": str(made.unit), "day": f"{self._today:%d/%m/%Y}"}
        if self._is_fresh or made.starts_on >= self._today:
            verdict.changes.append(Change(Back.POST_GONE, words, lambda: self._do_delete(made)))
        else:
            ends = lambda: end_appointment(appointment=made, ends_on=self._today, actor=self._by)  # noqa: E731
            verdict.changes.append(Change(Back.POST_ENDED, words, ends))

    def _do_delete(self, made: Appointment) -> None:
        audit.record(
            "people.roster_unappointed", made.person, actor=self._by, unit=made.unit_id, path=made.unit.path,
            before={"position": made.position, "page_duty": made.page_duty, "starts_on": f"{made.starts_on}"},
        )  # fmt: skip
        made.delete()

    def reopen(
        self, verdict: Verdict, person: User, ended: Sequence[Sequence[Any]], *, made: Appointment | None
    ) -> None:
        """Appointments that the roster ended, [id, end before, end now], hold again: as they were where nobody has
        counted them as ended, else as new ones from today on.
        """
        held = self._facts.posts[person.pk]
        for pk, before, now in ended:
            post = held.get(pk)
            until = dt.date.fromisoformat(before) if before else None
            if post is None or post.ends_on is None or post.ends_on.isoformat() != now:
                verdict.leave(Left.POST_CHANGED)
            elif post.is_primary and self._serves_otherwise(person, {pk, made.pk if made else 0}):
                verdict.leave(Left.LATER_POST)
            elif until is not None and until <= self._today:
                continue
            elif not is_open(post.unit, self._today):
                verdict.leave(Left.UNIT_CLOSED, unit=str(post.unit))
            else:
                self._hold_again(verdict, post, until)

    def _serves_otherwise(self, person: User, but: set[int]) -> bool:
        return any(
            post.is_primary and pk not in but and (post.ends_on is None or post.ends_on > self._today)
            for pk, post in self._facts.posts[person.pk].items()
        )

    def _hold_again(self, verdict: Verdict, post: Appointment, until: dt.date | None) -> None:
        words = {"position": post.position, "unit": str(post.unit), "day": f"{self._today:%d/%m/%Y}"}
        if self._is_fresh or (post.ends_on is not None and post.ends_on >= self._today):
            verdict.changes.append(Change(Back.POST_BACK, words, lambda: self._do_hold(post, until)))
        else:
            verdict.changes.append(Change(Back.POST_AGAIN, words, lambda: self._do_appoint(post, until)))

    def _do_hold(self, post: Appointment, until: dt.date | None) -> None:
        before = {"ends_on": f"{post.ends_on}"}
        post.ends_on = until
        post.save(update_fields=["ends_on"])
        audit.record(
            "people.roster_reappointed", post.person, actor=self._by, unit=post.unit_id, path=post.unit.path,
            before=before, after={"ends_on": f"{until or ''}"},
        )  # fmt: skip

    def _do_appoint(self, post: Appointment, until: dt.date | None) -> None:
        again = Appointment.objects.create(
            person_id=post.person_id, unit_id=post.unit_id, position=post.position, page_duty=post.page_duty,
            is_primary=post.is_primary, is_acting=post.is_acting, decision=post.decision, starts_on=self._today,
            ends_on=until,
        )  # fmt: skip
        audit.record(
            "people.roster_reappointed", post.person, actor=self._by, unit=post.unit_id, path=post.unit.path,
            after={"position": again.position, "starts_on": f"{again.starts_on}"},
        )  # fmt: skip

    # The unit's page

    def _page(self, verdict: Verdict, row: RosterRow) -> None:
        kept = row.undo.get("page")
        if not kept or not kept.get("made"):
            return
        made = PageRecord.objects.filter(pk=kept["made"]).select_related("unit").first()
        before = PageRecord.objects.filter(pk=kept["before"]).first() if kept.get("before") else None
        if made is None or made.replaced_at is not None or made.confirmed_at is not None:
            verdict.leave(Left.PAGE_CHANGED)
            return
        taken = (
            before
            and before.page_key
            and PageRecord.objects.standing()
            .filter(page_key=before.page_key, unit__in=Unit.objects.open_on(self._today))
            .exclude(unit=made.unit_id)
            .exists()
        )
        if taken:
            verdict.leave(Left.PAGE_CHANGED)
            return
        told = Statement(before.status, before.url, before.page_key, before.name) if before else Statement("unknown")
        words = {"unit": str(made.unit), "before": page_words(told)}
        verdict.changes.append(Change(Back.PAGE, words, lambda: self._do_page(made, before)))

    def _do_page(self, made: PageRecord, before: PageRecord | None) -> None:
        at = max(clock.now(), made.reported_at)
        PageRecord.objects.filter(pk=made.pk).update(replaced_at=at)
        if before:
            PageRecord.objects.create(
                unit_id=made.unit_id, status=before.status, name=before.name, url=before.url, page_key=before.page_key,
                since=before.since, source=before.source, reported_by=before.reported_by, reported_at=at,
                confirmed_by=before.confirmed_by, confirmed_at=at if before.confirmed_at else None,
            )  # fmt: skip
        audit.record(
            "people.roster_page", made.unit, actor=self._by, unit=made.unit_id, path=made.unit.path,
            before={"page": made.url or made.status}, after={"page": (before.url or before.status) if before else ""},
        )  # fmt: skip


def _made_by(batch: RosterBatch, pks: set[int]) -> set[int]:
    """The appointments that the batch made for these people and that go with it."""
    rows = RosterRow.objects.filter(batch=batch, person__in=pks, written_at__isnull=False, undo_left=[])
    told = (undo.get("posts") or {} for undo in rows.values_list("undo", flat=True))
    return {posts["made"] for posts in told if posts.get("made")}


# --- Fields as shown --------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _born(changed: dict[str, list[Any]], side: int) -> str:
    return changed["born_on"][side] or str(changed["birth_year"][side] or "")


def _born_of(person: User) -> str:
    return person.born_on.isoformat() if person.born_on else str(person.birth_year or "")


def _shown(key: str, value: Any) -> str:
    if key == "phone":
        return phones.display(value or "")
    if key == "born" and value and len(str(value)) > 4:
        return f"{dt.date.fromisoformat(value):%d/%m/%Y}"
    return str(value or "")


def _last_day(ends_on: str | None) -> str:
    return f"{dt.date.fromisoformat(ends_on) - dt.timedelta(days=1):%d/%m/%Y}" if ends_on else ""


# Of an appointment, what is told beside its position and duty.
_OF_POST: dict[str, Callable[[Any], str]] = {"is_acting": ACTING.__getitem__, "ends_on": _last_day, "decision": str}


def _nothing() -> None:
    """Told only: the change beside it does it."""


def _is_taken(key: str, value: str, person: User) -> bool:
    if key == "phone":
        return User.objects.filter(phone=value).exclude(pk=person.pk).exists()
    if key == "email":
        return User.objects.filter(email__iexact=value).exclude(pk=person.pk).exists()
    return False
