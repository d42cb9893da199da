"""Reorganising units: the list of changes, a plan with its steps, what follows from it, asking the second person, what
was done, and a unit over time.

Open to superusers and to whoever holds "approve" over the unit below which everything happens; strangers get 404.
"""

import csv
import io
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.accounts.models import User
from lms.core import clock
from lms.core.cells import neutral
from lms.core.http import AuthenticatedRequest
from lms.people import reorganising_queries as queries
from lms.people.reorganising_forms import (
    KIND_NAMES,
    KINDS,
    STEP_FORMS,
    AskForm,
    Ground,
    HeadForm,
    StepForm,
    sent_bulk,
    sent_choices,
    sent_grants,
)
from lms.people.services import approvals
from lms.people.services import reorganising as services
from lms.people.services.rights import governed_units, rights_to_give
from lms.people.services.rosters import NotAllowedError
from lms.people.undecided_queries import number_undecided
from lms.units import queries as tree
from lms.units.models import Grant, Reorganisation, ReorganisationStep, Unit
from lms.units.scope import granted_paths
from lms.units.services.errors import RefusedError

CHANGES_A_PAGE = 20
STEPS_A_PAGE = 50
LINES_SHOWN = 15
LINES_A_PAGE = 100


def _governor(request: AuthenticatedRequest) -> User:
    person = cast(User, request.user)
    if not governed_units(person):
        raise Http404
    return person


def _change(request: AuthenticatedRequest, pk: int) -> tuple[User, Reorganisation]:
    by = _governor(request)
    found = queries.changes_seen_by(by).select_related("top__level", "made_by", "applied_by")
    return by, get_object_or_404(found, pk=pk)


def _refused(error: RefusedError) -> str:
    return _(error.reason) % error.params


@never_cache
@login_required
@require_safe
def changes(request: AuthenticatedRequest) -> HttpResponse:
    by = _governor(request)
    typed, standing = request.GET.get("q", "")[:100].replace("\0", ""), request.GET.get("standing", "")
    sent = request.GET.get("year", "")
    year = int(sent) if sent.isascii() and sent.isdigit() and len(sent) == 4 else None
    found = queries.changes_like(by, typed=typed, year=year, standing=standing)
    page = Paginator(found, CHANGES_A_PAGE).get_page(request.GET.get("page"))
    asked = {"q": typed, "year": year or "", "standing": standing}
    context = {
        "rows": queries.change_rows(page.object_list),
        "page": page,
        "typed": typed,
        "year": year,
        "years": queries.years_of(by),
        "standing": standing,
        "standings": queries.Standing.choices,
        "is_filtered": any(asked.values()),
        "query": urlencode({key: value for key, value in asked.items() if value}) + "&",
        "undecided": number_undecided(by),
    }
    return render(request, "people/reorganisings.html", context)


# --- A plan -------------------------------------------------------------------------------------------


@never_cache
@login_required
def change_new(request: AuthenticatedRequest) -> HttpResponse:
    by = _governor(request)
    today = clock.today()
    tops = [unit for unit in governed_units(by) if unit.closed_on is None or unit.closed_on > today]
    form = HeadForm(request.POST or None, tops=tops, today=today)
    if request.method == "POST" and request.POST.get("do") == "find":
        form.without_complaints()
    elif request.method == "POST" and form.is_valid():
        try:
            made = services.draft(
                top=get_object_or_404(Unit, pk=form.top.ids[0]), document=form.document,
                effective_on=form.cleaned_data["effective_on"], by=by, at=clock.now(),
            )  # fmt: skip
        except NotAllowedError as error:
            raise Http404 from error
        except RefusedError as error:
            form.add_error(None, _refused(error))
        else:
            return redirect("people:change", made.pk)
    return render(request, "people/reorganising_head.html", {"form": form})


