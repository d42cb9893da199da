"""Reads: what is held about a person, in sections that a page, a JSON file and an HTML file show alike; requests."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from certificates.models import Certificate
from certificates.queries import course_of, number_of
from courses.models import Completion, Enrolment, Submission
from lms.accounts import phones
from lms.accounts.models import SignIn, UnlockPin, User
from lms.accounts.queries import device_words
from lms.core import audit, clock
from lms.core.numbers import percent
from lms.fanpages.models import PageRecord
from lms.people import trace_queries
from lms.people.enums import ApprovalState, RequestState
from lms.people.models import (
    AccountAlias,
    Approval,
    DataRequest,
    JoinRequest,
    NoticeAcceptance,
    PrivacyNotice,
    RosterRow,
)
from lms.people.privacy import GROUPS, Group
from lms.people.trace_words import ASKED
from lms.units import queries as units
from lms.units.models import Appointment, Grant, Unit
from lms.units.scope import granted_paths
from quizzes import types
from quizzes.models import Attempt, AttemptQuestion, ExamTicket, Override, ResponseFile
from quizzes.rules import review
from quizzes.rules.review import Row

LOG_AT_MOST = 1000


# --- The notice ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A piece of the notice: "heading", "text", or "list" with its ``items``."""

    kind: str
    text: str = ""
    items: tuple[str, ...] = ()


def notice_in_force() -> PrivacyNotice | None:
    """One query."""
    return PrivacyNotice.objects.first()


def earlier_notices(person: User) -> list[tuple[PrivacyNotice, list["Block"], dt.datetime | None]]:
    """Versions before the one in force, the latest first: its words, and when ``person`` took note. Two queries."""
    taken = dict(NoticeAcceptance.objects.filter(person=person).values_list("notice", "accepted_at"))
    return [(one, blocks(one.text), taken.get(one.pk)) for one in PrivacyNotice.objects.all()[1:]]


def owed_notice(person: User) -> PrivacyNotice | None:
    """The notice that ``person`` has yet to take note of; None for nothing. Two queries at most."""
    notice = notice_in_force()
    if notice is None or NoticeAcceptance.objects.filter(person=person, notice=notice).exists():
        return None
    return notice


def blocks(words: str) -> list[Block]:
    """ "# " begins a heading, "- " an item of a list, every other line is a paragraph."""
    found: list[Block] = []
    for line in words.splitlines():
        if line.startswith("# "):
            found.append(Block("heading", line[2:]))
        elif line.startswith("- "):
            items = found.pop().items if found and found[-1].kind == "list" else ()
            found.append(Block("list", items=(*items, line[2:])))
        elif line.strip():
            found.append(Block("text", line))
    return found


# --- Requests -----------------------------------------------------------------------------------------------------


def unit_of(person: User) -> Unit:
    """Where the person serves, or served last; the root of the tree for somebody who never served."""
    posts = Appointment.objects.filter(person=person).select_related("unit")
    today = clock.today()
    now = posts.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today)).order_by("-is_primary", "-starts_on").first()
    last = now or posts.order_by("-ends_on").first()
    return last.unit if last else Unit.get_root_nodes()[0]


def may_answer_for(person: User, unit: Unit) -> bool:
    return any(unit.path.startswith(path) for path in granted_paths(person, Grant.Right.IMPORT))


def correctable(person: User) -> dict[str, str]:
    """Field → as people write it: what a person may ask to have corrected."""
    return {
        "full_name": person.full_name,
        "born": _born(person),
        "phone": _phone(person.phone or ""),
        "email": person.email,
    }


def _phone(stored: str) -> str:
    return phones.display(stored) if stored else ""


def _born(person: User) -> str:
    return f"{person.born_on:%d/%m/%Y}" if person.born_on else str(person.birth_year or "")


def read_birth(written: str) -> tuple[dt.date | None, int | None]:
    """ "05/08/1985" → (day, None), "1985" → (None, 1985). Raises ValueError."""
    if written.isdigit() and len(written) == 4:
        return None, int(written)
    return dt.datetime.strptime(written, "%d/%m/%Y").replace(tzinfo=dt.UTC).date(), None


def requests_for(viewer: User) -> QuerySet[DataRequest]:
    """Those of the units for which ``viewer`` answers, open ones first, the most urgent on top."""
    found = DataRequest.objects.decidable_by(viewer)
    return found.select_related("person", "asked_by", "decided_by", "unit")


def refused_before(asked: DataRequest) -> Approval | None:
    """The last time a second person did not confirm the erasure that is asked for. One query."""
    found = Approval.objects.filter(
        subject=asked.person_id, action="people.erase", state=ApprovalState.REFUSED, payload__request=asked.pk
    )
    refused: Approval | None = found.select_related("decided_by").order_by("-decided_at").first()
    return refused


