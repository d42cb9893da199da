"""The roster's screens: upload, dry run, confirm, codes. Strangers get 404 at every one of them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.people import exports, queries, tasks
from lms.people.enums import BatchState, Outcome
from lms.people.formats import FileRefusedError, workbooks
from lms.people.forms import UploadForm
from lms.people.models import RosterBatch, RosterRow
from lms.people.services import roster_leavers, roster_undo
from lms.people.services import rosters as rosters_service
from lms.people.templatetags import people_tags
from lms.units.models import Grant, Unit
from lms.units.scope import granted_units

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What is read and written within the request, about a second of work; a larger roster goes to the worker. Our
# template unpacks to a megabyte when it is blank.
READ_NOW = 60_000
UNPACK_NOW = 3_000_000
WRITE_NOW = 50
AT_WORK = (BatchState.READING, BatchState.APPLYING, BatchState.UNDOING)
ROWS_A_PAGE = 50


def units_of(request: AuthenticatedRequest) -> list[Unit]:
    today = clock.today()
    held = granted_units(request.user, Grant.Right.IMPORT)  # type: ignore[arg-type]
    units = [unit for unit in held if unit.closed_on is None or unit.closed_on > today]
    if not units:
        raise Http404
    return units


def batch_of(request: AuthenticatedRequest, pk: int) -> RosterBatch:
    visible = RosterBatch.objects.visible_to(request.user).select_related("unit", "uploaded_by")  # type: ignore[arg-type]
    return get_object_or_404(visible, pk=pk)


@never_cache
@login_required
def rosters(request: AuthenticatedRequest) -> HttpResponse:
    units = units_of(request)
    form = UploadForm(request.POST or None, request.FILES or None, units=units)
    unread: list[str] = []
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data["file"].read()
        is_small = len(data) <= READ_NOW and workbooks.unpacked_size(data) <= UNPACK_NOW
        take = rosters_service.stage if is_small else rosters_service.receive
        try:
            batch = take(
                data=data,
                file_name=form.cleaned_data["file"].name,
                unit=form.chosen_unit,
                by=request.user,  # type: ignore[arg-type]
                at=clock.now(),
                sync=form.cleaned_data["sync"],
                leaving_on=form.cleaned_data["leaving_on"],
            )
        except FileRefusedError as error:
            form.add_error("file", str(error))
            unread = error.words.get("heads", [])
        else:
            if not is_small:
                transaction.on_commit(lambda: tasks.read_roster.delay(batch.pk))
            return redirect("people:roster", pk=batch.pk)
    batches = RosterBatch.objects.visible_to(request.user)  # type: ignore[arg-type]
    page = Paginator(
        batches.select_related("unit", "uploaded_by").prefetch_related("unit__names").order_by("-uploaded_at", "-pk"),
        20,
    ).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "unread": unread, "choices": _choices()}
    if unread:
        context["for_unit"] = form.chosen_unit
    return render(request, "people/rosters.html", context)


def _choices() -> list[tuple[str, str]]:
    """What a heading may be said to mean, as the selects offer it."""
    return [(column, people_tags.field_words(column)) for column in rosters_service.CHOICES]


@login_required
@require_POST
def headings(request: AuthenticatedRequest) -> HttpResponse:
    """What headings mean in files of a unit, from the columns of a dry run or of a file that could not be read.

    The file itself is erased once it is read, so it has to be sent again; the dry run is dropped.
    """
    unit = next((unit for unit in units_of(request) if str(unit.pk) == request.POST.get("unit")), None)
    batch = batch_of(request, int(request.POST["batch"])) if request.POST.get("batch", "").isdecimal() else None
    if batch:
        unit = batch.unit
    if unit is None:
        raise Http404
    chosen = dict(zip(request.POST.getlist("head"), request.POST.getlist("column"), strict=False))
    try:
        changed = rosters_service.choose_headings(
            unit=unit,
            choices={head: column for head, column in chosen.items() if column != "as-is"},
            by=request.user,  # type: ignore[arg-type]
            at=clock.now(),
        )
    except rosters_service.NotAllowedError as error:
        raise Http404 from error
    if not changed:
        messages.info(request, _("Nothing was chosen otherwise than before."))
        return redirect("people:roster", pk=batch.pk) if batch else redirect("people:rosters")
    if batch:
        rosters_service.cancel(batch=batch)
    messages.success(request, _("The meaning of the headings is kept. Now send the file again."))
    return redirect("people:rosters")


@never_cache
@login_required
@require_safe
def roster(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    batch = batch_of(request, pk)
    counts = queries.counts(batch)
    chosen = request.GET.get("outcome", "")
    if chosen not in Outcome.values:
        chosen = _most_pressing(counts)
    rows = RosterRow.objects.filter(batch=batch).select_related("unit").prefetch_related("unit__names")
    if chosen:
        rows = rows.filter(outcome=chosen)
    now = clock.now()
    context = {
        "batch": batch,
        "counts": counts,
        "tiles": [(outcome, getattr(counts, outcome.value)) for outcome in Outcome],
        "chosen": chosen,
        "layout": queries.layout(batch),
        "choices": _choices(),
        "page": Paginator(rows.order_by("pk"), ROWS_A_PAGE).get_page(request.GET.get("page")),
        "guard": roster_leavers.guard_of(batch),
        "may_undo": roster_undo.may_undo(batch, now),
        "undo_until": roster_undo.undo_until(batch),
        "is_at_work": batch.state in AT_WORK,
        "progress": queries.progress(batch, counts),
        "unread": batch.fault_words.get("heads", []) if batch.state == BatchState.FAILED else [],
        "left_alone": queries.left_alone_rows(batch) if batch.state == BatchState.UNDONE else [],
    }
    response = render(request, "people/roster.html", context)
    if request.htmx and batch.state not in AT_WORK:  # type: ignore[attr-defined]
        response["HX-Refresh"] = "true"
    return response


def _most_pressing(counts: queries.BatchCounts) -> str:
    """What is looked at first: what a person must decide, what is refused, what is new."""
    first = (Outcome.CONFLICT, Outcome.REFUSED, Outcome.NEW, Outcome.MOVED, Outcome.CHANGED)
    return next((outcome.value for outcome in first if getattr(counts, outcome.value)), "")


@login_required
@require_POST
def confirm(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    batch = batch_of(request, pk)
    try:
        won = rosters_service.confirm(batch=batch, by=request.user, at=clock.now())  # type: ignore[arg-type]
    except rosters_service.NotAllowedError as error:
        raise Http404 from error
    except roster_leavers.LeaversError:
        messages.error(request, _("So many people would leave that a second person has to agree first."))
        return redirect("people:roster_leavers", pk=pk)
    if won:
        if queries.counts(batch).to_write <= WRITE_NOW:
            rosters_service.write(batch_id=batch.pk, at=clock.now(), turn=20)
        if RosterBatch.objects.filter(pk=pk, state=BatchState.APPLYING).exists():
            transaction.on_commit(lambda: tasks.write_roster.delay(batch.pk))
    return redirect("people:roster", pk=pk)


@login_required
@require_POST
def cancel(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    if rosters_service.cancel(batch=batch_of(request, pk)):
        messages.success(request, _("The roster was dropped; nothing was written."))
    return redirect("people:rosters")


@never_cache
@login_required
@require_safe
def refused_csv(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    content = exports.refused_csv(*_refused(request, pk))
    return download(content, f"dong-bi-tu-choi-{pk}.csv", "text/csv; charset=utf-8")


@never_cache
@login_required
@require_safe
def refused_xlsx(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    return download(exports.refused_xlsx(*_refused(request, pk)), f"dong-bi-tu-choi-{pk}.xlsx", XLSX)


def _refused(request: AuthenticatedRequest, pk: int) -> tuple[QuerySet[RosterRow], tuple[queries.SheetRead, ...]]:
    """What stays out: the refused rows, and those that nobody has decided; and the columns of the file."""
    batch = batch_of(request, pk)
    stay_out = [Outcome.REFUSED, Outcome.CONFLICT]
    rows = RosterRow.objects.filter(batch=batch, outcome__in=stay_out).order_by("pk")
    return rows, queries.layout(batch).sheets


@never_cache
@login_required
@require_safe
def template_xlsx(request: AuthenticatedRequest) -> HttpResponse:
    units = units_of(request)
    chosen = next((unit for unit in units if str(unit.pk) == request.GET.get("unit")), units[0])
    return download(exports.template_xlsx(chosen), "mau-danh-sach.xlsx", XLSX)


@login_required
@require_safe
def template_csv(request: AuthenticatedRequest) -> HttpResponse:
    units_of(request)
    return download(exports.template_csv(), "mau-danh-sach.csv", "text/csv; charset=utf-8")


def download(content: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
