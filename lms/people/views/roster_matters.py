"""What a roster still asks: doubtful rows and units, who leaves; and taking it back. Strangers get 404."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.core import clock, numbers
from lms.core.http import AuthenticatedRequest
from lms.people import queries, tasks
from lms.people.enums import ApprovalState, BatchState
from lms.people.forms import ReasonForm
from lms.people.models import Approval, RosterLeaver, RosterRow
from lms.people.queries import doubts
from lms.people.services import approvals, roster_answers, roster_leavers, roster_undo
from lms.people.services.roster_rights import NotAllowedError
from lms.people.views.rosters import batch_of
from lms.units.models import Unit

ROWS_A_PAGE = 20
LEAVERS_A_PAGE = 50
# What is decided anew, or taken back, within the request; more goes to the worker.
DECIDE_NOW = 300
UNDO_NOW = 100


@never_cache
@login_required
@require_safe
def roster_doubts(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Names of units first: their answers may decide many rows."""
    batch = batch_of(request, pk)
    said = queries.unit_answers(batch.unit)
    rows = RosterRow.objects.filter(doubts.doubtful_rows(batch), batch=batch).select_related("unit")
    page = Paginator(rows.prefetch_related("unit__names").order_by("answer", "pk"), ROWS_A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "batch": batch,
        "questions": [each for each in doubts.unit_questions(batch) if each.key not in said],
        "given": doubts.unit_answers_given(batch, said),
        "doubts": doubts.doubts_of(list(page), request.user),  # type: ignore[arg-type]
        "page": page,
        "is_open": batch.state == BatchState.STAGED,
        "kinds": [kind for kind in doubts.kinds_of(batch) if kind.rows > 1],
        "decided": RosterRow.objects.filter(batch=batch).exclude(answer="").count(),
    }
    return render(request, "people/roster_doubts.html", context)


