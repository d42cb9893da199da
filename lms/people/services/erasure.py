"""Writes: erasing a person. Asked for, confirmed by a second person, then carried out in short steps by a worker.

The account stays in place without a name, so that figures of the past hold; lms.people.privacy says of every field what
becomes of it. Names are searched for in shared texts first and the account is emptied last: a worker that dies in
between begins again and finds everything it needs.
"""

import datetime as dt
import functools
import json
import logging
import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.files.storage import storages
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast, Lower
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from wagtail.admin.models import EditingSession, FormState
from wagtail.models import COMMENTS_RELATION_NAME as COMMENTS
from wagtail.models import APIToken, Comment, CommentReply, ModelLogEntry, Page, PageSubscription, Revision, TaskState
from wagtail.users.models import UserProfile

from certificates import services as certificates
from certificates.models import Certificate
from courses.models import Bookmark, Enrolment, LegalClearance, Submission
from lms.accounts import phones
from lms.accounts.models import SignIn, UnlockPin, User
from lms.core import audit, clock, text, trace
from lms.core.models import EntryKind
from lms.people import mentions
from lms.people import privacy_queries as queries
from lms.people.enums import ApprovalState, BatchState, RequestKind, RequestState
from lms.people.mentions import GONE, Traces
from lms.people.models import (
    AccountAlias,
    Approval,
    DataExport,
    DataRequest,
    FileToErase,
    JoinLink,
    JoinRequest,
    RosterBatch,
    RosterLeaver,
    RosterRow,
    Viewing,
)
from lms.people.services import approvals, erased_ledger
from lms.people.services.rosters import NotAllowedError
from lms.plans.models import Assignment
from lms.units.models import Appointment, Grant
from lms.units.services import appointments
from lms.units.services.errors import RefusedError
from quizzes.models import (
    Attempt,
    AttemptEvent,
    AttemptQuestion,
    AttemptStep,
    CommentSnippet,
    ExamIncident,
    ExamSession,
    ExamTicket,
    GradeChange,
    Override,
    Regrade,
    ResponseFile,
    SecondMark,
    Voiding,
)

logger = logging.getLogger(__name__)

ACTION = "people.erase"
# Of these the answer is which options were chosen; of all others it may be somebody's own words.
CLOSED_TYPES = (
    "single", "multiple", "true_false", "statements", "matching", "ordering", "gap_select", "hotspot", "label_picture",
    "numeric",
)  # fmt: skip
# An address that leads nowhere, for a submission whose link was erased: the row must hold something.
NOWHERE = "https://erased.invalid/"
TRIES = 10

# --- What is in the way ------------------------------------------------------------------------------------------


def obstacles(person: User) -> list[str]:
    """Sentences: why this account cannot be erased today; empty when it can. Seven queries."""
    today, found = clock.today(), []
    if person.is_superuser or person.is_staff or person.groups.exists():
        found.append(_("The person works in the administration of the site: take the groups and rights away first."))
    if Grant.objects.filter(person=person).filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today)).exists():
        found.append(_("The person holds rights over others: end them first."))
    if Appointment.objects.on(today).filter(person=person).exists():
        found.append(_("The person still serves: end the appointments first, the training belongs to the post."))
    if Attempt.objects.filter(enrolment__user=person, state__in=Attempt.OPEN, is_preview=False).exists():
        found.append(_("An attempt at a test is still open: wait until it is handed in or its time is up."))
    if Attempt.objects.filter(enrolment__user=person, state=Attempt.State.SUBMITTED).exists():
        found.append(_("A test waits for its mark: have it marked first."))
    waiting = Approval.objects.filter(Q(asked_by=person) | Q(subject=person), state=ApprovalState.WAITING)
    if waiting.exclude(action=ACTION).exists():
        found.append(_("Another matter of this person waits for a second person: have it decided first."))
    at_work = (BatchState.READING, BatchState.STAGED, BatchState.APPLYING, BatchState.UNDOING)
    if RosterRow.objects.filter(_same_person(person), batch__state__in=at_work).exists():
        found.append(_("A roster that names the person is not finished: confirm or cancel it first."))
    return found


