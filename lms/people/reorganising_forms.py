"""Forms for reorganising units: the document, one form for each kind of step. All of it works without JavaScript:
"find" sends the form back with the units found, and what was typed stays.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lms.core import text
from lms.units.queries import UnitHit

DAY_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]
UNITS_FOUND = 12

Finder = Callable[[str], list[UnitHit]]
Namer = Callable[[list[int]], list[tuple[int, str]]]


def day_field(label: Any, *, help_text: Any = "", required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=required,
        input_formats=DAY_FORMATS,
        error_messages={"invalid": _("Write the day as dd/mm/yyyy, for example 30/11/2026.")},
        widget=forms.DateInput(format="%d/%m/%Y", attrs={"inputmode": "numeric", "placeholder": "dd/mm/yyyy"}),
    )


@dataclass(frozen=True)
class Choice:
    """One line of a picker. ``where``: the units above, nearest first."""

    id: int
    name: str
    where: str
    is_chosen: bool


class UnitPicker:
    """A field that holds ids of units, with its own search: what was chosen stays, what is found stands below it.

    ``find``: what people typed → units that may be chosen; ``allowed``: of ids sent, those that may be chosen, named.
    """

    def __init__(
        self,
        form: forms.Form,
        name: str,
        *,
        label: Any,
        find: Finder,
        allowed: Namer,
        chosen: list[int],
        several: bool,
        help_text: Any = "",
    ) -> None:
        self.form, self.name, self.label, self.several, self.help_text = form, name, label, several, help_text
        self.search_name = f"{name}_search"
        self.typed = text.clean(str(form.data.get(self.search_name, "")))[:80] if form.is_bound else ""
        named = allowed(chosen)
        self.chosen = [pk for pk, _name in named]
        self._named = named
        self.hits = [hit for hit in find(self.typed) if hit.unit.id not in self.chosen] if self.typed else []

    @property
    def searched(self) -> bool:
        return bool(self.typed)

    @property
    def choices(self) -> list[Choice]:
        kept = [Choice(pk, name, "", True) for pk, name in self._named]
        return kept + [Choice(hit.unit.id, hit.unit.name, hit.where, False) for hit in self.hits]

    @property
    def errors(self) -> Any:
        return self.form.errors.get(self.name, [])


def sent_ids(data: Any, name: str) -> list[int]:
    """The ids sent under ``name``, each once, in the order of sending; what is no number is left out."""
    sent = [value for value in data.getlist(name) if value.isascii() and value.isdigit() and len(value) < 12]
    return list(dict.fromkeys(int(value) for value in sent))


class QuietForm(forms.Form):
    def without_complaints(self) -> "QuietForm":
        """What was typed stays; what is missing is not said yet."""
        self._errors = ErrorDict()
        return self


class HeadForm(QuietForm):
    """On whose word, from which day on."""

    document_kind = forms.CharField(
        label=pgettext_lazy("document", "Kind"),
        max_length=60,
        widget=forms.TextInput(attrs={"list": "kinds-of-document", "autocomplete": "off"}),
        help_text=_("For example: Nghị quyết, Quyết định."),
    )
    document_number = forms.CharField(
        label=_("Number and symbol"),
        max_length=80,
        help_text=_("As it stands on the document, for example 1679/NQ-UBTVQH15."),
    )
    document_issued_on = day_field(_("Date of the document"))
    document_issuer = forms.CharField(label=pgettext_lazy("document", "Issued by"), max_length=200)
    document_title = forms.CharField(label=_("About"), required=False, max_length=300)
    effective_on = day_field(
        _("Takes effect on"), help_text=_("The first day of the new units. The day before, everything is as it was.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        issued, effective = cleaned.get("document_issued_on"), cleaned.get("effective_on")
        if issued and effective and issued > effective:
            self.add_error("document_issued_on", _("The document is dated after the day on which it takes effect."))
        return cleaned

    @property
    def effective(self) -> dt.date:
        day: dt.date = self.cleaned_data["effective_on"]
        return day


class ReasonForm(QuietForm):
    reason = forms.CharField(
        label=_("What the second person should know"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example: checked against the resolution with the Department of Home Affairs."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
