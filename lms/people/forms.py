import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lms.core import clock
from lms.people.enums import FileFault, Sync
from lms.people.formats.tables import MAX_BYTES
from lms.units.models import Unit

LEAVES_WITHIN = dt.timedelta(days=366)


class ForgottenForm(forms.Form):
    name = forms.CharField(
        label=_("Username or phone number"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )


class ReasonForm(forms.Form):
    """Why: it stands in the log."""

    reason = forms.CharField(
        label=pgettext_lazy("request", "Reason"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class UploadForm(forms.Form):
    """``units``: where the person may bring in people; asked only where there are several."""

    unit = forms.ModelChoiceField(label=_("For the unit"), queryset=Unit.objects.none())
    file = forms.FileField(
        label=_("Excel or CSV file"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        help_text=_("Excel (.xlsx) or CSV, at most 25 MB and 100,000 rows."),
    )
    sync = forms.ChoiceField(
        label=_("Whoever serves and is not in the file"), choices=Sync.choices, widget=forms.RadioSelect,
        required=False, initial=Sync.ADD,
    )  # fmt: skip
    leaving_on = forms.DateField(
        label=_("They leave on"),
        required=False,
        input_formats=["%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d"],
        error_messages={"invalid": _("Write the day as dd/mm/yyyy, for example 30/11/2026.")},
        widget=forms.DateInput(format="%d/%m/%Y", attrs={"inputmode": "numeric", "placeholder": "dd/mm/yyyy"}),
        help_text=_(
            "The first day on which they no longer serve; empty for today. Only where the file is a full list."
        ),
    )

    def __init__(self, *args: Any, units: list[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = units
        field = self.fields["unit"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  for mypy
        field.queryset = Unit.objects.filter(pk__in=[unit.pk for unit in units]).prefetch_related("names")
        if len(units) == 1:
            del self.fields["unit"]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(FileFault.TOO_BIG.label)
        return file

    def clean_sync(self) -> str:
        return self.cleaned_data["sync"] or Sync.ADD

    def clean_leaving_on(self) -> dt.date | None:
        """Neither long ago nor far ahead: what was is told by its own appointments."""
        day = self.cleaned_data["leaving_on"]
        today = clock.today()
        if day and not today - LEAVES_WITHIN <= day <= today + LEAVES_WITHIN:
            raise forms.ValidationError(_("At most a year from today."))
        return day  # type: ignore[no-any-return]

    @property
    def chosen_unit(self) -> Unit:
        return self.cleaned_data["unit"] if "unit" in self.fields else self.units[0]