# --- What goes ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """``rows`` finds what is there (the preview counts it), ``write`` does it; a second call finds nothing."""

    group: str
    title: str | Promise
    rows: Callable[[User], QuerySet[Any]]
    write: Callable[[User, QuerySet[Any], dt.datetime], object]


def _delete(person: User, rows: QuerySet[Any], at: dt.datetime) -> None:
    rows.delete()


def _blank(**values: Any) -> Callable[[User, QuerySet[Any], dt.datetime], object]:
    return lambda person, rows, at: rows.update(**values)


def _same_person(person: User, prefix: str = "") -> Q:
    """Rows of the account, and those that say a phone or an e-mail of today or before, or its name with its birth."""
    found = Q(**{f"{prefix}person": person})
    was = _former(person)
    for phone in filter(None, (person.phone, *was.phones)):
        found |= Q(**{f"{prefix}phone": phone})
    for email in filter(None, (person.email, *was.emails)):
        found |= Q(**{f"{prefix}email__iexact": email})
    born = Q(**{f"{prefix}full_name": person.full_name})
    if person.born_on:
        found |= born & Q(**{f"{prefix}born_on": person.born_on})
    elif person.birth_year:
        found |= born & Q(**{f"{prefix}birth_year": person.birth_year})
    if not _has_namesake(person):
        found |= born
    return found


def _has_namesake(person: User) -> bool:
    known: bool | None = getattr(person, "_has_namesake", None)
    if known is None:
        same = User.objects.filter(name_folded=person.name_folded).exclude(pk=person.pk)
        known = same.exclude(aliases_as_old__undone_at=None, aliases_as_old__isnull=False).exists()
        person._has_namesake = known  # type: ignore[attr-defined]
    return known


@dataclass(frozen=True)
class Former:
    """What an account was called and reached by before, and nobody else is today. ``words``: user names."""

    names: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def _former(person: User) -> Former:
    """From the log, from rows of rosters and requests to join that were this person's, from confirmed addresses. Eight
    queries, once for each object.
    """
    known: Former | None = getattr(person, "_former", None)
    if known is None:
        known = _gathered(person)
        person._former = known  # type: ignore[attr-defined]
    return known


def _gathered(person: User) -> Former:
    told = _told_before(person)
    names = told["full_name"] - {person.full_name}
    reached = {phones.parse(phone) for phone in told["phone"] if phones.looks_like_phone(phone)} - {person.phone}
    emails = {email.lower() for email in told["email"]} - {person.email.lower()}
    words = told["username"] - {person.username}
    # What is somebody else's today betrays that one.
    others = User.objects.exclude(pk__in=[account.pk for account in _accounts_of(person)]).annotate(mail=Lower("email"))

    def free(values: set[str], field: str, said: Callable[[str], str] = str) -> tuple[str, ...]:
        found = others.filter(**{f"{field}__in": [said(value) for value in values]})
        taken = set(found.values_list(field, flat=True))
        return tuple(sorted(value for value in values if said(value) not in taken))

    return Former(free(names, "name_folded", text.fold), free(reached, "phone"), free(emails, "mail"),
                  free(words, "username"))  # fmt: skip


def _told_before(person: User) -> dict[str, set[str]]:
    """Field of the account → all that was ever said of it and is still written somewhere."""
    told: dict[str, set[str]] = {"full_name": set(), "phone": set(), "email": set(), "username": set()}
    told["email"].update(_of_user(EmailAddress)(person).values_list("email", flat=True))
    for model, own in ((RosterRow, Q(person=person)), (JoinRequest, Q(person=person) | Q(applicant=person))):
        for name, phone, email in model._default_manager.filter(own).values_list("full_name", "phone", "email"):
            told["full_name"].add(name)
            told["phone"].add(phone or "")
            told["email"].add(email)
    # Only entries about the account itself: the label of any other is the name of something else.
    kind = ContentType.objects.get_for_model(User)
    for data in ModelLogEntry.objects.filter(content_type=kind, object_id=str(person.pk)).values_list(
        "data", flat=True
    ):
        for part in ("before", "after"):
            values = data.get(part) if isinstance(data, dict) else None
            for field, value in values.items() if isinstance(values, dict) else ():
                if field in told and isinstance(value, str):
                    told[field].add(value)
    return {field: {value for value in values if value} for field, values in told.items()}