@never_cache
@login_required
def change_edit(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """The document and the day."""
    by, change = _draft(request, pk)
    names = ("document_kind", "document_number", "document_issued_on", "document_issuer", "document_title")
    told = {name: getattr(change, name) for name in (*names, "effective_on")}
    form = HeadForm(request.POST or None, tops=[change.top], today=clock.today(), initial=told)
    if request.method == "POST" and form.is_valid():
        try:
            services.redraft(
                change=change, document=form.document, effective_on=form.cleaned_data["effective_on"], by=by
            )
        except RefusedError as error:
            form.add_error(None, _refused(error))
        else:
            return redirect("people:change", change.pk)
    return render(request, "people/reorganising_head.html", {"form": form, "change": change})


def _draft(request: AuthenticatedRequest, pk: int) -> tuple[User, Reorganisation]:
    """A plan that may still be changed: no second person looks at it, nothing is carried out."""
    by, change = _change(request, pk)
    if change.state != Reorganisation.State.DRAFT:
        raise Http404
    return by, change


@never_cache
@login_required
@require_safe
def change(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """A draft with its steps; once it is confirmed, what was done and what is left to do."""
    by, found = _change(request, pk)
    approval = queries.waiting_approval(found)
    standing = queries.standing_of(found, approval)
    context: dict[str, Any] = {
        "change": found,
        "standing": standing,
        "approval": approval,
        "top_name": tree.name_on(found.top, found.effective_on),
        "is_mine": approval is not None and approval.asked_by_id == by.pk,
    }
    if found.switched_at:
        return render(request, "people/reorganising_done.html", {**context, **_follows(request, found)})
    follows = tree.preview(found)
    steps = found.steps.order_by("order")
    page = Paginator(steps, STEPS_A_PAGE).get_page(request.GET.get("page"))
    context |= {
        "page": page,
        "lines": queries.step_lines(found, page.object_list, follows),
        "kinds": KINDS,
        "kind_names": KIND_NAMES,
        "figures": queries.figures_of(follows, queries.Consequences()),
        "problems": [problem for problem in follows.problems if problem.order is None],
        "wrong": sum(not problem.is_warning for problem in follows.problems),
        "may_edit": standing == queries.Standing.DRAFT and found.source == Reorganisation.Source.SCREEN,
        "is_sound": follows.is_sound,
        "last": queries.last_decision(found),
    }
    return render(request, "people/reorganising.html", context)


@never_cache
@login_required
@require_safe
def change_progress(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """The bar alone, for the page that looks again every two seconds; once all is done the page is loaded anew."""
    _by, found = _change(request, pk)
    response = render(request, "people/reorganising_progress.html", {"change": found})
    if found.state != Reorganisation.State.APPLYING:
        response["HX-Refresh"] = "true"
    return response


# --- Steps --------------------------------------------------------------------------------------------


@never_cache
@login_required
def step_new(request: AuthenticatedRequest, pk: int, kind: str) -> HttpResponse:
    by, found = _draft(request, pk)
    if kind not in STEP_FORMS:
        raise Http404
    return _step_page(request, by, found, STEP_FORMS[kind], None)


@never_cache
@login_required
def step_edit(request: AuthenticatedRequest, pk: int, order: int) -> HttpResponse:
    by, found = _draft(request, pk)
    step = get_object_or_404(found.steps, order=order)
    return _step_page(request, by, found, STEP_FORMS[step.kind], step)


def _step_page(
    request: AuthenticatedRequest,
    by: User,
    found: Reorganisation,
    kind: type[StepForm],
    step: ReorganisationStep | None,
) -> HttpResponse:
    """ "find" and "more" send the form back with what they brought; anything else keeps the step."""
    opened = queries.opened_by(found, but=step.order if step else None)
    ground = Ground([found.top], found.effective_on, opened)
    form = kind(request.POST or None, ground=ground, step=step)
    if request.method == "POST" and request.POST.get("do") in ("find", "more"):
        form.without_complaints()
    elif request.method == "POST" and form.is_valid():
        try:
            _keep_step(request, by, found, form, step)
        except RefusedError as error:
            form.add_error(None, _refused(error))
        else:
            return redirect("people:change", found.pk)
    context = {
        "change": found,
        "form": form,
        "step": step,
        "seen": request.POST.get("seen") or (services.mark_of(step) if step else ""),
        "title": KIND_NAMES[kind.kind],
        "meaning": next(meaning for key, _name, meaning in KINDS if key == kind.kind),
    }
    return render(request, "people/reorganising_step.html", context)


def _keep_step(
    request: AuthenticatedRequest, by: User, found: Reorganisation, form: StepForm, step: ReorganisationStep | None
) -> None:
    if step:
        seen = request.POST.get("seen", "")
        services.change_step(step=step, units=form.units, params=form.params, seen=seen, by=by)
    else:
        services.add_step(change=found, kind=form.kind, units=form.units, params=form.params, by=by)


@login_required
@require_POST
def step_remove(request: AuthenticatedRequest, pk: int, order: int) -> HttpResponse:
    by, found = _draft(request, pk)
    try:
        services.remove_step(change=found, order=order, by=by)
    except RefusedError as error:
        messages.error(request, _refused(error))
    return redirect("people:change", found.pk)


@login_required
@require_POST
def change_cancel(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    by, found = _change(request, pk)
    try:
        services.cancel(change=found, by=by, at=clock.now())
    except RefusedError as error:
        messages.error(request, _refused(error))
    return redirect("people:change", found.pk)


# --- What follows -------------------------------------------------------------------------------------


def _follows(request: AuthenticatedRequest, found: Reorganisation) -> dict[str, Any]:
    """Everything that follows, in parts: each with its first lines, or one part in full, page by page."""
    follows = tree.preview(found)
    above = queries.consequences(
        found.top, queries.fates_of(follows), today=clock.today(), day=follows.effective_on, title_of=approvals.title_of
    )
    asked = request.GET.get("part", "")
    by = cast(User, request.user)
    given = rights_to_give(by, found.top) if follows.ending_grants else []
    moved = queries.moved_of(found)
    parts = queries.parts_of(follows, above, queries.rights_of(follows, by, given), moved)
    chosen = [part for part in parts if part.key == asked]
    shown = chosen or [part for part in parts if part.lines]
    pages = {
        part.key: Paginator(part.lines, LINES_A_PAGE if chosen else LINES_SHOWN).get_page(
            request.GET.get("page") if chosen else 1
        )
        for part in shown
    }
    return {
        "follows": follows,
        "figures": queries.figures_of(follows, above, moved),
        "parts": [(part, pages[part.key]) for part in shown],
        "only": chosen[0].key if chosen else "",
        "warnings": [problem for problem in follows.problems if problem.is_warning],
        "errors": [problem for problem in follows.problems if not problem.is_warning],
        "bulks": queries.bulks_of(follows),
        "undecided": number_undecided(by) if found.switched_at else 0,
        "other": _other(request, found),
    }


def _other(request: AuthenticatedRequest, found: Reorganisation) -> dict[str, Any]:
    """Another unit than those that came of the divided one, found by its name."""
    typed = request.GET.get("other", "")[:80].replace("\0", "")
    ground = Ground([found.top], found.effective_on)
    return {"typed": typed, "hits": ground.find(typed) if typed else []}


@never_cache
@login_required
@require_safe
def change_preview(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    _by, found = _change(request, pk)
    if found.switched_at:
        return redirect("people:change", found.pk)
    context = {"change": found, "top_name": tree.name_on(found.top, found.effective_on), **_follows(request, found)}
    approval = queries.waiting_approval(found)
    context |= {"approval": approval, "standing": queries.standing_of(found, approval)}
    return render(request, "people/reorganising_preview.html", context)


@login_required
@require_safe
def change_csv(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """All that follows, a line each, for a spreadsheet."""
    _by, found = _change(request, pk)
    follows = tree.preview(found)
    above = queries.consequences(
        found.top, queries.fates_of(follows), today=clock.today(), day=follows.effective_on, title_of=approvals.title_of
    )
    out = io.StringIO()
    heads = (pgettext("table", "Part"), _("Unit"), pgettext("table", "What"), _("Goes to"), pgettext("table", "Note"))
    csv.writer(out, delimiter=";").writerows(
        [neutral(cell) for cell in row] for row in (heads, *queries.rows_of(follows, above, queries.moved_of(found)))
    )
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="sap-xep-{found.pk}.csv"'
    return response


@login_required
@require_POST
def change_people(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Where people of divided and dissolved units go on: one by one, or all of a unit at once."""
    by, found = _change(request, pk)
    try:
        decided = services.decide(
            change=found, chosen=sent_choices(request.POST), everybody=sent_bulk(request.POST), by=by,
            at=clock.now(),
        )  # fmt: skip
    except NotAllowedError as error:
        raise Http404 from error
    except RefusedError as error:
        messages.error(request, _refused(error))
    else:
        messages.success(request, _("Decided for %(count)s appointments.") % {"count": decided})
    return redirect(_back(request, found, "doubtful"))


def _back(request: AuthenticatedRequest, found: Reorganisation, part: str) -> str:
    name = "people:change" if found.switched_at else "people:change_preview"
    address = reverse(name, args=[found.pk])
    page = request.POST.get("page", "")
    if request.POST.get("only") == part:
        return f"{address}?part={part}" + (f"&page={page}" if page.isascii() and page.isdigit() else "")
    return f"{address}#{part}"


# --- The second person --------------------------------------------------------------------------------


@never_cache
@login_required
def change_ask(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """The figures once more, rights to be given anew, what the second person should know."""
    by, found = _draft(request, pk)
    if queries.waiting_approval(found):
        return redirect("people:change", found.pk)
    follows = tree.preview(found)
    above = queries.consequences(
        found.top, queries.fates_of(follows), today=clock.today(), day=follows.effective_on, title_of=approvals.title_of
    )
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.ask(
                change=found, by=by, at=clock.now(), reason=form.cleaned_data["reason"],
                renewed=sent_grants(request.POST),
            )  # fmt: skip
        except NotAllowedError as error:
            raise Http404 from error
        except RefusedError as error:
            form.add_error(None, _refused(error))
        else:
            messages.success(request, _("A second person is asked. Nothing changes before that person confirms."))
            return redirect("people:change", found.pk)
    context = {
        "change": found,
        "form": form,
        "follows": follows,
        "figures": queries.figures_of(follows, above),
        "rights": [line for line in queries.rights_of(follows, by, rights_to_give(by, found.top)) if line.may_renew],
        "marked": sent_grants(request.POST) if request.method == "POST" else None,
        "is_alone": not services.somebody_else(found, by, clock.today()),
    }
    return render(request, "people/reorganising_ask.html", context)


@login_required
@require_POST
def change_withdraw(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Who asked takes the request back; the plan is a draft again."""
    by, found = _change(request, pk)
    approval = queries.waiting_approval(found)
    if approval:
        try:
            approvals.withdraw(approval=approval, by=by, at=clock.now())
        except NotAllowedError as error:
            raise Http404 from error
    return redirect("people:change", found.pk)


@login_required
@require_POST
def change_rights(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Rights that ended with their units, given anew over the successors."""
    by, found = _change(request, pk)
    if not found.switched_at:
        raise Http404
    try:
        given = services.renew(change=found, grant_ids=sent_grants(request.POST), by=by, today=clock.today())
    except NotAllowedError as error:
        raise Http404 from error
    except RefusedError as error:
        messages.error(request, _refused(error))
    else:
        messages.success(request, _("Rights given anew: %(count)s.") % {"count": given})
    return redirect(_back(request, found, "rights"))


# --- A unit over time ---------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def changes_unit(request: AuthenticatedRequest, unit_id: int) -> HttpResponse:
    """For whoever may see the unit's results, or approves there."""
    person = cast(User, request.user)
    unit = get_object_or_404(Unit.objects.select_related("level").prefetch_related("names", "codes"), pk=unit_id)
    views, approves = (granted_paths(person, right) for right in (Grant.Right.VIEW, Grant.Right.APPROVE))
    if not unit.path.startswith((*views, *approves)):
        raise Http404
    today = clock.today()
    context: dict[str, Any] = {
        "history": queries.history_of(person, unit, today),
        "changes": queries.documents_of(person, unit),
        "is_closed": unit.closed_on is not None and unit.closed_on <= today,
        "may_report": unit.path.startswith(tuple(views)),
        "may_change": bool(approves),
    }
    return render(request, "people/reorganised_unit.html", context)
