"""Papers: the official report, the list of the missing for Zalo, the list of whom to call. Every one begins with the
viewer's scope (strangers get 404) and is written into the log: it leaves the building.

Papers are Vietnamese whatever the language of the screen, so the question is asked in Vietnamese, too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.text import slugify

from courses.enums import State
from lms.accounts.models import User
from lms.core import audit, clock, text
from lms.plans.queries import short_link
from lms.reports import queries, rendering
from lms.reports.formats import messages, word
from lms.reports.formats.issuers import within
from lms.reports.formats.messages import Appeal, Reason
from lms.reports.formats.paper import Paper
from lms.reports.formats.report import as_of_moment, compose
from lms.reports.forms import PeopleForm, TableForm
from lms.reports.queries import papers
from lms.reports.views.asking import Asked, ask, private

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# WeasyPrint sets some forty lines a second; a longer list is printed unit by unit. A province has up to 200 communes.
_MOST_PRINTED = 400


@contextmanager
def _vietnamese() -> Iterator[None]:
    with translation.override("vi"):
        yield


# --- The report -----------------------------------------------------------------------------------------


def _paper(request: HttpRequest, unit_id: int) -> tuple[Asked, Paper]:
    """The very table of the screen for the same address, and the paper made from it."""
    asked = ask(request, unit_id, TableForm)
    at = clock.now()
    table = queries.unit_table(asked.place, asked.question, asked.form.order)
    facts = papers.report_facts(
        asked.place,
        asked.question,
        table,
        course=asked.course,
        only=_only(asked),
        note=asked.context()["note"],
        label=_label(asked),
        at=at,
    )
    return asked, compose(facts, papers.layout())


def _label(asked: Asked) -> str:
    return "Số liệu minh họa" if asked.illustration else ""


def _only(asked: Asked) -> str:
    """To whom the question narrows the officers, as a report says it."""
    cleaned = asked.form.cleaned_data
    found = ["cán bộ phụ trách Trang cộng đồng"] if cleaned.get("nhiem_vu") else []
    if cleaned.get("chuc_vu"):
        found.append(f"chức vụ có chữ “{text.clean(cleaned['chuc_vu'])}”")
    return "; ".join(found)


@private
def report_docx(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    with _vietnamese():
        asked, paper = _paper(request, unit_id)
        content = word.write(paper, papers.layout(), made_at=clock.now())
    _log(asked, "reports.report", format="docx", mark=paper.provenance.mark, figures=paper.provenance.figures)
    return _download(asked, "bao-cao", "docx", content, _DOCX)


@private
def report_pdf(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    with _vietnamese():
        asked, paper = _paper(request, unit_id)
        content = rendering.report(paper, papers.layout())
    _log(asked, "reports.report", format="pdf", mark=paper.provenance.mark, figures=paper.provenance.figures)
    return _download(asked, "bao-cao", "pdf", content, "application/pdf")


# --- The missing ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Wanted:
    """Who is missing, and what is said to them."""

    asked: Asked
    found: papers.MissingList
    appeal: Appeal
    is_single: bool

    def lines(self) -> list[str]:
        """For a group: units, or names where people were asked for; no phone."""
        lines, number, before = [], 0, None
        for row in self.found.rows:
            if not self.found.by_people and row.unit_id == before:
                continue
            before = row.unit_id
            number += 1
            place = f"{row.unit} ({row.above})" if row.above else row.unit
            who = f"đ/c {row.name}, {row.position}, {place}" if self.found.by_people else place
            lines.append(f"{number}. {who}: {messages.REASONS[_reason(row, by_people=self.found.by_people)]};")
        if lines:
            lines[-1] = f"{lines[-1][:-1]}."
        if self.found.cut:
            lines.append(f"(Còn {self.found.cut} dòng không nêu ở đây: xem theo từng đơn vị.)")
        return lines

    def messages(self) -> tuple[str, ...]:
        """Nothing to send where nobody is missing."""
        return messages.to_group(self.appeal, self.lines()) if self.found.rows else ()


def _reason(row: papers.Missing, *, by_people: bool) -> Reason:
    if not by_people and not row.in_charge:
        return Reason.NOBODY
    return Reason.LEARNING if row.status == State.IN_PROGRESS else Reason.NOT_BEGUN


def _wanted(request: HttpRequest, unit_id: int) -> _Wanted:
    """``?theo=can-bo``: officers instead of units; a unit with nothing below it has only officers."""
    asked = ask(request, unit_id, PeopleForm)
    place, question = asked.place, asked.question
    total = queries.unit_table(place, question).total
    by_people = request.GET.get("theo") == "can-bo" or total.is_single
    find = papers.missing_people if by_people else papers.missing_units
    found = find(asked.viewer, place, question)
    given = papers.given(place, question)
    moment = as_of_moment(question.day, timezone.localtime(clock.now()))
    if by_people:
        missing = f"còn {found.count} cán bộ chưa hoàn thành"
    else:
        missing = f"còn {found.count}/{total.figures.units} đơn vị chưa có cán bộ phụ trách Trang hoàn thành"
    appeal = Appeal(
        within(place.name),
        asked.course,
        moment,
        missing,
        given.document.short if given.document else "",
        given.deadline,
        short_link(place.unit, question.course_id or 0, question.day),
        given.contact_name,
        given.contact_phone,
        _label(asked),
    )
    return _Wanted(asked, found, appeal, total.is_single)


@private
def missing_txt(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    """The messages one after the other, a line of dashes between them."""
    with _vietnamese():
        wanted = _wanted(request, unit_id)
        content = messages.joined(wanted.messages()) if wanted.found.rows else "Không còn ai chưa hoàn thành.\n"
    _log(wanted.asked, "reports.missing", format="txt", number=wanted.found.count)
    response = HttpResponse(content, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{_file_name(wanted.asked, "chua-hoan-thanh", "txt")}"'
    return response


@private
def missing_zalo(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    with _vietnamese():
        wanted = _wanted(request, unit_id)
        sent = wanted.messages()
    _log(wanted.asked, "reports.missing", format="page", number=wanted.found.count)
    return render(
        request,
        "reports/papers/zalo.html",
        wanted.asked.context() | _ways(wanted) | {"messages_to_send": sent, "found": wanted.found},
    )


def _ways(wanted: _Wanted) -> dict[str, Any]:
    """Addresses of the two ways to list, and of this one."""
    form = wanted.asked.form
    same = form.query(theo="can-bo" if wanted.found.by_people else None)
    ways = {"units": form.query() or "?", "people": form.query(theo="can-bo"), "same": same}
    return {"theo": ways, "place_is_single": wanted.is_single}


def _calls(wanted: _Wanted) -> dict[str, Any]:
    """What page and PDF of the call list show: a row for everybody to be called."""
    rows: list[dict[str, Any]] = []
    for number, row in enumerate(wanted.found.rows, start=1):
        reason = _reason(row, by_people=wanted.found.by_people)
        rows.append(
            {
                "number": number,
                "row": row,
                "state": messages.REASONS[reason],
                "say": messages.say(reason, wanted.appeal),
            }
        )
    return {"rows": rows, "appeal": wanted.appeal, "found": wanted.found, "place": wanted.asked.place}


@private
def call_list(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    """To be printed from the browser; the PDF has page numbers as well."""
    with _vietnamese():
        wanted = _wanted(request, unit_id)
        calls = _calls(wanted)
    _log(wanted.asked, "reports.call_list", format="page", number=wanted.found.count)
    context = wanted.asked.context() | calls | _ways(wanted) | {"is_long": len(calls["rows"]) > _MOST_PRINTED}
    return render(request, "reports/papers/calls.html", context | {"most": _MOST_PRINTED})


@private
def call_list_pdf(request: HttpRequest, unit_id: int) -> HttpResponseBase:
    """404 for a list too long to print at once, which the page does not offer."""
    with _vietnamese():
        wanted = _wanted(request, unit_id)
        if len(wanted.found.rows) > _MOST_PRINTED:
            raise Http404
        issuer = papers.issuer_on(wanted.asked.place.unit, wanted.asked.question.day)
        content = rendering.call_list(_calls(wanted) | {"issuer": issuer}, papers.layout())
    _log(wanted.asked, "reports.call_list", format="pdf", number=wanted.found.count)
    return _download(wanted.asked, "danh-sach-goi", "pdf", content, "application/pdf")


# --- What all of them do --------------------------------------------------------------------------------


def _log(asked: Asked, action: str, **data: Any) -> None:
    viewer: User = asked.viewer
    question = asked.question
    audit.record(
        action, asked.place.unit, actor=viewer, unit=asked.place.unit.pk, path=asked.place.unit.path,
        day=question.day.isoformat(), course=question.course_id, **data,
    )  # fmt: skip


def _file_name(asked: Asked, what: str, ending: str) -> str:
    return f"{slugify(text.fold(f'{what} {asked.place.name}'))}-{asked.question.day:%Y-%m-%d}.{ending}"


def _download(asked: Asked, what: str, ending: str, content: bytes, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{_file_name(asked, what, ending)}"'
    return response