def _own(path: str) -> Callable[[type[models.Model]], Callable[[User], QuerySet[Any]]]:
    return lambda model: lambda person: model._default_manager.filter(**{path: person})


_of_attempt = _own("attempt__enrolment__user")
_of_question = _own("question__attempt__enrolment__user")
_of_enrolment = _own("enrolment__user")
_of_user = _own("user")
_of_person = _own("person")


def _forget_files(storage: str, names: Iterable[str], at: dt.datetime) -> None:
    """In the transaction that forgets them: ``delete_files`` deletes them once it holds."""
    FileToErase.objects.bulk_create(
        [FileToErase(storage=storage, name=name, asked_at=at) for name in names if name], ignore_conflicts=True
    )


def _response_files(person: User, rows: QuerySet[Any], at: dt.datetime) -> None:
    _forget_files("private", rows.values_list("file", flat=True), at)
    rows.delete()


def _submissions(person: User, rows: QuerySet[Any], at: dt.datetime) -> None:
    _forget_files("private", rows.exclude(screenshot="").values_list("screenshot", flat=True), at)
    rows.filter(state=Submission.State.RETURNED).update(feedback=GONE)
    rows.exclude(state=Submission.State.RETURNED).update(feedback="")
    rows.update(link=NOWHERE, screenshot="", sha256="", note="")


def _certificates(person: User, rows: QuerySet[Any], at: dt.datetime) -> None:
    for certificate in rows:
        _forget_files("private", certificates.erase(certificate=certificate, at=at).files, at)


def _requests(person: User, rows: QuerySet[Any], at: dt.datetime) -> None:
    rows.filter(state=RequestState.REFUSED).update(answer=GONE)
    rows.exclude(state=RequestState.REFUSED).update(answer="")
    rows.update(words="", wanted={})


def _exports(person: User, rows: QuerySet[Any], at: dt.datetime) -> None:
    _forget_files("private", rows.exclude(stored="").values_list("stored", flat=True), at)
    rows.delete()


def _profile(person: User, rows: QuerySet[Any], at: dt.datetime) -> None:
    _forget_files("default", rows.exclude(avatar="").values_list("avatar", flat=True), at)
    rows.delete()


def _join_requests(person: User) -> QuerySet[Any]:
    return JoinRequest.objects.filter(_same_person(person) | Q(applicant=person))


def _free_answers(person: User) -> QuerySet[Any]:
    return AttemptQuestion.objects.filter(attempt__enrolment__user=person).exclude(version__type__in=CLOSED_TYPES)


def _steps(person: User) -> QuerySet[Any]:
    """Own words, and whatever a marker wrote to an answer of any type."""
    found = AttemptStep.objects.filter(question__attempt__enrolment__user=person)
    own = ~Q(question__version__type__in=CLOSED_TYPES) & Q(answer__isnull=False)
    return found.filter(own | ~Q(comment=""))


