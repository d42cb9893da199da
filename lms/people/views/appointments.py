"""Appointing, ending, correcting: one page each, reached from the person's card. Strangers get 404.

Whoever may bring in people to a unit appoints there. Nobody changes appointments of one's own.
"""

import datetime as dt
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from lms.accounts.models import User
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.people import people_queries as queries
from lms.people.account_queries import described
from lms.people.people_forms import POSITIONS_LIST, AppointmentForm, CorrectionForm, EndForm, ReasonForm
from lms.people.services.rosters import may_import
from lms.units import queries as units
from lms.units.models import Appointment, Unit
from lms.units.services import appointments
from lms.units.services.errors import RefusedError

_page = require_http_methods(["GET", "HEAD", "POST"])


def _person(request: AuthenticatedRequest, person_id: int) -> tuple[User, User]:
    viewer = cast(User, request.user)
    found = queries.person_in_sight(viewer, person_id) if queries.may_look(viewer) else None
    if found is None or found.pk == viewer.pk or not queries.may_appoint_somewhere(viewer):
        raise Http404
    return viewer, found


def _appointment(request: AuthenticatedRequest, person_id: int, pk: int) -> tuple[User, Appointment]:
    viewer, person = _person(request, person_id)
    held = get_object_or_404(Appointment.objects.select_related("unit__level", "person"), pk=pk, person=person)
    if not may_import(viewer, held.unit):
        raise Http404
    return viewer, cast(Appointment, held)


def _head(person: User, **more: Any) -> dict[str, Any]:
    return {"person": person, "hit": described([person])[0], **more}


def _refused(form: Any, error: RefusedError) -> None:
    form.add_error(None, _(error.reason) % error.params)


@never_cache
@login_required
@_page
def appoint(request: AuthenticatedRequest, person_id: int) -> HttpResponse:
    """Find the unit, then say what the person is to be there. Nobody who has left is appointed: the account first."""
    viewer, person = _person(request, person_id)
    if not person.is_active:
        raise Http404
    chosen = (request.POST if request.method == "POST" else request.GET).get("unit", "")
    if not chosen:
        typed = request.GET.get("q", "")[:100]
        hits = queries.units_to_appoint_in(viewer, typed) if typed else []
        return render(request, "people/appointment_unit.html", _head(person, q=typed, hits=hits))
    unit = queries.unit_asked(viewer, chosen)
    if unit is None or not may_import(viewer, unit):
        raise Http404
    unit = Unit.objects.select_related("level").get(pk=unit.pk)
    now = units.primary_appointment(person, on=clock.today())
    form = AppointmentForm(
        request.POST or None,
        initial={"starts_on": clock.today()},
        has_primary=units.name_on(now.unit, clock.today()) if now else "",
        may_transfer=bool(now and now.unit_id != unit.pk and may_import(viewer, now.unit)),
    )
    if request.method == "POST" and form.is_valid():
        kind = form.cleaned_data["kind"]
        try:
            appointments.appoint(
                person=person, unit=unit, actor=viewer, is_primary=kind != form.FURTHER,
                transfer=kind == form.TRANSFER, **form.values,
            )  # fmt: skip
        except RefusedError as error:
            _refused(form, error)
        else:
            messages.success(request, _("The appointment is entered."))
            return redirect("people:person", person.pk)
    context = _head(person, form=form, unit=unit, unit_name=units.name_on(unit, clock.today()))
    context |= {"positions": queries.positions_for(unit), "positions_list": POSITIONS_LIST}
    context["told"] = _cannot_transfer(viewer, now, unit)
    return render(request, "people/appointment_new.html", context)


def _cannot_transfer(viewer: User, now: Appointment | None, unit: Unit) -> str:
    """Why the person cannot be taken over from the unit where he belongs."""
    if now is None or now.unit_id == unit.pk or may_import(viewer, now.unit):
        return ""
    name = units.name_on(now.unit, clock.today())
    return _("The main post is in %(unit)s, outside your units: whoever brings in people there must end it first.") % {
        "unit": name
    }


@never_cache
@login_required
@_page
def correct(request: AuthenticatedRequest, person_id: int, pk: int) -> HttpResponse:
    viewer, held = _appointment(request, person_id, pk)
    initial = {field: getattr(held, field) for field in appointments.CORRECTABLE if field != "ends_on"}
    initial["last_day"] = held.ends_on - dt.timedelta(days=1) if held.ends_on else None
    form = CorrectionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            changed = appointments.correct(
                appointment=held, values=form.values, reason=form.cleaned_data["reason"], actor=viewer
            )
        except RefusedError as error:
            _refused(form, error)
        else:
            messages.success(request, _("The appointment is corrected.") if changed else _("Nothing was different."))
            return redirect("people:person", person_id)
    context = _head(held.person, form=form, held=held, unit_name=units.name_on(held.unit, clock.today()))
    context |= {"positions": queries.positions_for(held.unit), "positions_list": POSITIONS_LIST}
    return render(request, "people/appointment_correct.html", context)


@never_cache
@login_required
@_page
def end(request: AuthenticatedRequest, person_id: int, pk: int) -> HttpResponse:
    viewer, held = _appointment(request, person_id, pk)
    if held.starts_on > clock.today():
        return _withdraw(request, viewer, held)
    form = EndForm(request.POST or None, initial={"last_day": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            appointments.end_appointment(appointment=held, ends_on=form.ends_on, actor=viewer)
        except RefusedError as error:
            _refused(form, error)
        else:
            messages.success(request, _("The appointment has an end now."))
            return redirect("people:people") if not _still_seen(viewer, held) else redirect("people:person", person_id)
    context = _head(held.person, form=form, held=held, unit_name=units.name_on(held.unit, clock.today()))
    return render(request, "people/appointment_end.html", context)


def _withdraw(request: AuthenticatedRequest, viewer: User, held: Appointment) -> HttpResponse:
    """What has not begun is not ended but taken out, with a reason."""
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            appointments.withdraw(appointment=held, reason=form.cleaned_data["reason"], actor=viewer)
        except RefusedError as error:
            _refused(form, error)
        else:
            messages.success(request, _("The appointment is taken out."))
            seen = _still_seen(viewer, held)
            return redirect("people:person", held.person_id) if seen else redirect("people:people")
    context = _head(held.person, form=form, held=held, unit_name=units.name_on(held.unit, clock.today()))
    return render(request, "people/appointment_withdraw.html", context)


def _still_seen(viewer: User, held: Appointment) -> bool:
    return queries.person_in_sight(viewer, held.person_id) is not None


@never_cache
@login_required
@require_POST
def make_primary(request: AuthenticatedRequest, person_id: int, pk: int) -> HttpResponse:
    viewer, held = _appointment(request, person_id, pk)
    now = units.primary_appointment(held.person, on=clock.today())
    if now is not None and not may_import(viewer, now.unit):
        raise Http404
    try:
        appointments.make_primary(appointment=held, on=clock.today(), actor=viewer)
    except RefusedError as error:
        messages.error(request, _(error.reason) % error.params)
    else:
        messages.success(request, _("This is the main post from today on."))
    return redirect("people:person", person_id)
