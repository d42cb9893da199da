"""Forms for joining: the public one, the manager's link, the answer to a request."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.accounts.forms import PhoneFormField
from lms.core import clock, text
from lms.people import rules
from lms.people.models import sentence
from lms.people.services.joining import LINK_HOLDS, Said
from lms.units.models import Appointment, Unit
from lms.units.queries import UnitOnDay

# Positions as the Front's offices write them; others are typed. Content, like the heads of a roster: never translated.
POSITIONS = (
    "Chủ tịch", "Phó Chủ tịch Thường trực", "Phó Chủ tịch", "Phó Chủ tịch - Tổng Thư ký", "Ủy viên Thường trực",
    "Ủy viên Ủy ban", "Ủy viên Đoàn Chủ tịch", "Chánh Văn phòng", "Phó Chánh Văn phòng", "Trưởng ban", "Phó Trưởng ban",
    "Chuyên viên", "Chuyên viên chính", "Công chức", "Người hoạt động không chuyên trách",
    "Trưởng Ban Công tác Mặt trận",
)  # fmt: skip
# A row without a fault, in which one cell is put to the test.
_FAULTLESS = {"full_name": "An", "phone": "0912345678", "unit": "x", "position": "x"}


def _entry(column: str, written: str) -> rules.Entry:
    """One cell read as a roster would read it; the sentence of its refusal becomes the field's."""
    entry, problem = rules.read_entry(1, {**_FAULTLESS, column: written}, clock.today())
    if problem:
        raise forms.ValidationError(sentence(problem.key, problem.words))
    return entry


class PostForm(forms.Form):
    """Position, duty, and the unit where the link leaves a choice. ``units``: what may be chosen, [] for one unit."""

    unit = forms.ChoiceField(label=_("Unit"))
    position = forms.CharField(
        label=_("Position"),
        max_length=150,
        widget=forms.TextInput(attrs={"list": "positions", "autocomplete": "off"}),
        help_text=_("Choose one of the list, or write your own."),
    )
    page_duty = forms.ChoiceField(
        label=_("Duty for the community page"), required=False, choices=list(rules.DUTIES.items())
    )

    def __init__(self, *args: Any, link_unit: Unit, units: list[tuple[UnitOnDay, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.link_unit = link_unit
        if units:
            field = self.fields["unit"]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  for mypy
            blank = [("", _("Choose your unit"))]
            field.choices = blank + [  # type: ignore[assignment,operator]
                (str(unit.id), f"{unit.name} ({where})" if where else unit.name) for unit, where in units
            ]
        else:
            del self.fields["unit"]

    def clean_position(self) -> str:
        return text.clean(self.cleaned_data["position"])

    @property
    def chosen_unit(self) -> Unit:
        """One query where there was a choice."""
        if "unit" not in self.fields:
            return self.link_unit
        return Unit.objects.get(pk=int(self.cleaned_data["unit"]))

    @property
    def said(self) -> Said:
        """What somebody with an account says: the rest stands in the account."""
        cleaned = self.cleaned_data
        return Said("", "", "", None, None, cleaned["position"], cleaned["page_duty"] or Appointment.Duty.NONE)


class JoinForm(PostForm):
    """What somebody without an account says. ``website`` is for machines: people never see it."""

    full_name = forms.CharField(
        label=_("Full name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    born = forms.CharField(
        label=_("Date or year of birth"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "bday", "inputmode": "text"}),
        help_text=_("For example 05/08/1985, or only 1985."),
    )
    phone = PhoneFormField(
        label=_("Mobile phone"),
        help_text=_("You will sign in with it, and your unit calls you at it."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    email = forms.EmailField(
        label=_("E-mail (not required)"), required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    website = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}))
    field_order = ["full_name", "born", "phone", "email", "unit", "position", "page_duty", "website"]

    def clean_full_name(self) -> str:
        return _entry("full_name", self.cleaned_data["full_name"]).full_name

    def clean_born(self) -> tuple[dt.date | None, int | None]:
        entry = _entry("born", self.cleaned_data["born"])
        return entry.born_on, None if entry.born_on else entry.birth_year

    @property
    def said(self) -> Said:
        cleaned = self.cleaned_data
        born_on, birth_year = cleaned["born"]
        return Said(
            full_name=cleaned["full_name"],
            phone=cleaned["phone"] or "",
            email=cleaned["email"],
            born_on=born_on,
            birth_year=birth_year,
            position=cleaned["position"],
            page_duty=cleaned["page_duty"] or Appointment.Duty.NONE,
        )


class LinkForm(forms.Form):
    """``may_reach_below``: the unit has units below, and not too many for one drop-down."""

    with_below = forms.BooleanField(
        label=_("For the units below too"), required=False, help_text=_("Each person chooses the own unit in the form.")
    )
    last_day = forms.DateField(
        label=_("Until the end of"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    at_most = forms.IntegerField(
        label=_("At most how many people (not required)"), required=False, min_value=1, max_value=10_000
    )
    note = forms.CharField(
        label=_("Note for yourselves (not required)"),
        required=False,
        max_length=200,
        help_text=_("For example: for the course of March. Applicants do not see it."),
    )

    def __init__(self, *args: Any, may_reach_below: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_day"].initial = clock.today() + LINK_HOLDS
        if not may_reach_below:
            del self.fields["with_below"]

    def clean_last_day(self) -> dt.date:
        day: dt.date = self.cleaned_data["last_day"]
        if day < clock.today():
            raise forms.ValidationError(_("The last day must not lie in the past."))
        if day > clock.today() + dt.timedelta(days=366):
            raise forms.ValidationError(_("A link holds for a year at most."))
        return day


class AnswerForm(forms.Form):
    """What the manager decides about one request; position and duty as corrected."""

    NEW, ONTO, REFUSE = "new", "onto", "refuse"
    position = forms.CharField(
        label=_("Position"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"list": "positions", "autocomplete": "off"}),
    )
    page_duty = forms.ChoiceField(
        label=_("Duty for the community page"), required=False, choices=list(rules.DUTIES.items())
    )
    decision = forms.ChoiceField(choices=[(name, name) for name in (NEW, ONTO, REFUSE)])
    reason = forms.CharField(
        label=_("Reason for refusing"),
        required=False,
        max_length=300,
        help_text=_("The applicant reads it. Write nothing that is not for everybody."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("decision") == self.REFUSE and not cleaned.get("reason"):
            self.add_error("reason", _("Say why it is refused."))
        return cleaned