STEPS: tuple[Step, ...] = (
    Step("sign_in", gettext_lazy("sign-ins"), _of_person(SignIn), _delete),
    Step("sign_in", gettext_lazy("PIN of shared devices"), _of_person(UnlockPin), _delete),
    Step("sign_in", gettext_lazy("second factors"), _of_user(Authenticator), _delete),
    Step("sign_in", gettext_lazy("keys for programs"), _of_user(APIToken), _delete),
    Step("account", gettext_lazy("e-mail addresses"), _of_user(EmailAddress), _delete),
    Step("account", gettext_lazy("settings and picture"), _of_user(UserProfile), _profile),
    Step("work", gettext_lazy("drafts and open editors"), _of_user(EditingSession), _delete),
    Step("work", gettext_lazy("forms not sent"), _of_user(FormState), _delete),
    Step("work", gettext_lazy("pages followed"), _of_user(PageSubscription), _delete),
    Step("bringing_in", gettext_lazy("people leaving by a roster"),
         _own("appointment__person")(RosterLeaver), _blank(undo={}, undo_left=[])),
    Step("bringing_in", gettext_lazy("rows of rosters"),
         lambda person: RosterRow.objects.filter(_same_person(person) | Q(answer_person=person)), _delete),
    Step("bringing_in", gettext_lazy("requests to join"), _join_requests, _delete),
    Step("serving", gettext_lazy("decision numbers of appointments"),
         lambda person: Appointment.objects.filter(person=person).exclude(decision=""), _blank(decision="")),
    Step("learning", gettext_lazy("bookmarks"), _of_enrolment(Bookmark), _delete),
    Step("practice", gettext_lazy("practical tasks: links, pictures, notes"),
         lambda person: Submission.objects.filter(enrolment__user=person).exclude(link=NOWHERE), _submissions),
    Step("answers", gettext_lazy("files handed in"), _of_question(ResponseFile), _response_files),
    Step("answers", gettext_lazy("answers in the person's own words"), _free_answers,
         _blank(answer=None, autosaved=None, answer_summary="")),
    Step("answers", gettext_lazy("what markers wrote"),
         lambda person: AttemptQuestion.objects.filter(attempt__enrolment__user=person).exclude(comment=""),
         _blank(comment="")),
    # Both at once: the history lets its words be emptied only together.
    Step("answers", gettext_lazy("steps of answers"), _steps, _blank(answer=None, comment="")),
    Step("answers", gettext_lazy("reasons in the life of attempts"),
         lambda person: _of_attempt(AttemptEvent)(person).exclude(reason="", data={}), _blank(reason="", data={})),
    Step("answers", gettext_lazy("reasons for changed grades"),
         lambda person: _of_enrolment(GradeChange)(person).exclude(reason=""), _blank(reason="")),
    Step("answers", gettext_lazy("first and second marks in words"), _of_question(SecondMark),
         _blank(comment="", second_comment="")),
    Step("answers", gettext_lazy("reasons for voided attempts"), _of_attempt(Voiding), _blank(reason="")),
    Step("answers", gettext_lazy("reasons for exceptions"), _of_person(Override), _blank(reason="", password=None)),
    Step("answers", gettext_lazy("incidents of supervised sessions"),
         lambda person: ExamIncident.objects.filter(ticket__person=person).exclude(text=""), _blank(text="")),
    Step("answers", gettext_lazy("keys of attempts and devices"),
         lambda person: Attempt.objects.filter(enrolment__user=person).exclude(device="", key=""),
         _blank(device="", key="")),
    Step("answers", gettext_lazy("codes of seats"), _of_person(ExamTicket),
         lambda person, rows, at: rows.update(code_hash=GONE)),
    Step("certificates", gettext_lazy("words and files of certificates"),
         lambda person: Certificate.objects.filter(completion__user=person, erased_at=None), _certificates),
    Step("account", gettext_lazy("what uniting accounts has changed"),
         lambda person: AccountAlias.objects.filter(Q(old=person) | Q(survivor=person)),
         _blank(changes={}, reason="", undo_reason="")),
    Step("work", gettext_lazy("name on cleared paragraphs"),
         lambda person: LegalClearance.objects.filter(cleared_by=person).exclude(cleared_by_name=""),
         _blank(cleared_by_name="")),
    Step("asked", gettext_lazy("words of requests and confirmations"),
         lambda person: Approval.objects.filter(subject=person).exclude(state=ApprovalState.WAITING),
         _blank(reason="", note="")),
    Step("log", gettext_lazy("reasons for seeing the site as this person, or this person as somebody"),
         lambda person: Viewing.objects.filter(Q(person=person) | Q(viewer=person)).exclude(reason=GONE),
         _blank(reason=GONE)),
    Step("asked", gettext_lazy("packages of the data"), _of_person(DataExport), _exports),
    Step("asked", gettext_lazy("words of requests about the data"), _of_person(DataRequest), _requests),
)  # fmt: skip

