"""People of one's own units: the list and a person's card. Strangers get 404."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from lms.accounts import phones
from lms.accounts.models import User
from lms.core import audit, clock
from lms.core.http import AuthenticatedRequest
from lms.people import exports, merging_queries
from lms.people import people_queries as queries
from lms.people.account_queries import described
from lms.people.people_forms import ReasonForm
from lms.people.services import closing
from lms.people.services.rosters import NotAllowedError, may_import
from lms.people.undecided_queries import number_undecided
from lms.units.models import Appointment, Grant, Unit
from lms.units.queries import name_on
from lms.units.scope import granted_units
from lms.units.services.errors import RefusedError

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILTERS = {
    "duty": ("any", *Appointment.Duty.values),
    "claim": ("never",),
    "post": ("acting", "several", "leaving", "former"),
}


def looker(request: AuthenticatedRequest) -> User:
    viewer = cast(User, request.user)
    if not queries.may_look(viewer):
        raise Http404
    return viewer


@never_cache
@login_required
@require_safe
def people(request: AuthenticatedRequest) -> HttpResponse:
    viewer = looker(request)
    where = request.GET.get("where", "").strip()[:100]
    # What is typed wins over the unit chosen before.
    sent = {key: value for key, value in request.GET.items() if key != "unit" or not where}
    asked = _asked(viewer, sent)
    hits = queries.units_to_look_in(viewer, where) if where else []
    if len(hits) == 1:
        kept = {key: value for key, value in sent.items() if key not in ("where", "trang")}
        return redirect(f"{request.path}?{urlencode({**kept, 'unit': hits[0].unit.id})}")
    page, rows = queries.page_of(queries.people(viewer, asked), request.GET.get("trang"))
    chosen = {key: sent[key] for key in ("q", "unit", "position", "duty", "claim", "post", "order") if sent.get(key)}
    context = {
        "asked": asked, "page": page, "rows": rows, "duties": Appointment.Duty.choices[1:],
        "is_filtered": bool({**chosen, "order": ""} != {"order": ""}), "kept": urlencode(chosen),
        "may_export": queries.may_appoint_somewhere(viewer),
        "undecided": number_undecided(viewer),
        "where": where, "hits": hits, "unit_name": name_on(asked.unit, clock.today()) if asked.unit else "",
    }  # fmt: skip
    return render(request, "people/people.html", context)


def _asked(viewer: User, sent: Any) -> queries.Asked:
    def one_of(key: str) -> str:
        return sent.get(key, "") if sent.get(key, "") in _FILTERS[key] else ""

    unit = None
    if sent.get("unit"):
        unit = queries.unit_asked(viewer, sent["unit"])
        if unit is None:
            raise Http404
    order = sent.get("order", "")
    return queries.Asked(
        typed=sent.get("q", "")[:100],
        unit=unit,
        position=sent.get("position", "")[:100],
        duty=one_of("duty"),
        claim=one_of("claim"),
        post=one_of("post"),
        order=order if order in queries.ORDERS else "ten",
    )


@never_cache
@login_required
@require_safe
def export(request: AuthenticatedRequest, kind: str) -> HttpResponseBase:
    """The roster of one's units (or of ``?unit=``) in the columns of the template. It leaves the building: logged."""
    viewer = looker(request)
    unit = _unit_to_export(viewer, request.GET.get("unit", ""))
    lines = queries.roster_lines(viewer, unit)
    audit.record("people.export_roster", unit, actor=viewer, unit=unit.pk, path=unit.path, kind=kind)
    if kind == "csv":
        response: HttpResponseBase = StreamingHttpResponse(
            exports.roster_csv(lines), content_type="text/csv; charset=utf-8"
        )
    else:
        response = HttpResponse(exports.roster_xlsx(lines), content_type=_XLSX)
    response["Content-Disposition"] = f'attachment; filename="danh-sach-can-bo.{kind}"'
    return response


def _unit_to_export(viewer: User, sent: str) -> Unit:
    """Only where ``viewer`` may bring in people: the file is made to come back."""
    tops = granted_units(viewer, Grant.Right.IMPORT)
    unit = queries.unit_asked(viewer, sent) if sent else next(iter(tops), None)
    if unit is None or not may_import(viewer, unit):
        raise Http404
    return unit


@never_cache
@login_required
@require_safe
def person(request: AuthenticatedRequest, person_id: int) -> HttpResponse:
    viewer = looker(request)
    found = queries.person_in_sight(viewer, person_id)
    if found is None:
        # The number of an account that was united with another one leads to that one.
        end = merging_queries.survivors([person_id]).get(person_id)
        if end and queries.person_in_sight(viewer, end):
            return redirect("people:person", end)
        raise Http404
    posts = queries.posts_of([found.pk], on=clock.today()).get(found.pk, [])
    mine = editable(viewer, [post.unit_id for post in posts])
    context = {
        "person": found,
        "viewer": viewer,
        "hit": described([found])[0],
        "phone": phones.display(found.phone) if found.phone else "",
        "posts": [(post, post.unit_id in mine and found.pk != viewer.pk) for post in posts],
        "may_appoint": found.is_active and found.pk != viewer.pk and queries.may_appoint_somewhere(viewer),
        "rights": queries.rights_of(found),
        "training": queries.training_of(viewer, found),
        "may_close": closing.may_close(viewer, found),
        "may_reopen": closing.may_reopen(viewer, found),
    }
    return render(request, "people/person.html", context)


_page = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@login_required
@_page
def close(request: AuthenticatedRequest, person_id: int) -> HttpResponse:
    """Who has left the Front signs in no more."""
    viewer, found = _of_account(request, person_id)
    if found.is_active and not closing.may_close(viewer, found):
        raise Http404
    return _with_reason(request, found, closing.close, "people/person_close.html", _("The account is closed."))


@never_cache
@login_required
@_page
def reopen(request: AuthenticatedRequest, person_id: int) -> HttpResponse:
    viewer, found = _of_account(request, person_id)
    if not found.is_active and not closing.may_reopen(viewer, found):
        raise Http404
    said = _("The account is open again. Appointments and rights are entered anew.")
    return _with_reason(request, found, closing.reopen, "people/person_reopen.html", said)


def _of_account(request: AuthenticatedRequest, person_id: int) -> tuple[User, User]:
    viewer = looker(request)
    found = queries.person_in_sight(viewer, person_id)
    if found is None or found.pk == viewer.pk or not queries.may_appoint_somewhere(viewer):
        raise Http404
    return viewer, found


def _with_reason(request: AuthenticatedRequest, found: User, write: Any, template: str, said: str) -> HttpResponse:
    """Ask why, then ``write``. What was done already by another click leads to the card."""
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            if write(person=found, reason=reason, by=cast(User, request.user), at=clock.now()):
                messages.success(request, said)
        except NotAllowedError as error:
            raise Http404 from error
        except RefusedError as error:
            form.add_error(None, _(error.reason) % error.params)
        else:
            return redirect("people:person", found.pk)
    posts = [row for row in queries.posts_of([found.pk], on=clock.today()).get(found.pk, []) if row.state != "past"]
    return render(request, template, {"person": found, "hit": described([found])[0], "form": form, "posts": posts})


def editable(viewer: User, unit_ids: list[int]) -> set[int]:
    """Of these units those in which ``viewer`` may change appointments."""
    units = Unit.objects.filter(pk__in=unit_ids)
    return {unit.pk for unit in units if may_import(viewer, unit)}
