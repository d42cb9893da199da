"""Forms about appointments."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lms.core import text
from lms.units.models import Appointment

DAY_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
POSITIONS_LIST = "positions"


def _day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(
        label=label, required=required, help_text=help_text, widget=widget, input_formats=DAY_FORMATS
    )


class _PostFields(forms.Form):
    position = forms.CharField(
        label=_("Position"),
        max_length=150,
        help_text=_("Choose one, or write what the decision says."),
        widget=forms.TextInput(attrs={"list": POSITIONS_LIST, "autocomplete": "off"}),
    )
    is_acting = forms.BooleanField(
        label=pgettext_lazy("appointment", "Acting: in charge until somebody is appointed"), required=False
    )
    page_duty = forms.ChoiceField(
        label=_("Duty for the community page"), required=False, choices=Appointment.Duty.choices
    )
    starts_on = _day(_("From"))
    last_day = _day(_("Last day (not required)"), required=False, help_text=_("Empty: until further notice."))
    decision = forms.CharField(
        label=_("Decision number (not required)"),
        max_length=100,
        required=False,
        help_text=_("As it stands on the paper, for example: 12/QĐ-MTTQ-BTT."),
    )

    def clean_position(self) -> str:
        return text.clean(self.cleaned_data["position"])

    def clean_starts_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["starts_on"]
        if day.year < 1990:
            raise forms.ValidationError(_("This day lies too far back."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("starts_on"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day comes before the first."))
        return cleaned

    @property
    def ends_on(self) -> dt.date | None:
        """The first day on which it no longer holds."""
        last: dt.date | None = self.cleaned_data["last_day"]
        return last + dt.timedelta(days=1) if last else None

    @property
    def values(self) -> dict[str, Any]:
        kept = ("position", "is_acting", "page_duty", "starts_on", "decision")
        return {**{field: self.cleaned_data[field] for field in kept}, "ends_on": self.ends_on}


class AppointmentForm(_PostFields):
    """A further post, or the one to which the person goes over."""

    FURTHER, TRANSFER, FIRST = "further", "transfer", "first"
    kind = forms.ChoiceField(label=_("What kind of appointment?"), widget=forms.RadioSelect)
    field_order = ["kind", "position", "is_acting", "page_duty", "starts_on", "last_day", "decision"]

    def __init__(self, *args: Any, has_primary: str, may_transfer: bool, **kwargs: Any) -> None:
        """``has_primary``: the name of the unit where the person belongs now, "" for none."""
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)  # noqa: S101  for mypy
        if not has_primary:
            kind.choices = [(self.FIRST, _("Main post: the person belongs to this unit"))]
            kind.initial = self.FIRST
            return
        choices: list[Any] = [(self.FURTHER, _("A further post beside the one held now"))]
        if may_transfer:
            words = _("Goes over to this unit: the post in %(unit)s ends that day") % {"unit": has_primary}
            choices.append((self.TRANSFER, words))
        else:
            kind.initial = self.FURTHER
        kind.choices = choices  # the widget takes a copy


class CorrectionForm(_PostFields):
    reason = forms.CharField(
        label=_("What was wrong?"),
        max_length=200,
        help_text=_("For the log, for example: wrong day in the list."),
        error_messages={"required": _("Say in a few words what was wrong.")},
    )


class EndForm(forms.Form):
    last_day = _day(_("Last day"), help_text=_("On the day after it no longer holds."))

    @property
    def ends_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["last_day"]
        return day + dt.timedelta(days=1)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=pgettext_lazy("request", "Reason"), max_length=200,
        error_messages={"required": _("Say in a few words why.")}, help_text=_("For the log; the person may read it."),
    )  # fmt: skip
