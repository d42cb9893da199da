"""The log, readable: for superusers, and for holders of "approve" over the units in which something was done."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.accounts.models import User
from lms.core import audit, clock
from lms.core.cells import neutral
from lms.core.http import AuthenticatedRequest
from lms.core.models import TraceAnchor, TraceHead
from lms.people import trace_queries
from lms.people.trace_queries import Asked, Line
from lms.people.trace_words import GROUPS
from lms.units.models import Grant, Unit
from lms.units.queries import UnitHit, name_on, search_units
from lms.units.scope import granted_paths, granted_units

# The heads are our format: the same in every language.
HEADS = (
    "Thời gian",
    "Người thực hiện",
    "Việc",
    "Nội dung",
    "Đối tượng",
    "Đơn vị",
    "Lý do",
    "Địa chỉ mạng",
    "Mã yêu cầu",
    "Tác vụ",
)


def _looker(request: AuthenticatedRequest) -> User:
    viewer = cast(User, request.user)
    if not trace_queries.may_look(viewer):
        raise Http404
    return viewer


def _asked(viewer: User, sent: Any) -> Asked:
    """What the form says; a day that is none is left out, a unit outside one's own is not found."""
    unit = None
    if written := sent.get("unit", ""):
        unit = _unit(viewer, written)
        if unit is None:
            raise Http404
    group = sent.get("group", "")
    return Asked(
        about=sent.get("about", "")[:100].strip(),
        by=sent.get("by", "")[:100].strip(),
        group=group if group in GROUPS else "",
        unit=unit,
        since=_day(sent.get("since", "")),
        until=_day(sent.get("until", "")),
    )


def _unit(viewer: User, written: str) -> Unit | None:
    if not written.isascii() or not written.isdecimal() or len(written) > 15:
        return None
    unit = Unit.objects.filter(pk=int(written)).first()
    tops = granted_paths(viewer, Grant.Right.APPROVE)
    return unit if unit and any(unit.path.startswith(top) for top in tops) else None


def _units_named(viewer: User, typed: str) -> list[UnitHit]:
    tops = granted_units(viewer, Grant.Right.APPROVE)
    return list({hit.unit.id: hit for top in tops for hit in search_units(typed, within=top)}.values())[:20]


def _day(written: str) -> dt.date | None:
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(written.strip(), pattern).date()  # noqa: DTZ007  a day, no instant
        except ValueError:
            continue
    return None


@never_cache
@login_required
@require_safe
def trace(request: AuthenticatedRequest) -> HttpResponse:
    viewer = _looker(request)
    asked = _asked(viewer, request.GET)
    number = request.GET.get("trang", "1")
    page = trace_queries.page_of(viewer, asked, int(number) if number.isascii() and number.isdecimal() else 1)
    fields = ("about", "by", "group", "unit", "since", "until")
    chosen = {key: request.GET[key] for key in fields if request.GET.get(key)}
    head = TraceHead.objects.filter(pk=1).first()
    typed = request.GET.get("where", "")[:100]
    context = {
        "typed": typed,
        "hits": _units_named(viewer, typed) if typed.strip() else [],
        "asked": asked,
        "unit_name": name_on(asked.unit, clock.today()) if asked.unit else "",
        "tops": [] if viewer.is_superuser else granted_units(viewer, Grant.Right.APPROVE),
        "groups": [(key, label) for key, (label, _beginnings) in GROUPS.items()],
        "page": page,
        "chosen": chosen,
        "kept": urlencode(chosen),
        "head": head if head and head.seq else None,
        "anchor": TraceAnchor.objects.first(),
    }
    return render(request, "people/trace.html", context)


@never_cache
@login_required
@require_safe
def trace_csv(request: AuthenticatedRequest) -> StreamingHttpResponse:
    """What fits the filters, streamed. It leaves the house: logged."""
    viewer = _looker(request)
    asked = _asked(viewer, request.GET)
    where = {"unit": asked.unit.pk, "path": asked.unit.path} if asked.unit else {}
    audit.record("people.export_trace", viewer, actor=viewer, **where)
    answer = StreamingHttpResponse(
        _csv(trace_queries.lines_for_file(viewer, asked)), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="nhat-ky-{clock.today():%Y-%m-%d}.csv"'
    return answer


def _csv(lines: Iterable[Line]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)

    def flush() -> str:
        written = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return written

    writer.writerow(HEADS)
    yield "\ufeff" + flush()
    for line in lines:
        at = timezone.localtime(line.at)
        cells = (
            f"{at:%d/%m/%Y %H:%M:%S}", line.by, line.action, line.full, line.whom, line.unit, line.reason, line.address,
            line.request, line.source,
        )  # fmt: skip
        writer.writerow([neutral(cell) for cell in cells])
        yield flush()
