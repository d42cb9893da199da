"""One person with two accounts: pairs that may be one, the two side by side, asking to unite them, taking it back."""

import datetime as dt
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.accounts.models import User
from lms.accounts.queries import account_named
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.people import merging_queries as queries
from lms.people.merging_forms import MergeForm, OtherAccountForm, UndoForm
from lms.people.models import AccountAlias
from lms.people.people_queries import may_appoint_somewhere
from lms.people.services import merging, merging_requests
from lms.units.services.errors import RefusedError

PER_PAGE = 20


def _manager(request: HttpRequest) -> User:
    viewer = cast(User, request.user)
    if not may_appoint_somewhere(viewer):
        raise Http404
    return viewer


@never_cache
@login_required
@require_safe
def same(request: AuthenticatedRequest) -> HttpResponse:
    """Pairs that may be one person."""
    viewer = _manager(request)
    page = Paginator(queries.candidates(viewer), PER_PAGE).get_page(request.GET.get("trang"))
    return render(request, "people/merging_candidates.html", {"page": page})


@login_required
@require_POST
def apart(request: AuthenticatedRequest) -> HttpResponse:
    """ "These are two people": the pair is not proposed again."""
    viewer = _manager(request)
    one, other = _pair(viewer, request.POST.get("one", ""), request.POST.get("other", ""))
    merging.tell_apart(one=one, other=other, by=viewer, at=clock.now())
    words = {"one": one.full_name, "other": other.full_name}
    messages.success(request, _("%(one)s and %(other)s are two people: the pair is not shown again.") % words)
    return redirect("people:same")


def _pair(viewer: User, *ids: Any) -> tuple[User, User]:
    numbers = [int(pk) if str(pk).isascii() and str(pk).isdecimal() and len(str(pk)) < 18 else 0 for pk in ids]
    found = User.objects.in_bulk(numbers)
    if len(set(numbers)) != 2 or len(found) != 2:
        raise Http404
    one, other = found[numbers[0]], found[numbers[1]]
    if not queries.may_unite(viewer, one, other):
        raise Http404
    return one, other


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: AuthenticatedRequest, one: int, other: int) -> HttpResponse:
    """The two side by side, and the form that asks a second person to unite them."""
    viewer = _manager(request)
    done = AccountAlias.objects.standing().filter(old__in=[one, other], survivor__in=[one, other]).first()
    if done and queries.mergers(viewer).filter(pk=done.pk).exists():
        return redirect("people:merge_undo", done.pk)
    first, second = _pair(viewer, one, other)
    left, right = queries.sides([first, second])
    now = clock.now()
    likely = queries.likely_survivor(left, right)
    rest = right if likely is left else left
    initial = {
        "survivor": likely.person.pk,
        **{
            field: rest.person.pk if queries.lacks(likely.person, field) else likely.person.pk
            for field in merging.FIELDS
        },
    }
    form = MergeForm(request.POST or None, pair=(left, right), initial=initial)
    waiting = merging_requests.waiting_request(first, second)
    if request.method == "POST" and form.is_valid():
        survivor = first if form.cleaned_data["survivor"] == first.pk else second
        old = second if survivor is first else first
        try:
            asked = merging_requests.ask(
                old=old, survivor=survivor, by=viewer, at=now, reason=form.cleaned_data["reason"],
                chosen=form.chosen(),
            )  # fmt: skip
        except RefusedError as error:
            form.add_error(None, _(error.reason) % error.params)
        else:
            messages.success(request, _("A second person is asked: nothing changes before somebody else confirms."))
            return redirect("people:approval", asked.pk)
    refused = queries.obstacle(rest.person, likely.person, by=viewer)
    context = {
        "sides": (left, right), "form": form, "likely": likely.person, "waiting": waiting,
        "warnings": queries.warnings(left, right, at=now), "refused": _(refused) if refused else "",
    }  # fmt: skip
    return render(request, "people/merging.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def other_account(request: AuthenticatedRequest, person_id: int) -> HttpResponse:
    """From somebody's card: which is the other account?"""
    viewer = _manager(request)
    person = get_object_or_404(queries.people_in_hand(viewer), pk=person_id)
    form = OtherAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        other = account_named(form.cleaned_data["named"])
        if other and other.pk != person.pk and queries.may_unite(viewer, person, other):
            return redirect("people:merge", person.pk, other.pk)
        form.add_error("named", _("None of the other people in your units has this name or number."))
    alike = [
        pair.second if pair.first.pk == person.pk else pair.first for pair in queries.candidates(viewer, of=person)
    ]
    context = {"person": person, "form": form, "alike": alike}
    return render(request, "people/merging_other.html", context)


@never_cache
@login_required
@require_safe
def united(request: AuthenticatedRequest) -> HttpResponse:
    """Accounts that were united, the latest first."""
    viewer = _manager(request)
    page = Paginator(queries.mergers(viewer), PER_PAGE).get_page(request.GET.get("trang"))
    return render(
        request,
        "people/merging_united.html",
        {"page": page, "ends": clock.end_of_day(clock.today() - queries.UNDO_FOR - dt.timedelta(days=1))},
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def part(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """What was united, what has happened since, and asking a second person to take it back."""
    viewer = _manager(request)
    alias = get_object_or_404(queries.mergers(viewer), pk=pk)
    now = clock.now()
    refused = "" if alias.undone_at else queries.undo_obstacle(alias, at=now, by=viewer)
    waiting = None if alias.undone_at else queries.waiting_undo(alias)
    form = UndoForm(request.POST or None)
    if request.method == "POST" and not alias.undone_at and form.is_valid():
        try:
            asked = merging_requests.ask_undo(alias=alias, by=viewer, at=now, reason=form.cleaned_data["reason"])
        except RefusedError as error:
            form.add_error(None, _(error.reason) % error.params)
        else:
            messages.success(request, _("A second person is asked: nothing changes before somebody else confirms."))
            return redirect("people:approval", asked.pk)
    context = {
        "alias": alias, "form": form, "refused": _(refused) if refused else "", "waiting": waiting,
        "until": queries.last_day(alias),
        "since": [] if alias.undone_at else queries.undo_preview(alias),
    }  # fmt: skip
    return render(request, "people/merging_undo.html", context)