# Texts that may name several people: name, phone and e-mail are cut out of them.
_SHARED: tuple[tuple[type[models.Model], tuple[str, ...]], ...] = (
    (Assignment, ("contact_name", "contact_phone", "note", "withdrawn_reason")),
    (RosterBatch, ("file_name", "undo_reason", "layout", "fault_words")),
    (RosterRow, ("original", "remarks", "refusal_words", "changes", "undo", "undo_left")),
    (JoinLink, ("note",)),
    (ExamSession, ("invigilators",)),
    (Regrade, ("reason",)),
    (CommentSnippet, ("text",)),
    (Approval, ("reason", "note", "payload")),
    (AccountAlias, ("changes", "reason", "undo_reason")),
    (Comment, ("text",)),
    (CommentReply, ("text",)),
    (TaskState, ("comment",)),
)
# Other objects whose entries of the log are about one person. Units and courses are about many.
_LOGGED = (
    _of_person(Appointment), _of_person(Grant), _of_user(Enrolment), _of_enrolment(Submission), _of_enrolment(Attempt),
    _own("completion__user")(Certificate), _of_person(DataRequest), _own("subject")(Approval), _join_requests,
    _of_person(Override),
)  # fmt: skip


def _traces(person: User) -> Traces:
    """What betrays the person in a text, today's and what was before; a name only if nobody else bears it."""
    was = _former(person)
    names = was.names if _has_namesake(person) else (person.full_name, *was.names)
    known = tuple(filter(None, (person.phone, *was.phones)))
    return Traces(names, known, (person.username, person.email, *was.words, *was.emails))


def _maybe(model: type[models.Model], fields: Iterable[str], traces: Traces) -> QuerySet[Any]:
    """Rows that hold a piece of what betrays the person; whether they name the person is for ``mentions`` to say.

    JSON is stored with escapes on SQLite and without on PostgreSQL.
    """
    texts = {f"text_{field}": Cast(field, models.TextField()) for field in fields}
    hints = {spelling for hint in traces.hints() for spelling in (hint, json.dumps(hint)[1:-1])}
    found = Q(pk__in=[])
    for alias in texts:
        for hint in hints:
            found |= Q(**{f"{alias}__icontains": hint})
    return model._default_manager.annotate(**texts).filter(found).order_by("pk")


def _naming(model: type[models.Model], fields: Iterable[str], traces: Traces) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each row that names the person, with the values that it should have. Reads without a lock."""
    for row in _maybe(model, fields, traces).iterator(chunk_size=200):
        values = {field: mentions.without(getattr(row, field), traces) for field in fields}
        if any(values[field] != getattr(row, field) for field in fields):
            yield row, values


def _cut_out(model: type[models.Model], fields: tuple[str, ...], traces: Traces) -> None:
    for row, values in list(_naming(model, fields, traces)):
        try:
            with transaction.atomic():
                model._default_manager.filter(pk=row.pk).update(**values)
        except IntegrityError:  # two comments of the bank that differed only in the name
            told = {field: f"{value} #{row.pk}" if isinstance(value, str) else value for field, value in values.items()}
            model._default_manager.filter(pk=row.pk).update(**told)


def _cut_out_of_revisions(traces: Traces) -> None:
    """Versions of pages hold the comments of their day. The page's own words are the site's, not the person's."""
    for row in _maybe(Revision, ["content"], traces).iterator(chunk_size=50):
        kept = row.content.get(COMMENTS, [])
        cut = mentions.without(kept, traces)
        if cut != kept:
            Revision.objects.filter(pk=row.pk).update(content={**row.content, COMMENTS: cut})


