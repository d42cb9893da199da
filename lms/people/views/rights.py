"""Who may do what, and where: the screens for giving and ending rights, and for staff who have lost their sign-in.

Open to superusers and to whoever holds "approve" over a unit; strangers get 404 at every one of them.
"""

import datetime as dt
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.accounts.models import User
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.people import account_queries
from lms.people.account_forms import NAMES, ManagerForm, ReasonForm, RightsForm
from lms.people.services import codes as codes_service
from lms.people.services import rights as rights_service
from lms.people.services.rights import LastApproverError, TakenError
from lms.people.services.rosters import NotAllowedError
from lms.people.views.slips import slip_of
from lms.units import queries as units
from lms.units.models import Grant, Unit
from lms.units.queries import UnitHit
from lms.units.scope import people_in_scope
from lms.units.services.appointments import is_open
from lms.units.services.errors import RefusedError

GRANTS_A_PAGE = 90
UNITS_FOUND = 20


def _governor(request: AuthenticatedRequest) -> User:
    person = cast(User, request.user)
    if not rights_service.governed_units(person):
        raise Http404
    return person


def _unit(by: User, unit_id: int) -> Unit:
    """A unit that is open today and in which ``by`` may give rights; 404 for any other."""
    unit = get_object_or_404(Unit.objects.select_related("level").prefetch_related("names"), pk=unit_id)
    if not is_open(unit, clock.today()) or not rights_service.rights_to_give(by, unit):
        raise Http404
    return unit


@never_cache
@login_required
@require_safe
def rights(request: AuthenticatedRequest) -> HttpResponse:
    """Rights given in one's own units, and the way to a unit."""
    by = _governor(request)
    typed, name = request.GET.get("unit", "")[:100], request.GET.get("q", "")[:100]
    tops = rights_service.governed_units(by)
    seen = account_queries.grants_seen_by(by, typed=name)
    ending = account_queries.ending_soon(seen)
    only_ending = request.GET.get("ending") == "1"
    page = _page(request, ending if only_ending else seen)
    context = {
        "unit_typed": typed,
        "hits": _search(typed, by, tops) if typed else [],
        "tops": [] if by.is_superuser else units.names_on(tops, clock.today()).values(),
        "q": name,
        "ending": ending.count(),
        "only_ending": only_ending,
        "page": page,
        "holders": account_queries.holders(by, page.object_list),
    }
    return render(request, "people/rights.html", context)


def _search(typed: str, by: User, tops: list[Unit]) -> list[UnitHit]:
    if by.is_superuser:
        return units.search_units(typed, limit=UNITS_FOUND)
    hits = {hit.unit.id: hit for top in tops for hit in units.search_units(typed, within=top, limit=UNITS_FOUND)}
    return list(hits.values())[:UNITS_FOUND]


def _page(request: AuthenticatedRequest, grants: Any) -> Any:
    return Paginator(grants, GRANTS_A_PAGE).get_page(request.GET.get("page"))


@never_cache
@login_required
@require_safe
def rights_unit(request: AuthenticatedRequest, unit_id: int) -> HttpResponse:
    """Who has which right over one unit, from above or in it or below it."""
    by = _governor(request)
    unit = _unit(by, unit_id)
    page = _page(request, account_queries.grants_seen_by(by, unit=unit))
    context = {**_head(unit), "page": page, "holders": account_queries.holders(by, page.object_list)}
    return render(request, "people/rights_unit.html", {**context, "may_make": _may_make(by, unit)})


def _may_make(by: User, unit: Unit) -> bool:
    return Grant.Right.IMPORT.value in rights_service.rights_to_give(by, unit)


def _head(unit: Unit) -> dict[str, Any]:
    chain = units.breadcrumb(unit, clock.today())
    return {
        "unit": unit,
        "unit_name": chain[-1].name if chain else str(unit),
        "where": ", ".join(step.name for step in reversed(chain[1:-1])),
    }


def _all_label(unit: Unit) -> str:
    if unit.level.key == "province":
        return _("Manager of the province: all the rights below")
    return _("Manager of the unit: all the rights below")


def _choice(by: User, unit: Unit) -> dict[str, Any]:
    return {"choices": rights_service.rights_to_give(by, unit), "all_label": _all_label(unit)}


def _proposed(by: User, unit: Unit, person: User, choices: list[str]) -> dict[str, Any]:
    """What the form begins with: what the person holds here already, so that renewing is one click; the end is that
    which the giver himself has.
    """
    held = Grant.objects.on(clock.today()).filter(person=person, unit=unit, right__in=choices)
    rights = [right for right in choices if right in set(held.values_list("right", flat=True))]
    own = rights_service.held_until(by, unit, choices, clock.today())
    return {
        "template": RightsForm.CHOSEN if rights else "",
        "rights": rights,
        "last_day": own - dt.timedelta(days=1) if own else None,
    }


