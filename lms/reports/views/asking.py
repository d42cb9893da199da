"""What every page and paper of the reports begins with: who asks, about which unit, on which day."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.accounts.models import User
from lms.core import clock
from lms.reports import queries
from lms.reports.forms import FilterForm
from lms.units.queries import inferred_note

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def private(view: View[P]) -> View[P]:
    """Signed in, read only, kept by no cache."""
    wrapped: View[P] = never_cache(login_required(require_safe(view)))
    return wrapped


@dataclass(frozen=True)
class Asked:
    """A form that was read, the unit it asks about, and the course's name."""

    viewer: User
    form: Any
    place: queries.Place
    question: queries.Question
    course: str

    @property
    def illustration(self) -> str:
        """ "Số liệu minh họa" where invented people are among those counted, "" else: no figure of a demonstration
        goes out without it. No query but on a site of demonstration.
        """
        return _("Illustrative figures") if queries.holds_invented_people(self.place.unit) else ""

    def context(self) -> dict[str, Any]:
        return {
            "form": self.form,
            "place": self.place,
            "day": self.question.day,
            "is_today": self.question.day == clock.today(),
            "course": self.course,
            "note": inferred_note(self.question.day),
            "illustration": self.illustration,
            "query": self.form.query(),
            "unit_query": self.form.query(trang_thai=None, pham_vi=None),
        }

    def notes(self) -> list[str]:
        """The lines under the title of a workbook."""
        lines = [
            _("Figures as of the end of %(day)s") % {"day": f"{self.question.day:%d/%m/%Y}"},
            _("Course: %(course)s") % {"course": self.course},
        ]
        filters = [
            str(dict(self.form.fields[name].choices).get(value, value))
            if hasattr(self.form.fields[name], "choices")
            else value
            for name in ("nhiem_vu", "chuc_vu", "trang_thai")
            if (value := self.form.cleaned_data.get(name))
        ]
        if filters:
            lines.append(_("Only: %(filters)s") % {"filters": "; ".join(filters)})
        return [*lines, *filter(None, [inferred_note(self.question.day), self.illustration])]


def ask(request: HttpRequest, unit_id: int, form_class: type[FilterForm]) -> Asked:
    """Raises Http404 for a unit that is not there or not the viewer's, before anything about it is read."""
    viewer = request.user
    if not isinstance(viewer, User):
        raise Http404
    courses = queries.courses_to_choose()
    form = form_class(request.GET, courses=courses, default_course=queries.default_course_id(courses))
    place = queries.place_in_scope(viewer, unit_id, form.day)
    if place is None:
        raise Http404
    title = next((course.title for course in courses if course.pk == form.course_id), "")
    return Asked(viewer, form, place, form.question(place), title)