@login_required
@require_POST
def roster_kind(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """The same answer for all rows that are doubtful for the same reason, some hundred at a time."""
    batch = batch_of(request, pk)
    try:
        done, left = roster_answers.answer_kind(
            batch=batch,
            refusal=request.POST.get("kind", "")[:30],
            answer=request.POST.get("answer", ""),
            by=request.user,  # type: ignore[arg-type]
            at=clock.now(),
            at_most=DECIDE_NOW,
        )
    except NotAllowedError as error:
        raise Http404 from error
    if not done:
        messages.info(request, _("No row was answered: for these, say it one by one."))
    elif left:
        words = {"done": numbers.number(done), "left": numbers.number(left)}
        messages.success(request, _("%(done)s rows are answered, %(left)s more wait: press again to go on.") % words)
    else:
        messages.success(request, _("%(done)s rows are answered.") % {"done": numbers.number(done)})
    return redirect("people:roster_doubts", pk=pk)


@login_required
@require_POST
def roster_answer(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """What a row means: ``answer`` is "person-<id>", "new", "out", or "" to take it back."""
    batch = batch_of(request, pk)
    answer, _dash, person = request.POST.get("answer", "").partition("-")
    try:
        kept = roster_answers.answer_row(
            batch=batch,
            row_id=_number(request.POST.get("row")),
            answer=answer,
            person_id=_number(person) if person else None,
            by=request.user,  # type: ignore[arg-type]
            at=clock.now(),
        )
    except NotAllowedError as error:
        raise Http404 from error
    if not kept:
        messages.info(request, _("Nothing was decided: the row is no longer doubtful, or the roster is closed."))
    return redirect(_back_to(request, "people:roster_doubts", pk, f"row-{_number(request.POST.get('row'))}"))


def _back_to(request: AuthenticatedRequest, name: str, pk: int, place: str) -> str:
    """The page of the list from which something was said, at the very row."""
    page = request.POST.get("page", "")
    kept_page = f"?page={page}" if page.isdecimal() and len(page) < 6 and page != "1" else ""
    return f"{reverse(name, kwargs={'pk': pk})}{kept_page}#{place}"


def _number(written: str | None) -> int:
    if not (written or "").isdecimal() or len(written or "") > 18:
        raise Http404
    return int(written or "0")


@login_required
@require_POST
def roster_unit(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """What a name of a unit means: ``unit`` is an id, "out", or "again" to be asked once more."""
    batch = batch_of(request, pk)
    key, chosen = request.POST.get("key", ""), request.POST.get("unit", "")
    try:
        if chosen == "again":
            roster_answers.forget_unit(batch=batch, key=key, by=request.user)  # type: ignore[arg-type]
            return redirect("people:roster_doubts", pk=pk)
        unit = None if chosen == "out" else Unit.objects.filter(pk=_number(chosen)).first()
        if unit is None and chosen != "out":
            raise Http404
        waiting = roster_answers.answer_unit(batch=batch, key=key, unit=unit, by=request.user, at=clock.now())  # type: ignore[arg-type]
        if waiting <= DECIDE_NOW:
            roster_answers.decide_anew(batch=batch, by=request.user)  # type: ignore[arg-type]
        else:
            by = request.user.pk
            transaction.on_commit(lambda: tasks.decide_roster.delay(batch.pk, by))
            messages.info(request, _("The rows with this name are being decided anew."))
    except NotAllowedError as error:
        raise Http404 from error
    return redirect("people:roster_doubts", pk=pk)


# --- Who leaves -------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def leavers(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    batch = batch_of(request, pk)
    rows = (
        RosterLeaver.objects.filter(batch=batch)
        .select_related("appointment__person")
        .order_by("-is_guarded", "stays", "pk")
    )
    page = Paginator(rows, LEAVERS_A_PAGE).get_page(request.GET.get("page"))
    asked = _asked(batch.pk)
    is_waiting = asked is not None and asked.state == ApprovalState.WAITING
    context = {
        "batch": batch,
        "page": page,
        "people": doubts.leavers_of(list(page)),
        "guard": roster_leavers.guard_of(batch),
        "asked": asked,
        # Whoever was asked agrees to these very people: once others would leave, nobody can agree any more.
        "is_asked": is_waiting and asked is not None and asked.payload == roster_leavers.payload_of(batch),
        "form": ReasonForm(),
        "is_open": batch.state == BatchState.STAGED,
    }
    return render(request, "people/roster_leavers.html", context)


def _asked(batch_id: int) -> Approval | None:
    asked = Approval.objects.filter(action=roster_leavers.ACTION, payload__batch=batch_id)
    return asked.select_related("asked_by", "decided_by").order_by("-pk").first()


@login_required
@require_POST
def leaver(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Somebody on the list stays (``stays`` = 1) or leaves by name."""
    batch = batch_of(request, pk)
    try:
        roster_leavers.say_who_stays(
            batch=batch,
            leaver_id=_number(request.POST.get("leaver")),
            stays=request.POST.get("stays") == "1",
            by=request.user,  # type: ignore[arg-type]
            at=clock.now(),
        )
    except NotAllowedError as error:
        raise Http404 from error
    return redirect(_back_to(request, "people:roster_leavers", pk, f"leaver-{_number(request.POST.get('leaver'))}"))


@login_required
@require_POST
def ask_leavers(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """A second person is asked to agree that so many leave."""
    batch = batch_of(request, pk)
    form = ReasonForm(request.POST)
    guard = roster_leavers.guard_of(batch)
    if not form.is_valid():
        messages.error(request, _("Say why so many people leave."))
    elif batch.state == BatchState.STAGED and guard.is_needed and not guard.is_allowed:
        approvals.ask(
            action=roster_leavers.ACTION,
            unit=batch.unit,
            by=request.user,  # type: ignore[arg-type]
            at=clock.now(),
            reason=form.cleaned_data["reason"],
            payload=roster_leavers.payload_of(batch),
        )
        messages.success(request, _("A second person has been asked."))
    return redirect("people:roster_leavers", pk=pk)


# --- Taking back ------------------------------------------------------------------------------------


@never_cache
@login_required
def undo(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """What taking back would do, row by row; POST does it."""
    batch = batch_of(request, pk)
    if request.method == "POST":
        return _start(request, pk)
    if not roster_undo.may_undo(batch, clock.now()):
        return redirect("people:roster", pk=pk)
    written = RosterRow.objects.filter(batch=batch, written_at__isnull=False).order_by("pk")
    page = Paginator(written, ROWS_A_PAGE).get_page(request.GET.get("page"))
    gone = RosterLeaver.objects.filter(batch=batch, written_at__isnull=False).select_related("appointment__person")
    gone_page = Paginator(gone.order_by("pk"), ROWS_A_PAGE).get_page(request.GET.get("page"))
    rows, left = list(page), list(gone_page) if page.number <= gone_page.paginator.num_pages else []
    context = {
        "batch": batch,
        "page": page if page.paginator.num_pages >= gone_page.paginator.num_pages else gone_page,
        "number": page.paginator.count,
        "leaving": gone_page.paginator.count,
        "until": roster_undo.undo_until(batch),
        "rows": list(zip(rows, roster_undo.judge_rows(batch, rows), strict=True)),
        "leavers": list(zip(doubts.leavers_of(left), roster_undo.judge_leavers(batch, left), strict=True)),
        "form": ReasonForm(),
    }
    return render(request, "people/roster_undo.html", context)


def _start(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    batch = batch_of(request, pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why the roster is taken back."))
        return redirect("people:roster_undo", pk=pk)
    try:
        won = roster_undo.start(batch=batch, by=request.user, at=clock.now(), reason=form.cleaned_data["reason"])  # type: ignore[arg-type]
    except NotAllowedError as error:
        raise Http404 from error
    if won:
        if RosterRow.objects.filter(batch=batch, written_at__isnull=False).count() <= UNDO_NOW:
            roster_undo.take_back(batch_id=batch.pk, turn=1.5)
        transaction.on_commit(lambda: tasks.undo_roster.delay(batch.pk))
    return redirect("people:roster", pk=pk)