def _empty_log(people: list[User], traces: Traces, *, by: User | None, at: dt.datetime) -> None:
    """Entries about other things that name the person in label or data: a sealed entry can only be emptied whole."""
    own = {pk for person in people for pk in audit.entries_of(person).values_list("pk", flat=True)}
    for kind, model in trace.ENTRIES.items():
        keys = [
            entry.pk for entry, _ in _naming(model, ("label", "data"), traces)
            if entry.action != trace.ERASED and not (kind == EntryKind.MODEL and entry.pk in own)
        ]  # fmt: skip
        for start in range(0, len(keys), 500):
            audit.erase_entries(kind, keys[start : start + 500], target=people[0], by=by, at=at)


# --- Preview ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Going:
    group: str
    title: str
    rows: int


@dataclass(frozen=True)
class Preview:
    """What an erasure would do. ``has_namesake``: shared texts keep the name, since it may be somebody else's.

    ``pages``: titles of pages of the site that name the person; what they say is changed by their editors, by hand.
    """

    going: tuple[Going, ...]
    obstacles: tuple[str, ...]
    has_namesake: bool
    pages: tuple[str, ...] = ()


def preview(person: User) -> Preview:
    """A query for each step and each obstacle, one for the pages; nothing is written."""
    found = tuple(Going(step.group, str(step.title), step.rows(person).count()) for step in STEPS)
    going = tuple(line for line in found if line.rows)
    return Preview(going, tuple(obstacles(person)), _has_namesake(person), tuple(_pages_naming(_traces(person))))


def _pages_naming(traces: Traces) -> Iterator[str]:
    """Titles of pages whose present words, comments aside, name the person."""
    standing = Page.objects.filter(Q(live_revision=OuterRef("pk")) | Q(latest_revision=OuterRef("pk")))
    titles = set()
    for row in Revision.objects.filter(Exists(standing)).iterator(chunk_size=20):
        words = [_unpacked(value) for key, value in row.content.items() if key != COMMENTS]
        if mentions.names(words, traces):
            titles.add(row.object_str)
    yield from sorted(titles)


# --- Four eyes ------------------------------------------------------------------------------------------------------


def propose(*, request: DataRequest, by: User, at: dt.datetime, reason: str) -> Approval:
    """Ask a second person to confirm an erasure. Raises RefusedError where something is in the way, NotAllowedError for
    one's own. A second call answers the same request.
    """
    if request.kind != RequestKind.ERASURE or request.person_id == by.pk:
        raise NotAllowedError
    if not DataRequest.objects.decidable_by(by).filter(pk=request.pk).exists():
        raise NotAllowedError
    _refuse_obstacles(request.person)
    with transaction.atomic():
        asked = approvals.ask(
            action=ACTION, unit=request.unit, by=by, at=at, reason=reason, payload={"request": request.pk},
            subject=request.person,
        )  # fmt: skip
        DataRequest.objects.filter(pk=request.pk, state__in=RequestState.open()).update(
            state=RequestState.AT_WORK, approval=asked
        )
    return asked


def _refuse_obstacles(person: User) -> None:
    for sentence in obstacles(person)[:1]:
        raise RefusedError("%(sentence)s", sentence=sentence)


def describe(approval: Approval) -> list[str]:
    request = DataRequest.objects.select_related("person").get(pk=approval.payload["request"])
    found = preview(request.person)
    lines = [_("The personal data of %(name)s is erased. This cannot be undone.") % {"name": request.person}]
    lines += [f"{line.title}: {line.rows}" for line in found.going]
    kept = _(
        "Figures of learning, units and dates stay without a name; the register keeps number, initials and digests."
    )
    if found.pages:
        lines.append(_pages_sentence(found.pages))
    return [*lines, kept, *found.obstacles]


def _unpacked(value: Any) -> Any:
    """Blocks of a page are kept as JSON in a string, with escapes."""
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] == "[" else value
    except ValueError:
        return value


