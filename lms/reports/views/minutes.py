"""The minutes of a supervised sitting, as Word and PDF: for who supervises its unit; strangers get 404."""

from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone, translation

from lms.accounts.models import User
from lms.core import audit, clock
from lms.reports import queries, rendering
from lms.reports.formats import word
from lms.reports.formats.minutes import Entry, Sitter, Sitting, compose
from lms.reports.formats.paper import Paper
from lms.reports.queries import papers
from lms.reports.views.asking import private
from quizzes.models import ExamSession
from quizzes.queries import desk_sessions
from quizzes.queries.desk_sessions import Seat

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_ENDED = {"none": "Vắng mặt", "printed": "Vắng mặt", "writing": "Đang làm bài", "done": "Nộp bài",
          "over": "Bỏ dở", "voided": "Bị hủy"}  # fmt: skip


@private
def minutes_docx(request: HttpRequest, session_id: int) -> HttpResponseBase:
    with translation.override("vi"):
        session, paper = _minutes(request, session_id)
        content = word.write(paper, papers.layout(), made_at=clock.now())
    return _download(request, session, paper, content, "docx", _DOCX)


@private
def minutes_pdf(request: HttpRequest, session_id: int) -> HttpResponseBase:
    with translation.override("vi"):
        session, paper = _minutes(request, session_id)
        content = rendering.report(paper, papers.layout())
    return _download(request, session, paper, content, "pdf", "application/pdf")


def _minutes(request: HttpRequest, session_id: int) -> tuple[ExamSession, Paper]:
    """Of a session that was opened at least; what happens after that is in the next paper."""
    session = desk_sessions.held(cast(User, request.user), session_id)
    if session is None or session.opened_at is None:
        raise Http404
    now = clock.now()
    page = desk_sessions.session_page(session, now)
    local = timezone.localtime
    names = [name.strip() for name in session.invigilators.replace(";", ",").split(",")]
    sitting = Sitting(
        issuer=papers.issuer_on(session.unit, clock.day_of(session.planned_at)),
        unit_id=session.unit_id,
        course_id=session.quiz.activity.course_id,
        course=page.row.course,
        quiz=page.row.quiz_title,
        room=session.room,
        planned_at=local(session.planned_at),
        opened_at=local(session.opened_at),
        closed_at=local(session.closed_at) if session.closed_at else None,
        invigilators=tuple(name for name in names if name),
        sitters=tuple(_sitter(seat) for seat in page.seats),
        log=tuple(Entry(local(entry.at), entry.seat, entry.name, entry.text) for entry in page.incidents),
        read_at=local(now),
        label="Số liệu minh họa" if queries.holds_invented_people(session.unit) else "",
        site=f"hệ thống “{settings.WAGTAIL_SITE_NAME}”",
    )
    return session, compose(sitting, papers.layout())


def _sitter(seat: Seat) -> Sitter:
    local = timezone.localtime
    return Sitter(
        number=seat.number,
        name=seat.name,
        unit=seat.unit,
        begun_at=local(seat.begun_at) if seat.begun_at else None,
        ended_at=local(seat.ended_at) if seat.ended_at else None,
        ended=_ENDED[seat.standing],
    )


def _download(
    request: HttpRequest, session: ExamSession, paper: Paper, content: bytes, ending: str, kind: str
) -> HttpResponse:
    audit.record(
        "reports.minutes", session, actor=cast(User, request.user), unit=session.unit_id, path=session.unit.path,
        format=ending, mark=paper.provenance.mark, figures=paper.provenance.figures,
    )  # fmt: skip
    response = HttpResponse(content, content_type=kind)
    name = f"bien-ban-coi-thi-{session.pk}-{clock.day_of(session.planned_at):%Y-%m-%d}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
