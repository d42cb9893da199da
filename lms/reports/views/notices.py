"""The notice that a quiz was marked again, as Word: for who may let it be marked again; strangers get 404."""

from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone, translation

from lms.accounts.models import User
from lms.core import audit, clock
from lms.reports import queries
from lms.reports.formats import word
from lms.reports.formats.paper import Paper
from lms.reports.formats.regrading import Moved, Regrading, compose
from lms.reports.queries import papers
from lms.reports.views.asking import private
from lms.units.models import Grant, Unit
from lms.units.scope import granted_units
from quizzes.models import Question, Regrade
from quizzes.queries import regrades

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@private
def regrade_docx(request: HttpRequest, regrade_id: int) -> HttpResponseBase:
    """Only of what was carried out: a notice of what might be is no notice."""
    viewer = cast(User, request.user)
    regrade = regrades.one(regrade_id) if regrades.may_regrade(viewer) else None
    if regrade is None or regrade.state != Regrade.State.DONE or regrade.carried_out_at is None:
        raise Http404
    root = next(unit for unit in granted_units(viewer, Grant.Right.MARK) if unit.depth == 1)
    with translation.override("vi"):
        paper = _paper(regrade, viewer, root)
        content = word.write(paper, papers.layout(), made_at=clock.now())
    audit.record(
        "reports.regrade_notice", regrade, actor=viewer, format="docx", mark=paper.provenance.mark,
        figures=paper.provenance.figures, unit=root.pk, path=root.path,
    )  # fmt: skip
    response = HttpResponse(content, content_type=_DOCX)
    name = f"thong-bao-cham-lai-{regrade.pk}-{clock.day_of(regrade.carried_out_at):%Y-%m-%d}.docx"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _paper(regrade: Regrade, viewer: User, root: Unit) -> Paper:
    page = regrades.regrade_page(regrade, viewer)
    applied = regrades.applied_counts(regrade)
    codes = Question.objects.filter(pk__in=regrade.questions).order_by("code").values_list("code", flat=True)
    return compose(
        Regrading(
            issuer=papers.issuer_on(root, clock.today()),
            unit_id=root.pk,
            course_id=regrade.quiz.activity.course_id,
            course=page.course,
            quiz=page.title,
            reason=regrade.reason,
            codes=tuple(codes),
            may_lower=regrade.policy == Regrade.Policy.TAKE_AWAY,
            decided_at=timezone.localtime(regrade.carried_out_at),
            attempts=page.impact.get("attempts", 0),
            changed=applied.raised + applied.lowered,
            raised=applied.raised,
            lowered=applied.lowered,
            certificates_due=page.papers_due,
            certificates_standing=page.papers_standing,
            units=tuple(
                Moved(row.name or "Không thuộc đơn vị nào", row.gained, row.lost, row.completes, row.stays)
                for row in page.units
            ),
            read_at=timezone.localtime(clock.now()),
            label="Số liệu minh họa" if queries.holds_invented_people(root) else "",
            site=f"hệ thống “{settings.WAGTAIL_SITE_NAME}”",
        ),
        papers.layout(),
    )
