"""Four eyes on the screen: what waits for me, what I have asked, what was decided; one request and its decision.

Open to whoever may approve, bring in people, or has asked for something; a request that is not mine to see is a 404.
"""

from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.accounts.models import User
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.people import approval_queries as queries
from lms.people.approval_forms import DecisionForm
from lms.people.approval_queries import Asked
from lms.people.enums import ApprovalState
from lms.people.models import Approval
from lms.people.services import approvals as service
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Grant
from lms.units.scope import rights_held
from lms.units.services.errors import RefusedError

ROWS_A_PAGE = 30
WAITING_AT_MOST = 200


@dataclass(frozen=True)
class Line:
    """A request with the title of its action."""

    title: str
    asked: Asked


def _lines(approvals: Any) -> list[Line]:
    return [Line(service.title_of(asked.approval), asked) for asked in queries.lines(approvals)]


@never_cache
@login_required
@require_safe
def approvals(request: AuthenticatedRequest) -> HttpResponse:
    """What waits for me, what I have asked, and what was decided."""
    person = cast(User, request.user)
    mine = list(queries.asked_by(person)[:WAITING_AT_MOST])
    may_look = rights_held(person) & {Grant.Right.APPROVE, Grant.Right.IMPORT}
    if not may_look and not mine and not queries.decided(person).exists():
        raise Http404
    page = Paginator(queries.decided(person), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "waiting": _lines(queries.waiting_for(person)[:WAITING_AT_MOST]),
        "mine": _lines(mine),
        "page": page,
        "decided": _lines(page.object_list),
    }
    return render(request, "people/approvals.html", context)


@never_cache
@login_required
def approval(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """One request: what would happen, and the decision."""
    person = cast(User, request.user)
    asked = _asked(person, pk)
    form = DecisionForm(request.POST or None)
    if request.method == "POST":
        if form.is_valid():
            return _decide(request, asked, form, person)
        asked = _asked(person, pk)
    return _page(request, asked, form, person)


def _asked(person: User, pk: int) -> Approval:
    seen = Approval.objects.visible_to(person).select_related("asked_by", "subject", "decided_by", "unit")
    found = seen.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _page(request: AuthenticatedRequest, asked: Approval, form: DecisionForm, person: User) -> HttpResponse:
    waits = asked.state == ApprovalState.WAITING
    known = service.title_of(asked) != asked.action
    context = {
        "line": _lines([asked])[0],
        "sentences": _sentences(asked) if known else [],
        "address": service.action_of(asked).url(asked) if known else "",
        "form": form,
        "waits": waits,
        "may_decide": waits and known and service.may_decide(person, asked),
        "may_withdraw": waits and asked.asked_by_id == person.pk,
        "is_own": waits and service.is_own(person, asked),
        "holds_days": service.HOLDS.days,
    }
    return render(request, "people/approval.html", context)


def _sentences(asked: Approval) -> list[str]:
    """What a decided request was about may be gone: then only its title and reason are left to read."""
    try:
        return list(service.action_of(asked).describe(asked))
    except Exception:
        if asked.state == ApprovalState.WAITING:
            raise
        return []


def _decide(request: AuthenticatedRequest, asked: Approval, form: DecisionForm, person: User) -> HttpResponse:
    decision, note, at = form.cleaned_data["decision"], form.cleaned_data["note"], clock.now()
    try:
        if decision == DecisionForm.APPROVE:
            was_first = service.approve(approval=asked, by=person, at=at, note=note)
        elif decision == DecisionForm.REFUSE:
            was_first = service.refuse(approval=asked, by=person, at=at, note=note)
        else:
            was_first = service.withdraw(approval=asked, by=person, at=at)
    except NotAllowedError:
        messages.error(request, _("This is not yours to decide any more: the right has ended, or the matter is your "
                                  "own."))  # fmt: skip
        return redirect("people:approvals")
    except RefusedError as error:
        form.add_error(None, _(error.reason) % error.params)
        return _page(request, _asked(person, asked.pk), form, person)
    asked = Approval.objects.select_related("decided_by").get(pk=asked.pk)
    _say(request, asked, was_first=was_first, person=person)
    return redirect("people:approval", pk=asked.pk)


def _say(request: AuthenticatedRequest, asked: Approval, *, was_first: bool, person: User) -> None:
    if not was_first and asked.decided_by_id != person.pk:
        messages.info(request, _("This was decided before: %(state)s.") % {"state": asked.get_state_display()})
    elif asked.state == ApprovalState.APPROVED:
        messages.success(request, _("Confirmed, and done."))
    elif asked.state == ApprovalState.REFUSED:
        messages.success(request, _("Refused. Nothing was changed."))
    elif asked.state == ApprovalState.WITHDRAWN:
        messages.success(request, _("Taken back. Nothing was changed."))