def _pages_sentence(pages: tuple[str, ...]) -> str:
    return _("These pages of the site name the person and are changed by their editors: %(pages)s.") % {
        "pages": ", ".join(f"“{title}”" for title in pages)
    }


def perform(approval: Approval, by: User, at: dt.datetime) -> None:
    """Confirmed: the account is closed at once, the sweep erases within a minute or two.

    Raises RefusedError where something came between.
    """
    request = DataRequest.objects.select_related("person", "unit").get(pk=approval.payload["request"])
    if request.state not in RequestState.open():
        raise RefusedError(gettext_noop("this request has been answered"))
    _refuse_obstacles(request.person)
    person = request.person
    person.is_active = False
    person.set_unusable_password()
    person.save(update_fields=["is_active", "password"])
    DataRequest.objects.filter(pk=request.pk).update(
        state=RequestState.AT_WORK, approval=approval, decided_by=by, answer=""
    )
    audit.record("people.erase", request, actor=by, unit=request.unit_id, path=request.unit.path)


def due() -> QuerySet[DataRequest]:
    """Erasures that a second person has confirmed and that are not done."""
    return DataRequest.objects.filter(
        kind=RequestKind.ERASURE, state=RequestState.AT_WORK, approval__state=ApprovalState.APPROVED
    )


# --- Erasing --------------------------------------------------------------------------------------------------------


def erase(*, request_id: int, at: dt.datetime) -> bool:
    """Carry out a confirmed erasure, in one short transaction a step; False for one that is not due.

    A second call, or one after a crash, goes on where something is left.
    """
    request = due().select_related("person", "unit", "decided_by").filter(pk=request_id).first()
    if request is None:
        return False
    people = _accounts_of(request.person)
    by = request.decided_by
    _empty(people, by=by, at=at)
    with transaction.atomic():
        _pseudonymise_all(people, by=by, at=at)
        DataRequest.objects.filter(pk=request.pk).update(state=RequestState.DONE, decided_at=at)
        audit.record("people.erased", request, actor=by, unit=request.unit_id, path=request.unit.path)
    _write_down()
    delete_files()
    return True


def erase_again(person: User, *, erased_on: dt.date, at: dt.datetime) -> None:
    """Somebody whom a restored backup has brought back: nothing is asked and nothing stands in the way any more. What
    had to be ended before the erasure ends on its day. A second call, or one after a crash, goes on.
    """
    open_ones = Appointment.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=erased_on), person=person)
    for post in open_ones.select_related("unit"):
        # One that was to begin only afterwards holds for its first day: there is no shorter one.
        ends_on = max(erased_on, post.starts_on + dt.timedelta(days=1))
        appointments.end_appointment(appointment=post, ends_on=ends_on, actor=None)
    for held in Grant.objects.on(erased_on).filter(person=person).select_related("unit"):
        appointments.revoke_grant(grant=held, ends_on=erased_on, actor=None)
    unit = queries.unit_of(person)
    people = _accounts_of(person)
    _empty(people, by=None, at=at)
    with transaction.atomic():
        _pseudonymise_all(people, by=None, at=at)
        DataRequest.objects.open().filter(person=person).update(state=RequestState.DONE, decided_at=at)
        done, _made = DataRequest.objects.get_or_create(
            kind=RequestKind.ERASURE, person=person, state=RequestState.DONE,
            defaults={"unit": unit, "asked_by": person, "asked_at": at, "due_on": erased_on, "decided_at": at},
        )  # fmt: skip
        audit.record("people.erased_again", done, actor=None, unit=unit.pk, path=unit.path, on=f"{erased_on}")
    delete_files()


def _empty(people: list[User], *, by: User | None, at: dt.datetime) -> None:
    """All but the accounts themselves, in short transactions. What a second run would have to know goes last: the rows
    and then the entries of the log that say how the person was reached before.
    """
    traces = functools.reduce(operator.add, map(_traces, people))
    for person in people:
        _end_sessions(person)
    for model, fields in _SHARED:
        _cut_out(model, fields, traces)
    _cut_out_of_revisions(traces)
    for incident, _values in list(_naming(ExamIncident, ("text",), traces)):
        ExamIncident.objects.filter(pk=incident.pk).update(text="")
    _empty_log(people, traces, by=by, at=at)
    for person in people:
        for step in STEPS:
            with transaction.atomic():
                step.write(person, step.rows(person), at)
    for person in people:
        _erase_log(person, by=by, at=at)