def own_requests(person: User) -> QuerySet[DataRequest]:
    return DataRequest.objects.filter(person=person).select_related("decided_by", "asked_by", "unit")


# So long the account's first page says that a request was answered.
TOLD_FOR = dt.timedelta(days=30)


def answered_lately(person: User) -> list[DataRequest]:
    """What others have answered in the last 30 days, the latest first. One query."""
    since = clock.now() - TOLD_FOR
    found = DataRequest.objects.filter(
        person=person, state__in=(RequestState.DONE, RequestState.REFUSED), decided_at__gte=since
    )
    return list(found.order_by("-decided_at")[:3])


# --- What is held -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """``rows``: each a mapping of what it is called → what is held, in the order of the page."""

    key: str
    title: str
    rows: tuple[dict[str, str], ...]
    files: tuple[tuple[str, Any], ...] = field(default=(), repr=False)

    @property
    def told(self) -> Group:
        """What for, how long, who sees it."""
        return GROUPS[self.key]


def sections(person: User) -> Iterator[Section]:
    """Everything that is held about ``person`` in words, one section after the other. No query grows with the rows of
    another section.
    """
    yield _account(person)
    yield _serving(person)
    yield _learning(person)
    yield _answers(person)
    yield _certificates(person)
    yield _practice(person)
    yield _pages(person)
    yield _brought_in(person)
    yield _signed_in(person)
    yield _asked(person)
    yield _log(person)


def _at(moment: dt.datetime | None) -> str:
    return f"{timezone.localtime(moment):%d/%m/%Y %H:%M}" if moment else ""


def _account(person: User) -> Section:
    row = {
        _("Full name"): person.full_name, _("Username"): person.username, _("Mobile phone"): _phone(person.phone or ""),
        _("E-mail"): person.email, _("Born"): _born(person), _("Account made"): _at(person.date_joined),
        _("Last sign-in"): _at(person.last_login),
    }  # fmt: skip
    united = [
        {_("What"): _("An older account was united with this one"), _("When"): _at(alias.merged_at)}
        for alias in AccountAlias.objects.standing().filter(survivor=person).order_by("merged_at")
    ]
    return Section("account", _("Account"), (row, *united))


def _names(ids: set[int]) -> dict[int, str]:
    found = units.names_on(ids, clock.today()) if ids else {}
    return {pk: unit.name for pk, unit in found.items()}


def _last_day(ends_on: dt.date | None) -> str:
    """The last day on which it holds; ``ends_on`` is the first on which it does not."""
    return f"{ends_on - dt.timedelta(days=1):%d/%m/%Y}" if ends_on else ""


def _kind(post: Appointment) -> str:
    told = [_("main post") if post.is_primary else _("further post")]
    return ", ".join([*told, _("acting")] if post.is_acting else told)


def _serving(person: User) -> Section:
    posts = list(Appointment.objects.filter(person=person).order_by("-starts_on", "pk"))
    grants = list(Grant.objects.filter(person=person).order_by("-starts_on", "pk"))
    names = _names({post.unit_id for post in posts} | {grant.unit_id for grant in grants})
    rows = [
        {
            _("Unit"): names.get(post.unit_id, ""), _("Position"): post.position,
            _("Kind of post"): _kind(post), _("Page duty"): str(post.get_page_duty_display()),
            _("From"): f"{post.starts_on:%d/%m/%Y}", _("Until"): _last_day(post.ends_on), _("Decision"): post.decision,
        }
        for post in posts
    ]  # fmt: skip
    rows += [
        {
            _("Unit"): names.get(grant.unit_id, ""), _("Right"): str(grant.get_right_display()),
            _("From"): f"{grant.starts_on:%d/%m/%Y}", _("Until"): _last_day(grant.ends_on),
        }
        for grant in grants
    ]  # fmt: skip
    return Section("serving", _("Unit and position"), tuple(rows))


def _learning(person: User) -> Section:
    done = {row.enrolment_id: row for row in Completion.objects.filter(user=person)}
    rows = [
        {
            _("Course"): row.course.title, _("Enrolled"): _at(row.enrolled_at), _("Begun"): _at(row.started_at),
            _("Last seen"): _at(row.last_seen_at),
            _("Completed"): _at(done[row.pk].completed_at) if row.pk in done else "",
            _("Activities done"): str(row.done),
        }
        for row in Enrolment.objects.filter(user=person).select_related("course")
        .annotate(done=Count("activity_states", filter=Q(activity_states__state="done"))).order_by("enrolled_at")
    ]  # fmt: skip
    return Section("learning", _("What was learned"), tuple(rows))


