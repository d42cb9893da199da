from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.people.enums import FileFault
from lms.people.formats.tables import MAX_BYTES
from lms.units.models import Unit


class ForgottenForm(forms.Form):
    name = forms.CharField(
        label=_("Username or phone number"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )


class UploadForm(forms.Form):
    """``units``: where the person may bring in people; asked only where there are several."""

    unit = forms.ModelChoiceField(label=_("For the unit"), queryset=Unit.objects.none())
    file = forms.FileField(
        label=_("Excel or CSV file"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        help_text=_("Excel (.xlsx) or CSV, at most 5 MB and 20,000 rows."),
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

    @property
    def chosen_unit(self) -> Unit:
        return self.cleaned_data["unit"] if "unit" in self.fields else self.units[0]