def _pseudonymise_all(people: list[User], *, by: User | None, at: dt.datetime) -> None:
    for person in people:
        _pseudonymise(person)
        audit.erase_values(person, by=by, at=at)


def _write_down() -> None:
    try:
        erased_ledger.keep()
    except OSError:  # the sweep tries again
        logger.exception("the ledger of erased accounts cannot be written")


def _accounts_of(person: User) -> list[User]:
    """The account and those that were united with it, which bear the same name."""
    found, olds = [person], {person.pk}
    while olds:
        older = AccountAlias.objects.standing().filter(survivor__in=olds).select_related("old")
        olds = set()
        for alias in older:
            if alias.old not in found:
                found.append(alias.old)
                olds.add(alias.old_id)
    return found


def _end_sessions(person: User) -> None:
    """All of them, those included that no row of a sign-in names: decoding them takes no lock."""
    ours = [
        session.session_key
        for session in Session.objects.filter(expire_date__gt=clock.now()).iterator(chunk_size=500)
        if session.get_decoded().get("_auth_user_id") == str(person.pk)
    ]
    for start in range(0, len(ours), 500):
        Session.objects.filter(pk__in=ours[start : start + 500]).delete()


def _erase_log(person: User, *, by: User | None, at: dt.datetime) -> None:
    for rows in _LOGGED:
        for target in rows(person):
            audit.erase_values(target, by=by, at=at)
    audit.erase_values(person, by=by, at=at)


def _pseudonymise(person: User) -> None:
    person.username = f"{erased_ledger.GONE_AS}{person.pk}"
    person.full_name = f"Cán bộ đã xóa #{person.pk}"
    person.phone, person.phone_verified, person.email = None, False, ""
    person.born_on, person.birth_year = None, None
    person.is_active, person.must_change_password, person.last_login = False, False, None
    person.is_staff = person.is_superuser = False
    person.set_unusable_password()
    person.save()
    person.groups.clear()
    person.user_permissions.clear()


def delete_files() -> int:
    """Delete what no row names any more; how many are gone. What the storage refuses is tried again by the sweep."""
    gone = 0
    for row in FileToErase.objects.filter(tries__lt=TRIES):
        try:
            storages[row.storage].delete(row.name)
        except Exception:
            logger.exception("file %s of %s could not be deleted", row.name, row.storage)
            FileToErase.objects.filter(pk=row.pk).update(tries=F("tries") + 1)
            continue
        row.delete()
        gone += 1
    return gone


def take_up() -> int:
    """For the sweep: what a dead worker left, refused erasures that go back to the list, whom a restored backup has
    brought back, files that are still there.
    """
    undone = Approval.objects.filter(pk=OuterRef("approval_id")).exclude(
        state__in=(ApprovalState.WAITING, ApprovalState.APPROVED)
    )
    back = DataRequest.objects.filter(Exists(undone), kind=RequestKind.ERASURE, state=RequestState.AT_WORK)
    moved = back.update(state=RequestState.WAITING, approval=None)
    moved += sum(erase(request_id=pk, at=clock.now()) for pk in list(due().values_list("pk", flat=True)))
    for person, erased_on in erased_ledger.come_back():
        # With an account that was united with it the other one is gone too.
        person.refresh_from_db()
        if person.username.startswith(erased_ledger.GONE_AS):
            continue
        try:
            erase_again(person, erased_on=erased_on, at=clock.now())
            moved += 1
        except Exception:  # the others are not to wait for this one; the next sweep tries again
            logger.exception("account %s could not be erased again", person.pk)
    _write_down()
    return moved + delete_files()
