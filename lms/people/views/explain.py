"""Who may do what here, and why can this person see that: for whoever approves over the unit or the person asked about.
Everybody may ask who sees oneself.
"""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.accounts.models import User
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.people import account_queries, explain_queries
from lms.people.account_forms import MEANINGS, NAMES
from lms.units import queries as units
from lms.units.models import Grant, Unit
from lms.units.scope import granted_paths, granted_units, has_any_grant, people_in_scope


def _number(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdecimal() and len(written) <= 15 else None


@never_cache
@login_required
@require_safe
def who(request: AuthenticatedRequest) -> HttpResponse:
    """Per right, the people who hold it over one unit today; without a unit, which one is meant."""
    by = cast(User, request.user)
    if not (by.is_superuser or has_any_grant(by, Grant.Right.APPROVE)):
        raise Http404
    tops = granted_units(by, Grant.Right.APPROVE)
    if not request.GET.get("unit"):
        typed = request.GET.get("q", "")[:100]
        hits = {hit.unit.id: hit for top in tops for hit in units.search_units(typed, within=top)} if typed else {}
        named = units.names_on(tops, clock.today()).values()
        return render(request, "people/explain_unit.html", {"typed": typed, "hits": hits.values(), "tops": named})
    unit = _unit_of(by, request.GET["unit"])
    today = clock.today()
    found = explain_queries.grounds(unit, on=today)
    rights = [
        (NAMES[right], MEANINGS[right], [ground for ground in found if ground.right == right])
        for right in Grant.Right.values
    ]
    context = {
        "unit": unit,
        "unit_name": units.name_on(unit, today),
        "rights": rights,
        "superusers": explain_queries.superusers(),
    }
    return render(request, "people/explain_who.html", context)


def _unit_of(by: User, written: str) -> Unit:
    unit = Unit.objects.filter(pk=_number(written) or 0).first()
    if unit is None or not any(unit.path.startswith(top) for top in granted_paths(by, Grant.Right.APPROVE)):
        raise Http404
    return unit


@never_cache
@login_required
@require_safe
def why(request: AuthenticatedRequest) -> HttpResponse:
    """``?about=`` whom, ``?person=`` who sees; without the second, all who do; without both, who sees oneself."""
    by = cast(User, request.user)
    today = clock.today()
    about = _about(by, request.GET.get("about", ""))
    if request.GET.get("person"):
        person = _viewer(by, about, request.GET["person"])
        context = {"answer": explain_queries.why(person, about, on=today), "rights": NAMES}
        return render(request, "people/explain_why.html", context)
    typed = request.GET.get("q", "")[:100]
    may_ask = about.pk != by.pk or by.is_superuser
    people = account_queries.find_people(typed, within=_choosable(by)) if typed and may_ask else []
    seen = explain_queries.who_sees(about, on=today)
    context = {
        "about": about, "is_oneself": about.pk == by.pk, "seen": seen, "rights": NAMES, "typed": typed, "found": people,
        "may_ask": may_ask,
    }  # fmt: skip
    return render(request, "people/explain_seen.html", context)


def _choosable(by: User) -> Q:
    return Q() if by.is_superuser else people_in_scope(by, Grant.Right.APPROVE)


def _about(by: User, written: str) -> User:
    """Oneself, or somebody where ``by`` approves; 404 for anybody else."""
    if not written or _number(written) == by.pk:
        return by
    person = User.objects.filter(_choosable(by), pk=_number(written) or 0).first()
    if person is None:
        raise Http404
    return person


def _viewer(by: User, about: User, written: str) -> User:
    """Whose sight may be explained: people of one's own units, and whoever does see ``about`` and is told anyhow."""
    person = User.objects.filter(pk=_number(written) or 0, is_active=True).first()
    if person is None:
        raise Http404
    if person.pk == by.pk or by.is_superuser or User.objects.filter(_choosable(by), pk=person.pk).exists():
        return person
    seen = explain_queries.who_sees(about, on=clock.today())
    if person.pk in {ground.person.pk for ground in seen.grounds} | {row.pk for row in seen.superusers}:
        return person
    raise Http404