@never_cache
@login_required
def give(request: AuthenticatedRequest, unit_id: int) -> HttpResponse:
    """Find the person, choose a role or single rights, give them. Giving with another end renews or shortens."""
    by = _governor(request)
    unit = _unit(by, unit_id)
    chosen = (request.POST if request.method == "POST" else request.GET).get("person", "")
    if not chosen:
        typed = request.GET.get("q", "")[:100]
        found = account_queries.find_people(typed, within=_choosable(by))
        return render(request, "people/rights_give.html", {**_head(unit), "q": typed, "found": found})
    person = account_queries.account_with_id(chosen, within=_choosable(by))
    if person is None:
        raise Http404
    choice = _choice(by, unit)
    form = RightsForm(request.POST or None, initial=_proposed(by, unit, person, choice["choices"]), **choice)
    if request.method == "POST" and form.is_valid():
        try:
            rights_service.give(
                person=person, unit=unit, rights=form.cleaned_data["rights"], by=by, at=clock.now(),
                ends_on=form.ends_on,
            )  # fmt: skip
        except NotAllowedError as error:
            raise Http404 from error
        except RefusedError as error:
            form.add_error("last_day", _(error.reason) % error.params)
        else:
            messages.success(request, _("The rights are given: %(name)s.") % {"name": person.full_name})
            return redirect("people:rights_unit", unit_id=unit.pk)
    now = account_queries.grants_seen_by(by, unit=unit).filter(person=person)
    context = {
        **_head(unit),
        "form": form,
        "chosen": account_queries.described([person])[0],
        "holders": account_queries.holders(by, now),
    }
    return render(request, "people/rights_give.html", {**context, "asks_factor": settings.LMS_REQUIRE_MFA_FOR_STAFF})


def _choosable(by: User) -> Q:
    """What ``services.rights.may_choose`` allows, as a filter for ``User``."""
    scope = Q() if by.is_superuser else people_in_scope(by, Grant.Right.APPROVE)
    return scope & ~Q(pk=by.pk)


@never_cache
@login_required
def make_manager(request: AuthenticatedRequest, unit_id: int) -> HttpResponse:
    """An account for somebody who is not in the system, with post and rights; the code stands on the answer only."""
    by = _governor(request)
    unit = _unit(by, unit_id)
    if not _may_make(by, unit):
        raise Http404
    form = ManagerForm(request.POST or None, initial={"template": RightsForm.ALL}, **_choice(by, unit))
    context = {**_head(unit), "form": form, "asks_factor": settings.LMS_REQUIRE_MFA_FOR_STAFF}
    if request.method == "POST" and form.is_valid():
        fields = ("full_name", "phone", "email", "position", "rights", "is_namesake")
        try:
            issued = rights_service.make_manager(
                **{name: form.cleaned_data[name] for name in fields}, unit=unit, ends_on=form.ends_on, by=by,
                at=clock.now(),
            )  # fmt: skip
        except NotAllowedError as error:
            raise Http404 from error
        except RefusedError as error:
            form.add_error("last_day", _(error.reason) % error.params)
        except TakenError as error:
            _say_taken(form, error.field)
            context["asks_namesake"] = error.field == "namesake"
        else:
            context |= {"issued": issued, "slip": slip_of(*issued, by=by)}
    return render(request, "people/rights_account.html", context)


def _say_taken(form: ManagerForm, field: str) -> None:
    if field == "namesake":
        form.add_error("full_name", _("Somebody of this name serves in this unit already. Is it another person?"))
    else:
        form.add_error(field, _("Another account has this already. Go back and give the rights to that account."))


@never_cache
@login_required
def end(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """End one right, after a question."""
    by = _governor(request)
    held = account_queries.grants_seen_by(by).filter(pk=pk).first()
    if held is None or not rights_service.may_end(by, held):
        raise Http404
    same = account_queries.grants_seen_by(by).filter(person=held.person, unit=held.unit).exclude(pk=held.pk)
    others = [other for other in same if rights_service.may_end(by, other)]
    context: dict[str, Any] = {**_head(held.unit), "held": held, "others": others, "right": NAMES[held.right]}
    if request.method == "POST":
        ending = [held, *(others if request.POST.get("all") else [])]
        try:
            with transaction.atomic():
                for ended in ending:
                    rights_service.end(
                        held=ended, by=by, at=clock.now(), though_last=request.POST.get("though_last") == "1"
                    )  # fmt: skip
        except LastApproverError:
            context["asks_last"] = True
            return render(request, "people/rights_end.html", context)
        messages.success(request, _("The right is ended: %(name)s.") % {"name": held.person.full_name})
        return redirect("people:rights_unit", unit_id=held.unit_id)
    context["asks_last"] = any(rights_service.is_last_approver(ended) for ended in [held, *others])
    return render(request, "people/rights_end.html", context)


# --- Staff who have lost their sign-in: for superusers ------------------------------------------------


def _administrator(request: AuthenticatedRequest) -> User:
    person = cast(User, request.user)
    if not person.is_superuser:
        raise Http404
    return person


@never_cache
@login_required
@require_safe
def staff(request: AuthenticatedRequest) -> HttpResponse:
    by = _administrator(request)
    typed = request.GET.get("q", "")[:100]
    found = account_queries.find_people(typed, within=~Q(pk=by.pk))
    return render(request, "people/rights_staff.html", {"q": typed, "found": found})


@never_cache
@login_required
def reset_staff(request: AuthenticatedRequest, person_id: int) -> HttpResponse:
    by = _administrator(request)
    person = get_object_or_404(User, pk=person_id, is_active=True, is_demo=False)
    if person.pk == by.pk:
        raise Http404
    if not codes_service.may_reset_staff(by, person):  # one superuser of several: two people
        return redirect("people:ask_reset", person_id=person.pk)
    form = ReasonForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        code = codes_service.reset_staff(person=person, by=by, reason=form.cleaned_data["reason"])
        context |= {"issued": (person, code), "slip": slip_of(person, code, by=by)}
    return render(request, "people/rights_reset.html", {**context, "chosen": account_queries.described([person])[0]})
