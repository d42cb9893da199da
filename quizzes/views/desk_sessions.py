"""Supervised sessions: creating, seats, tickets on paper, opening and closing, who is in, what happened in the room."""

import logging
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.accounts import phones
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from quizzes import rendering, tasks
from quizzes.models import ExamSession
from quizzes.queries import desk, desk_sessions
from quizzes.services import sessions
from quizzes.views.desk import for_supervisors, number_of, numbers_of, quiz_or_404, viewer
from quizzes.views.desk_forms import ReasonForm, SessionFacts, SessionForm

logger = logging.getLogger(__name__)
# As far apart as an invigilator looks up.
POLL_SECONDS = 10


@for_supervisors
@require_safe
def session_list(request: AuthenticatedRequest) -> HttpResponse:
    context = {
        "sessions": desk_sessions.session_list(viewer(request)),
        "tab": "sessions",
        "marks": desk.may_mark(viewer(request)),
    }
    return render(request, "quizzes/desk/sessions.html", context)


@for_supervisors
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: AuthenticatedRequest) -> HttpResponse:
    """First of which quiz and for which unit, then the people to be seated; nothing typed is lost on the way."""
    person = viewer(request)
    if request.method != "POST":
        given = {"quiz": number_of(request.GET.get("quiz"))} if request.GET.get("quiz") else None
        return _create(request, SessionForm(person=person, initial=given))
    form = SessionForm(request.POST, person=person)
    if "find" in request.POST:
        return _create(request, form.without_complaints())
    if not form.is_valid():
        return _create(request, form, status=422)
    quiz = quiz_or_404(form.cleaned_data["quiz"])
    unit = desk.supervised_unit(person, form.cleaned_data["unit"])
    if unit is None:
        raise Http404
    officers = desk_sessions.officers(person, quiz, unit)
    if "people" not in request.POST:
        return _create(request, form, officers=officers, quiz=quiz)
    people = desk_sessions.chosen_people(person, unit, numbers_of(request.POST.getlist("person")))
    if not people:
        return _create(request, form, officers=officers, quiz=quiz, error=_("Choose at least one person."), status=422)
    facts = {key: form.cleaned_data[key] for key in ("room", "planned_at", "networks", "invigilators")}
    made = sessions.create(quiz=quiz, unit=unit, people=people, by=person, at=clock.now(), **facts)
    messages.success(request, _("The session is entered. Next: print the tickets."))
    return redirect("quizzes:desk-session", made.pk)


def _create(request: AuthenticatedRequest, form: SessionForm, *, status: int = 200, **more: Any) -> HttpResponse:
    chosen = set(numbers_of(request.POST.getlist("person")))
    context = {"form": form, "chosen": chosen, "tab": "sessions", "marks": desk.may_mark(viewer(request)), **more}
    return render(request, "quizzes/desk/session_new.html", context, status=status)


def _held(request: AuthenticatedRequest, session_id: int) -> ExamSession:
    found = desk_sessions.held(viewer(request), session_id)
    if found is None:
        raise Http404
    return found


@for_supervisors
@require_safe
def session(request: AuthenticatedRequest, session_id: int) -> HttpResponse:
    """The whole page; to htmx, which asks every few seconds, only who is in and who has handed in."""
    found = _held(request, session_id)
    if request.htmx:
        shown = desk_sessions.session_page(found, clock.now())
        return render(request, "quizzes/desk/_seats.html", {"page": shown, "poll": POLL_SECONDS})
    return _page(request, found)


def _page(request: AuthenticatedRequest, found: ExamSession, *, status: int = 200, **more: Any) -> HttpResponse:
    shown = desk_sessions.session_page(found, clock.now())
    context = {
        "page": shown,
        "poll": POLL_SECONDS,
        "again_form": ReasonForm(label_suffix="", prefix="again"),
        "tab": "sessions",
        "marks": desk.may_mark(viewer(request)),
        **more,
    }
    return render(request, "quizzes/desk/session.html", context, status=status)


@for_supervisors
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: AuthenticatedRequest, session_id: int) -> HttpResponse:
    """Room, time, addresses, who watches; and who is seated."""
    found = _held(request, session_id)
    first = {key: getattr(found, key) for key in ("room", "planned_at", "networks", "invigilators")}
    form = SessionFacts(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            sessions.change(session=found, by=viewer(request), **form.cleaned_data)
        except sessions.SessionRefusedError as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, _("Changed. Tickets that are printed still say what they said."))
        return redirect("quizzes:desk-session", found.pk)
    context = {"form": form, "session": found, "tab": "sessions", "marks": desk.may_mark(viewer(request))}
    return render(request, "quizzes/desk/session_change.html", context, status=422 if form.errors else 200)


