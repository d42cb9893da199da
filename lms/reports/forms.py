"""What is asked, from the address. The names of the parameters are part of the address: links to them are kept."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from courses.enums import State
from courses.models import Course
from lms.core import clock
from lms.reports.queries import Place, Question, positions_like
from lms.reports.rules import Order
from lms.units.models import Appointment

_DATE_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]


class FilterForm(forms.Form):
    """Sent by GET. What cannot be read is said beside its field and its default taken: a report is always shown."""

    ngay = forms.DateField(label=_("As of the end of"), required=False, input_formats=_DATE_FORMATS)
    khoa = forms.TypedChoiceField(label=_("Course"), required=False, coerce=int, empty_value=None)
    nhiem_vu = forms.ChoiceField(
        label=_("Officers"),
        required=False,
        choices=[("", _("All officers")), (Appointment.Duty.OFFICER.value, _("In charge of the community page"))],
    )
    chuc_vu = forms.CharField(label=_("Position"), required=False, max_length=100)

    def __init__(self, sent: QueryDict, *, courses: list[Course], default_course: int | None) -> None:
        values = sent.copy()
        self.today = clock.today()
        self.default_course = default_course
        if not values.get("ngay"):
            values["ngay"] = f"{self.today:%d/%m/%Y}"
        if not values.get("khoa"):
            values["khoa"] = str(default_course or "")
        super().__init__(values, label_suffix="")
        self.fields["khoa"].choices = [(str(course.pk), course.title) for course in courses]  # type: ignore[attr-defined]
        if len(courses) < 2:
            self.fields["khoa"].widget = forms.HiddenInput()
        self.fields["ngay"].widget.attrs |= {"inputmode": "numeric", "placeholder": "dd/mm/yyyy", "size": 10}
        self.fields["ngay"].error_messages["invalid"] = _("Write the day as dd/mm/yyyy, for example 30/06/2025.")
        for name, field in self.fields.items():
            field.widget.attrs.setdefault("id", f"loc-{name}")
        self.full_clean()

    def clean_ngay(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["ngay"]
        if day and day > self.today:
            raise forms.ValidationError(_("That day has not come yet; the figures are those of today."))
        return day

    @property
    def day(self) -> dt.date:
        return self.cleaned_data.get("ngay") or self.today

    @property
    def course_id(self) -> int | None:
        course: int | None = self.cleaned_data.get("khoa") or self.default_course
        return course

    def question(self, place: Place) -> Question:
        """One query, and only where a position was typed."""
        return Question(
            day=self.day,
            course_id=self.course_id,
            duty=self.cleaned_data.get("nhiem_vu", ""),
            positions=positions_like(self.cleaned_data.get("chuc_vu", ""), place.unit, self.day),
        )

    def kept(self) -> dict[str, str]:
        """What differs from the defaults, for the addresses of the next pages."""
        values = {
            "ngay": f"{self.day:%d/%m/%Y}" if self.day != self.today else "",
            "khoa": str(self.course_id) if self.course_id != self.default_course else "",
            "nhiem_vu": self.cleaned_data.get("nhiem_vu", ""),
            "chuc_vu": self.cleaned_data.get("chuc_vu", ""),
        }
        return {name: value for name, value in values.items() if value}

    def query(self, **more: Any) -> str:
        """What to put behind an address: what was asked, and ``more`` (None takes away); "" if all is default."""
        values = {name: value for name, value in {**self.kept(), **more}.items() if value}
        return f"?{urlencode(values)}" if values else ""


class TableForm(FilterForm):
    """Of the table of units."""

    sap_xep = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[
            (Order.NAME.value, _("by name")),
            (Order.NAME_BACK.value, _("by name, backwards")),
            (Order.COVERED.value, _("share of units, lowest first")),
            (Order.COVERED_BACK.value, _("share of units, highest first")),
            (Order.PAGE.value, _("share of units with a page, lowest first")),
            (Order.PAGE_BACK.value, _("share of units with a page, highest first")),
            (Order.DONE.value, _("share of officers, lowest first")),
            (Order.DONE_BACK.value, _("share of officers, highest first")),
        ],
    )

    @property
    def order(self) -> Order:
        return Order(self.cleaned_data.get("sap_xep") or Order.NAME)


class FrameForm(FilterForm):
    """Figures of ``ngay`` by the units of ``dia_gioi``; without it by ``usual_frame``, which the view knows."""

    dia_gioi = forms.DateField(label=_("By the units of"), required=False, input_formats=_DATE_FORMATS)
    chuc_vu = None  # type: ignore[assignment]  # so Django leaves a field of the base out

    field_order = ("ngay", "dia_gioi")

    def __init__(self, sent: QueryDict, **kwargs: Any) -> None:
        super().__init__(sent, **kwargs)
        self.fields["dia_gioi"].widget.attrs |= self.fields["ngay"].widget.attrs | {"id": "loc-dia_gioi"}
        self.fields["dia_gioi"].error_messages["invalid"] = self.fields["ngay"].error_messages["invalid"]

    def clean_dia_gioi(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["dia_gioi"]
        if day and day > self.today:
            raise forms.ValidationError(_("That day has not come yet; nobody knows its units."))
        return day

    @property
    def frame(self) -> dt.date | None:
        frame: dt.date | None = self.cleaned_data.get("dia_gioi")
        return frame

    def kept(self) -> dict[str, str]:
        return super().kept() | ({"dia_gioi": f"{self.frame:%d/%m/%Y}"} if self.frame else {})


class PeopleForm(FilterForm):
    """Of a list of people. ``pham_vi=co-quan``: those appointed at the unit itself only."""

    trang_thai = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("Any status")), *[(state.value, state.label) for state in reversed(State)]],
    )
    pham_vi = forms.ChoiceField(required=False, choices=[("", ""), ("co-quan", "")], widget=forms.HiddenInput())

    @property
    def status(self) -> str:
        status: str = self.cleaned_data.get("trang_thai", "")
        return status

    @property
    def own_only(self) -> bool:
        return self.cleaned_data.get("pham_vi") == "co-quan"

    def kept(self) -> dict[str, str]:
        values = super().kept() | {"trang_thai": self.status, "pham_vi": "co-quan" if self.own_only else ""}
        return {name: value for name, value in values.items() if value}
