"""The unit's page for its officer, the list of pages for those above. Strangers get 404."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.accounts.models import User
from lms.core import clock
from lms.fanpages import queries, services
from lms.fanpages.enums import Choice, Problem
from lms.fanpages.forms import ListForm, ReportForm
from lms.fanpages.models import PageRecord
from lms.fanpages.scope import reporting_as
from lms.units.models import Unit
from lms.units.queries import name_on
from lms.units.services.appointments import is_open

_PER_PAGE = 50


def _viewer(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user


@never_cache
@login_required
@require_safe
def pages(request: HttpRequest) -> HttpResponse:
    """A manager's list; an officer goes to the page of the own unit, or chooses among several."""
    viewer, day = _viewer(request), clock.today()
    places = queries.places(viewer, day)
    own = queries.own_units(viewer, day)
    if not places:
        if not own:
            raise Http404
        if len(own) == 1:
            return redirect("fanpages:unit", own[0].id)
        return render(request, "fanpages/choose.html", {"own": own})
    top = queries.unit_in_scope(viewer, _number(request.GET.get("don_vi", ""), places[0].id))
    if top is None:
        raise Http404
    return _list(request, viewer, top, places, own)


def _number(sent: str, otherwise: int) -> int:
    """A number of an address, 1 at least; ``otherwise`` where it cannot be read."""
    return max(1, int(sent)) if sent.isascii() and sent.isdigit() and len(sent) < 10 else otherwise


def _list(
    request: HttpRequest, viewer: User, top: Unit, places: list[queries.Named], own: list[queries.Named]
) -> HttpResponse:
    day = clock.today()
    asked = {name: request.GET.get(name, "").replace("\0", "")[:100] for name in ("cap", "tim", "trang_thai")}
    number = _number(request.GET.get("trang", ""), 1)
    found = queries.page_list(
        viewer, top, day, choice=asked["trang_thai"], level=asked["cap"], typed=asked["tim"],
        offset=(number - 1) * _PER_PAGE, limit=_PER_PAGE,
    )  # fmt: skip
    name = name_on(top, day)
    others = [(place.id, place.name) for place in places]
    if top.pk not in dict(others):
        others.append((top.pk, name))
    kept = {
        "don_vi": top.pk if top.pk != places[0].id else "",
        "cap": found.level if found.levels and found.level != found.levels[0][0] else "",
        "tim": asked["tim"].strip(),
    }
    form = ListForm({"don_vi": top.pk, "cap": found.level, "tim": asked["tim"]}, places=others, levels=found.levels)
    choice = asked["trang_thai"] if asked["trang_thai"] in Choice.values else ""
    last = Paginator(range(found.found), _PER_PAGE).num_pages
    return render(
        request,
        "fanpages/list.html",
        {
            "top": top,
            "name": name,
            "found": found,
            "own": own,
            "form": form,
            "choice": choice,
            "choices": [
                {"key": "", "label": _("All"), "number": found.total, "url": _query(kept)},
                *(
                    {"key": key, "label": label, "number": found.counts[key], "url": _query(kept, trang_thai=key)}
                    for key, label in Choice.choices
                ),
            ],
            "searched": kept["tim"],
            "here": request.get_full_path(),
            "number": number,
            "last": last,
            "previous": _query(kept, trang_thai=choice, trang=number - 1) if 1 < number <= last else "",
            "next": _query(kept, trang_thai=choice, trang=number + 1) if number < last else "",
        },
    )


def _query(kept: dict[str, Any], **more: Any) -> str:
    values = {name: value for name, value in {**kept, **more}.items() if value}
    return f"?{urlencode(values)}"


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def unit(request: HttpRequest, unit_id: int) -> HttpResponse:
    """One unit's page: what stands, the form for whoever may report, and everything that was said before."""
    viewer, day = _viewer(request), clock.today()
    found = get_object_or_404(Unit.objects.select_related("level"), pk=unit_id)
    source = reporting_as(viewer, found, on=day)
    if source is None and queries.unit_in_scope(viewer, unit_id) is None:
        raise Http404
    if not is_open(found, day):
        source = None
    standing = PageRecord.objects.standing().filter(unit=found).first()
    form = None
    if source is not None:
        form = ReportForm(request.POST or None, standing=standing, instead=_taken_over(request, viewer, found))
    if request.method == "POST":
        if form is None or source is None:
            raise Http404
        if form.is_valid() and _report(request, viewer, found, source, form):
            # The form was sent with a fragment, which a browser would keep; what was saved is said at the top.
            return redirect(f"{reverse('fanpages:unit', args=[unit_id])}#top")
    row = queries.page_row(viewer, found, day)
    return render(
        request,
        "fanpages/unit.html",
        {
            "unit": found,
            "row": row,
            "form": form,
            "own": source == PageRecord.Source.OFFICER,
            "is_open": is_open(found, day),
            "history": queries.history(viewer, found, day),
            "predecessors": queries.predecessor_pages(viewer, found, day) if form and row.status != "yes" else [],
            "here": request.path,
            "may_list": bool(queries.places(viewer, day)),
        },
        status=422 if form is not None and form.errors else 200,
    )


def _taken_over(request: HttpRequest, viewer: User, found: Unit) -> dict[str, str]:
    """The form filled in with the page of a predecessor, where the link of the hint was followed."""
    wanted = request.GET.get("tu", "")
    for row in queries.predecessor_pages(viewer, found, clock.today()) if wanted else ():
        if str(row.record_id) == wanted:
            return {"status": row.status, "url": row.url, "name": row.name, "since": row.since}
    return {}


def _report(request: HttpRequest, viewer: User, found: Unit, source: PageRecord.Source, form: ReportForm) -> bool:
    """Whether it was written down; if not, the form says why."""
    said, at = form.cleaned_data, clock.now()
    try:
        record = services.report(
            unit=found, status=said["status"], url=said["url"], name=said["name"], since=said["since"], source=source,
            by=viewer, at=at,
        )  # fmt: skip
    except services.NotAllowedError as error:
        raise Http404 from error
    except services.RefusedError as refused:
        form.add_error(None if refused.problem == Problem.UNIT_CLOSED else "url", str(refused))
        return False
    before = queries.replaced_by(record)
    if record.reported_at != at:
        messages.success(request, _("This is what was already known; nothing has changed."))
    elif before and str(before.pk) != said["seen"]:
        messages.warning(
            request,
            _("Saved. While you were filling in the form somebody had reported something, which this replaces: %(it)s")
            % {"it": queries.in_words(before)},
        )
    elif record.status == PageRecord.Status.YES and not record.url:
        messages.success(request, _("Saved. Without its address the page cannot be confirmed: add it later."))
    elif record.status == PageRecord.Status.YES:
        messages.success(request, _("Saved. Somebody above will look at the page and confirm it."))
    else:
        messages.success(request, _("Saved."))
    return True


@login_required
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """One click in the list or on the unit's page; with htmx the row comes back as it is now."""
    viewer = _viewer(request)
    record = get_object_or_404(PageRecord.objects.visible_to(viewer).select_related("unit"), pk=pk)
    problem = ""
    try:
        services.confirm(record=record, by=viewer, at=clock.now())
    except services.NotAllowedError as error:
        raise Http404 from error
    except services.RefusedError as refused:
        problem = str(refused)
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("fanpages:unit", args=[record.unit_id])
    if getattr(request, "htmx", False):
        row = queries.page_row(viewer, record.unit, clock.today(), top=queries.top_over(viewer, record.unit))
        return render(request, "fanpages/_row.html", {"row": row, "problem": problem, "here": back})
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, _("Confirmed."))
    return redirect(back)