def _answers(person: User) -> Section:
    """Of marks, and of questions that may still be asked, as much as the page of the result shows at this moment."""
    now = clock.now()
    attempts = list(
        Attempt.objects.filter(enrolment__user=person, is_preview=False)
        .select_related("quiz__activity")
        .order_by("started_at", "number")
    )
    shown = {row.pk: _shown_of(row, now) for row in attempts}
    titles = {
        row.pk: f"{row.quiz.activity.title} ({_('attempt %(number)s') % {'number': row.number}})" for row in attempts
    }
    rows = [
        {
            _("Test"): titles[row.pk], _("State"): str(row.get_state_display()), _("Begun"): _at(row.started_at),
            _("Handed in at"): _at(row.submitted_at),
            _("Score"): percent(row.score * 100) if row.score is not None and Row.MARKS in shown[row.pk] else "",
        }
        for row in attempts
    ]  # fmt: skip
    questions = AttemptQuestion.objects.filter(attempt__in=attempts).select_related("version")
    rows += [_answer(row, titles[row.attempt_id], shown[row.attempt_id])
             for row in questions.order_by("attempt__started_at", "attempt", "position")]  # fmt: skip
    rows += _exceptions(person)
    files = [
        (f"tep/bai-kiem-tra/{number}-{row.name}", row.file)
        for number, row in enumerate(
            ResponseFile.objects.filter(question__attempt__in=attempts).order_by("uploaded_at", "pk"), start=1
        )
    ]
    return Section("answers", _("Answers in tests"), tuple(rows), tuple(files))


def _shown_of(attempt: Attempt, now: dt.datetime) -> frozenset[Row]:
    kept = attempt.rules.get("review")
    ended = attempt.submitted_at or attempt.deadline_at or attempt.started_at
    if attempt.state in Attempt.OPEN or ended is None:
        return frozenset({Row.ATTEMPT})
    matrix = review.from_json(kept) if kept is not None else review.DEFAULT
    return review.shown(matrix, review.moment_of(submitted_at=ended, closes_at=attempt.quiz.closes_at, at=now))


def _answer(row: AttemptQuestion, test: str, shown: frozenset[Row]) -> dict[str, str]:
    kind, content = row.version.type, row.version.content
    said = row.answer_summary
    if not said and row.answer is not None and types.is_known(kind):
        said = types.get(kind).summarise(content, row.answer)
    question = (row.question_summary or strip_tags(row.version.stem)).replace("**", "")
    return {
        _("Test"): test, _("Question"): f"{row.position}. {question if Row.ATTEMPT in shown else ''}".strip(" "),
        _("Your answer"): said,
        _("Share of the mark"): percent(row.fraction * 100)
        if row.fraction is not None and Row.CORRECTNESS in shown else "",
        _("Comment"): row.comment if Row.SPECIFIC in shown else "",
    }  # fmt: skip


def _exceptions(person: User) -> list[dict[str, str]]:
    rows = [
        {
            _("Test"): row.quiz.activity.title, _("What"): _("An exception was made for you"),
            pgettext("request", "Reason"): row.reason,
            _("When"): _at(row.made_at), _("Until"): f"{row.expires_on:%d/%m/%Y}" if row.expires_on else "",
        }
        for row in Override.objects.filter(person=person).select_related("quiz__activity").order_by("made_at")
    ]  # fmt: skip
    tickets = ExamTicket.objects.filter(person=person).select_related("session__quiz__activity")
    return rows + [
        {
            _("Test"): row.session.quiz.activity.title, _("What"): _("A seat in a supervised session"),
            _("Room"): row.session.room, _("When"): _at(row.session.planned_at), _("Begun"): _at(row.used_at),
        }
        for row in tickets.order_by("session__planned_at")
    ]  # fmt: skip


def _certificates(person: User) -> Section:
    found = Certificate.objects.filter(completion__user=person).select_related("register", "completion__course")
    rows, files = [], []
    for row in found.order_by("issued_at"):
        printed = {key: value for key, value in row.payload.items() if isinstance(value, str)}
        rows.append({
            _("Number"): number_of(row), _("Course"): course_of(row), _("Issued"): _at(row.issued_at),
            _("Verification code"): row.verify_code, _("Name as printed"): printed.get("name", ""),
            _("Born, as printed"): printed.get("born", "") or printed.get("birth_year", ""),
            _("Unit as printed"): printed.get("unit", ""), _("Position as printed"): printed.get("position", ""),
        })  # fmt: skip
        if row.file:
            files.append((f"tep/giay-chung-nhan/{row.verify_code}.pdf", row.file))
    return Section("certificates", _("Certificates"), tuple(rows), tuple(files))


