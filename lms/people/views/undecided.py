"""Officers of closed units about whom their own managers decide: open to whoever brings people in, others get 404."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from lms.accounts.models import User
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.core.numbers import number
from lms.people import undecided_queries as queries
from lms.people.people_queries import may_appoint_somewhere
from lms.people.reorganising_forms import sent_bulk, sent_choices
from lms.people.services import reorganising as services
from lms.people.services.rosters import NotAllowedError
from lms.units.services.errors import RefusedError

UNITS_A_PAGE = 20


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def undecided(request: AuthenticatedRequest) -> HttpResponse:
    """By closed unit; a POST decides for some people one by one, or for everybody of one unit."""
    viewer = cast(User, request.user)
    if not may_appoint_somewhere(viewer):
        raise Http404
    if request.method == "POST":
        _decide(request, viewer)
        return redirect(request.get_full_path())
    typed, other = (request.GET.get(name, "")[:100].replace("\0", "") for name in ("q", "other"))
    found: Any = queries.units_with_undecided(viewer, typed)
    page = Paginator(found, UNITS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "units": queries.waiting(viewer, page.object_list),
        "number": queries.number_undecided(viewer),
        "typed": typed,
        "other": other,
        "hits": queries.other_places(viewer, other),
        "kept": urlencode({name: value for name, value in (("q", typed), ("other", other)) if value}),
    }
    return render(request, "people/undecided.html", context)


def _decide(request: AuthenticatedRequest, viewer: User) -> None:
    bulk = sent_bulk(request.POST)
    try:
        decided, gone = services.decide_own(
            chosen={} if bulk else {pk: _unit_id(to) for pk, to in sent_choices(request.POST).items()},
            everybody=(bulk[0], _unit_id(bulk[1])) if bulk else None,
            by=viewer,
            at=clock.now(),
        )
    except NotAllowedError as error:
        raise Http404 from error
    except RefusedError as error:
        messages.error(request, _(error.reason) % error.params)
        return
    if gone:
        told = ngettext(
            "For %(count)s appointment somebody else had decided already.",
            "For %(count)s appointments somebody else had decided already.",
            gone,
        )
        messages.warning(request, told % {"count": number(gone)})
    if decided or not gone:
        messages.success(request, _("Decided for %(count)s appointments.") % {"count": number(decided)})


def _unit_id(sent: str | None) -> int | None:
    if sent is None:
        return None
    if not (sent.isascii() and sent.isdecimal()):
        raise Http404
    return int(sent[:12])