@for_supervisors
@require_http_methods(["GET", "HEAD", "POST"])
def seats(request: AuthenticatedRequest, session_id: int) -> HttpResponse:
    """Officers of the unit without a seat, to be added; seats without use, to be taken away."""
    found, person = _held(request, session_id), viewer(request)
    if request.method == "POST":
        try:
            if number := number_of(request.POST.get("remove")):
                sessions.remove_seat(session=found, number=number, by=person)
                messages.success(request, _("Seat %(number)s is taken away.") % {"number": number})
            else:
                people = desk_sessions.chosen_people(person, found.unit, numbers_of(request.POST.getlist("person")))
                added = sessions.add_people(session=found, people=people, by=person, at=clock.now())
                messages.success(request, _("Seats added: %(number)s. Print their tickets.") % {"number": added})
        except sessions.SessionRefusedError as refusal:
            messages.warning(request, str(refusal))
        return redirect("quizzes:desk-session", found.pk)
    shown = desk_sessions.session_page(found, clock.now())
    seated = set(found.tickets.values_list("person_id", flat=True))
    officers = [each for each in desk_sessions.officers(person, found.quiz, found.unit) if each.id not in seated]
    context = {"page": shown, "officers": officers, "chosen": set(), "quiz": found.quiz, "tab": "sessions",
               "marks": desk.may_mark(person)}  # fmt: skip
    return render(request, "quizzes/desk/session_seats.html", context)


@for_supervisors
@require_POST
def tickets(request: AuthenticatedRequest, session_id: int) -> HttpResponse:
    """The sheets with new codes. ``only=new``: of those that have none yet, so that printed ones stay good."""
    found, by, at = _held(request, session_id), viewer(request), clock.now()
    back = redirect("quizzes:desk-session", found.pk)
    if found.closed_at is not None:
        messages.warning(request, _("The session is closed: no ticket is needed any more."))
        return back
    numbers = None
    if request.POST.get("only") == "new":
        numbers = [ticket.number for ticket in found.tickets.all() if not sessions.is_printed(ticket)]
    elif request.POST.get("seat"):
        numbers = numbers_of([request.POST["seat"]])
    drawn = sessions.draw_codes(session=found, tickets=numbers)
    if not drawn:
        messages.info(request, _("There is no ticket to print: all of them were used, or nobody is seated."))
        return back
    sheets = desk_sessions.printed(
        found, [(each.ticket, each.code) for each in drawn], base_url=str(settings.PUBLIC_URL)
    )
    # The sheets first: where they cannot be made, no code is spent.
    try:
        pdf = rendering.tickets_pdf(sheets, contact=_contact(by))
    except rendering.CannotPrintError:
        logger.exception("tickets of session %s could not be printed", found.pk)
        messages.error(request, _("The tickets could not be printed: a font is missing on the server. No code was "
                                  "changed; tell the administrator."))  # fmt: skip
        return back
    sessions.keep_codes(session=found, drawn=drawn, by=by, at=at)
    # A hall that begins at once then only opens what was drawn before.
    transaction.on_commit(partial(tasks.nudge, tasks.reserve_seats, found.pk))
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="phieu-du-thi-{found.pk}.pdf"'
    return response


def _contact(by: Any) -> str:
    return f"{phones.display(by.phone)} ({by.full_name})" if by.phone else by.full_name


@for_supervisors
@require_POST
def move(request: AuthenticatedRequest, session_id: int) -> HttpResponse:
    """Open, close, open again: what the button says."""
    found, by, at = _held(request, session_id), viewer(request), clock.now()
    go = request.POST.get("go", "")
    form = ReasonForm(request.POST, label_suffix="", prefix="again")
    if go == "again" and not form.is_valid():
        return _page(request, found, status=422, again_form=form)
    try:
        if go == "open":
            sessions.open_session(session=found, by=by, at=at)
            messages.success(request, _("The session is open: tickets work now."))
        elif go == "close":
            sessions.close_session(session=found, by=by, at=at)
            messages.success(request, _("The session is closed. Whoever is writing goes on until handing in or until "
                                        "the time is up."))  # fmt: skip
        elif go == "again":
            sessions.open_again(session=found, reason=form.cleaned_data["reason"], by=by, at=at)
            messages.success(request, _("The session is open again; the reason stands in the log."))
    except sessions.SessionRefusedError as refusal:
        messages.warning(request, str(refusal))
    return redirect("quizzes:desk-session", found.pk)


@for_supervisors
@require_POST
def incident(request: AuthenticatedRequest, session_id: int) -> HttpResponse:
    found = _held(request, session_id)
    words = request.POST.get("text", "").strip()[:2000]
    if not words:
        return _page(request, found, status=422, incident_error=_("Write what happened."))
    try:
        sessions.log_incident(
            session=found, words=words, by=viewer(request), at=clock.now(),
            seat=number_of(request.POST.get("seat")) or None,
        )  # fmt: skip
    except sessions.SessionRefusedError as refusal:
        return _page(request, found, status=422, incident_error=str(refusal), incident_text=words)
    messages.success(request, _("It stands in the log of the room."))
    return redirect("quizzes:desk-session", found.pk)