def _practice(person: User) -> Section:
    found = Submission.objects.filter(enrolment__user=person).select_related("activity").order_by("submitted_at")
    rows: list[dict[str, str]] = []
    files: list[tuple[str, Any]] = []
    for row in found:
        rows.append({
            _("Task"): row.activity.title, _("Handed in at"): _at(row.submitted_at), _("Link"): row.link,
            _("Your note"): row.note, _("State"): str(row.get_state_display()), _("Comment"): row.feedback,
        })  # fmt: skip
        if row.screenshot:
            files.append(
                (f"tep/bai-thuc-hanh/{len(files) + 1}.{str(row.screenshot).rpartition('.')[2]}", row.screenshot)
            )
    return Section("practice", _("Practical tasks"), tuple(rows), tuple(files))


def _pages(person: User) -> Section:
    found = list(PageRecord.objects.filter(Q(reported_by=person) | Q(confirmed_by=person)).order_by("reported_at"))
    names = _names({row.unit_id for row in found})
    rows = [
        {
            _("Unit"): names.get(row.unit_id, ""), _("Page"): row.url or str(row.get_status_display()),
            _("What you did"): _("reported") if row.reported_by_id == person.pk else _("confirmed"),
            _("When"): _at(row.reported_at),
        }
        for row in found
    ]  # fmt: skip
    return Section("page", _("The unit's page"), tuple(rows))


def _brought_in(person: User) -> Section:
    rows = [
        {
            _("Source"): _("Roster"), _("When"): _at(row.written_at), _("Full name"): row.full_name,
            _("Mobile phone"): _phone(row.phone), _("E-mail"): row.email, _("Position"): row.position,
        }
        for row in RosterRow.objects.filter(person=person).order_by("pk")
    ]  # fmt: skip
    rows += [
        {
            _("Source"): _("Request to join"), _("When"): _at(row.sent_at), _("Full name"): row.full_name,
            _("Mobile phone"): _phone(row.phone), _("E-mail"): row.email, _("Position"): row.position,
        }
        for row in JoinRequest.objects.filter(Q(person=person) | Q(applicant=person)).order_by("pk")
    ]  # fmt: skip
    return Section("bringing_in", _("Rosters and requests to join"), tuple(rows))


def _signed_in(person: User) -> Section:
    rows = [
        {
            _("When"): _at(row.signed_in_at), _("Device"): device_words(row.agent),
            _("Network address"): row.address or "", _("Signed out"): _at(row.ended_at),
        }
        for row in SignIn.objects.filter(person=person).order_by("-signed_in_at")
    ]  # fmt: skip
    rows += [
        {_("What"): _("Second factor: %(kind)s") % {"kind": row.get_type_display()}, _("When"): _at(row.created_at)}
        for row in Authenticator.objects.filter(user=person).order_by("created_at")
    ]
    rows += [
        {_("What"): _("PIN of a shared device"), _("When"): _at(row.set_at)}
        for row in UnlockPin.objects.filter(person=person)
    ]
    return Section("sign_in", _("Signing in"), tuple(rows))


def _asked(person: User) -> Section:
    rows = [
        {_("What"): _("Took note of the notice, version %(version)s") % {"version": row.notice.version},
         _("When"): _at(row.accepted_at)}
        for row in NoticeAcceptance.objects.filter(person=person).select_related("notice").order_by("accepted_at")
    ]  # fmt: skip
    rows += [
        {
            _("What"): str(row.get_kind_display()), _("When"): _at(row.asked_at), _("What was written"): row.words,
            _("State"): str(row.get_state_display()), _("Answer"): row.answer,
        }
        for row in own_requests(person)
    ]  # fmt: skip
    rows += [
        {
            _("What"): str(ASKED.get(row.action, "")), _("When"): _at(row.asked_at), _("Asked by"): str(row.asked_by),
            _("State"): str(row.get_state_display()), _("Who decided"): str(row.decided_by or ""),
        }
        for row in Approval.objects.filter(subject=person).select_related("asked_by", "decided_by").order_by("asked_at")
    ]  # fmt: skip
    return Section("asked", _("Requests and confirmations"), tuple(rows))


def _log(person: User) -> Section:
    found = list(audit.entries_of(person).select_related("user").order_by("-timestamp", "-pk")[:LOG_AT_MOST])
    rows = [{_("When"): _at(line.at), _("What"): line.full} for line in trace_queries.lines(found)]
    return Section("log", _("Log of actions"), tuple(rows))
