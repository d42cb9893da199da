"""Pages and downloads of those who hold a grant. Every one begins with the viewer's scope; strangers get 404."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _

from courses.enums import State
from lms.accounts.models import User
from lms.accounts.rules import goes_on_as
from lms.core import clock, numbers, text
from lms.reports import exports, queries
from lms.reports.forms import FilterForm, FrameForm, PeopleForm, TableForm
from lms.reports.rules import Order, page_segments, segments
from lms.reports.views.asking import Asked, ask, private
from lms.units.models import Grant
from lms.units.scope import has_any_grant

_PER_PAGE = 50
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@private
def mine(request: HttpRequest) -> HttpResponseBase:
    """A manager lands on the own unit; whoever holds several chooses."""
    places = queries.granted_places(request.user, clock.today()) if isinstance(request.user, User) else []
    if not places:
        raise Http404
    if len(places) == 1:
        return redirect("reports:unit", places[0].id)
    return render(request, "reports/choose.html", {"places": places})


@private
def unit(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    asked = ask(request, unit_id, TableForm)
    table = queries.unit_table(asked.place, asked.question, asked.form.order)
    context = asked.context() | {
        "table": table,
        "total": table.total.figures,
        "covered_percent": _percent(table.total.figures.covered, table.total.figures.units),
        "done_percent": _percent(table.total.figures.done, table.total.figures.people),
        "page_percent": _percent(table.total.figures.with_page, table.total.figures.units),
        "segments": segments(table.total.figures),
        "page_segments": page_segments(table.total.figures),
        "sorting": _sorting(asked.form),
        "links": _links(asked.form),
        "may_import": has_any_grant(asked.viewer, Grant.Right.IMPORT),
    }
    if not table.rows:
        found = queries.people_page(asked.viewer, asked.place, asked.question, limit=_PER_PAGE)
        context |= {"people": found, "more_people": table.total.figures.people > len(found)}
    return render(request, "reports/unit.html", context)


def _percent(part: int, whole: int) -> str:
    return numbers.percent(Decimal(100 * part) / whole) if whole else ""


def _links(form: TableForm) -> dict[str, str]:
    """What is put behind an address so that the next page asks the same, and more."""
    return {
        **{state.value: form.query(trang_thai=state.value) for state in State},
        "own": form.query(pham_vi="co-quan"),
        "same": form.query(sap_xep=form.order.value if form.order != Order.NAME else None),
    }


def _sorting(form: TableForm) -> dict[str, dict[str, str]]:
    """For the heading of each column that sorts: the address of the other direction, and the direction now."""
    found = {}
    for key, name in (("name", "ten"), ("covered", "don-vi"), ("page", "trang"), ("done", "can-bo")):
        now = form.order.value
        target = f"-{name}" if now == name else name
        aria = {name: "ascending", f"-{name}": "descending"}.get(now, "none")
        found[key] = {"url": form.query(sap_xep="" if target == "ten" else target) or "?", "aria": aria}
    return found


@private
def missing(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    """Units of the lowest level without a trained page officer."""
    asked = ask(request, unit_id, FilterForm)
    number = _page_number(request)
    count, rows = queries.uncovered_units(asked.place, asked.question, offset=(number - 1) * _PER_PAGE, limit=_PER_PAGE)
    return render(
        request,
        "reports/missing.html",
        asked.context() | {"rows": rows, "count": count, "pages": _pages(asked.form, number, count)},
    )


@private
def frame(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    """The figures of a day by the units of another: before or after a reorganisation."""
    asked = ask(request, unit_id, FrameForm)
    day, table = _frame_table(asked)
    return render(
        request,
        "reports/frame.html",
        asked.context()
        | {"table": table, "frame": day, "same": asked.form.query(), "query": asked.form.query(dia_gioi="")},
    )


def _frame_table(asked: Asked) -> tuple[dt.date, queries.FrameTable]:
    day = asked.form.frame or queries.usual_frame(asked.question.day, today=clock.today())
    return day, queries.frame_table(asked.place, asked.question, day)


@private
def people(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    """People of the subtree, each once; the list to call from."""
    asked = ask(request, unit_id, PeopleForm)
    form, number = asked.form, _page_number(request)
    choice = {"status": form.status, "own_only": form.own_only}
    count = queries.count_people(asked.place, asked.question, **choice)
    rows = queries.people_page(
        asked.viewer, asked.place, asked.question, offset=(number - 1) * _PER_PAGE, limit=_PER_PAGE, **choice
    )
    return render(
        request,
        "reports/people.html",
        asked.context() | {"people": rows, "count": count, "pages": _pages(form, number, count)},
    )


def _page_number(request: HttpRequest) -> int:
    sent = request.GET.get("trang", "")
    return max(1, int(sent)) if sent.isascii() and sent.isdigit() and len(sent) < 7 else 1


def _pages(form: FilterForm, number: int, count: int) -> dict[str, Any]:
    """Addresses of the neighbours; "" where there is none."""
    last = Paginator(range(count), _PER_PAGE).num_pages
    return {
        "number": number,
        "last": last,
        "previous": (form.query(trang=number - 1 if number > 2 else "") or "?") if number > 1 else "",
        "next": form.query(trang=number + 1) if number < last else "",
    }


@private
def person(request: HttpRequest, person_id: int) -> HttpResponseBase:
    page = queries.person_page(request.user, person_id) if isinstance(request.user, User) else None
    if page is None:
        # The number of an account that was united with another one leads to that one.
        old = User.objects.filter(pk=person_id, is_active=False).first()
        end = goes_on_as(old) if old else None
        if end and end != old and isinstance(request.user, User) and queries.person_page(request.user, end.pk):
            return redirect("reports:person", end.pk)
        raise Http404
    return render(request, "reports/person.html", {"person": page})


# --- Downloads: the very rows of the pages above -------------------------------------------------------


@private
def units_csv(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    asked = ask(request, unit_id, TableForm)
    return _csv(asked, _("units"), exports.unit_columns(), _unit_cells(asked))


@private
def units_xlsx(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    asked = ask(request, unit_id, TableForm)
    title = _("Training results: %(unit)s") % {"unit": asked.place.name}
    book = exports.workbook(title, asked.notes(), exports.unit_columns(), _unit_cells(asked), bold_last=True)
    return _xlsx(asked, _("units"), book)


def _unit_cells(asked: Asked) -> list[list[exports.Cell]]:
    table = queries.unit_table(asked.place, asked.question, asked.form.order)
    return [exports.unit_cells(row) for row in (*table.rows, table.total)]


@private
def frame_csv(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    asked = ask(request, unit_id, FrameForm)
    day, table = _frame_table(asked)
    rows = exports.frame_cells(table)
    return _csv(asked, _("by units of %(day)s") % {"day": f"{day:%d-%m-%Y}"}, exports.frame_columns(), rows)


@private
def people_csv(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    asked = ask(request, unit_id, PeopleForm)
    return _csv(asked, _("officers"), exports.people_columns(), exports.people_cells(_each_person(asked)))


@private
def people_xlsx(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    asked = ask(request, unit_id, PeopleForm)
    title = _("List of officers: %(unit)s") % {"unit": asked.place.name}
    rows = exports.people_cells(_each_person(asked))
    return _xlsx(asked, _("officers"), exports.workbook(title, asked.notes(), exports.people_columns(), rows))


def _each_person(asked: Asked) -> Any:
    form = asked.form
    return queries.each_person(asked.viewer, asked.place, asked.question, status=form.status, own_only=form.own_only)


def _file_name(asked: Asked, what: str, ending: str) -> str:
    return f"{slugify(text.fold(f'{what} {asked.place.name}'))}-{asked.question.day:%Y-%m-%d}.{ending}"


def _csv(asked: Asked, what: str, columns: list[exports.Column], rows: Any) -> HttpResponseBase:
    """Streamed: the scope was asked for before this, nothing is written to the session while it runs."""
    name = _file_name(asked, what, "csv")
    response = StreamingHttpResponse(exports.csv_lines(columns, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _xlsx(asked: Asked, what: str, book: Any) -> HttpResponseBase:
    return FileResponse(book, as_attachment=True, filename=_file_name(asked, what, "xlsx"), content_type=_XLSX)
