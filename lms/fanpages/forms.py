import datetime as dt
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.core.facebook import NotAPageAddressError, page_address
from lms.fanpages import rules
from lms.fanpages.enums import Problem
from lms.fanpages.models import PageRecord

# Facebook has existed since then; an earlier day is a slip of the finger.
_FIRST_YEAR = 2004


class ReportForm(forms.Form):
    """What stands is filled in. ``seen``: the record that stood when the form was shown, to tell whoever sends an old
    form what it has replaced.
    """

    status = forms.ChoiceField(
        label=_("Does the unit have a community page (fanpage)?"),
        choices=[
            (PageRecord.Status.YES.value, _("It has a page")),
            (PageRecord.Status.NO.value, _("It has no page yet")),
            (PageRecord.Status.UNKNOWN.value, _("Not known")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the three.")},
    )
    url = forms.CharField(
        label=_("Address of the page"),
        required=False,
        max_length=1000,
        help_text=_("Open the page on Facebook, press the three dots, “Copy link”, and paste it here."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label=_("Name of the page"),
        required=False,
        max_length=150,
        help_text=_("Usually “Mặt trận” and the name of the place."),
    )
    since = forms.CharField(
        label=_("Set up on"),
        required=False,
        max_length=30,
        help_text=_("dd/mm/yyyy; where the day is not remembered, the month or the year: 4/2022, 2022."),
        widget=forms.TextInput(attrs={"placeholder": "dd/mm/yyyy", "class": "short"}),
    )
    seen = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, *, standing: PageRecord | None, instead: dict[str, str]) -> None:
        """``instead``: what is filled in rather than what stands."""
        self.standing_url = standing.url if standing else ""
        initial = {"seen": ""}
        if standing:
            initial = {
                "status": standing.status,
                "url": standing.url,
                "name": standing.name,
                "since": rules.since_shown(standing.since) if standing.since else "",
                "seen": str(standing.pk),
            }
        super().__init__(data, initial={**initial, **instead}, label_suffix="")

    def clean_since(self) -> dt.date | None:
        try:
            day = rules.read_since(self.cleaned_data["since"])
        except rules.NotADayError:
            raise forms.ValidationError(
                _("Write the day as dd/mm/yyyy, or only the month or the year: 4/2022, 2022.")
            ) from None
        if day and day > clock.today():
            raise forms.ValidationError(_("That day has not come yet."))
        if day and day.year < _FIRST_YEAR:
            raise forms.ValidationError(_("There was no Facebook yet in that year."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        url, has_page = cleaned.get("url", ""), cleaned.get("status") == PageRecord.Status.YES
        if has_page and url:
            try:
                page_address(url)
            except NotAPageAddressError as error:
                self.add_error("url", Problem(error.reason.value).label)
        elif cleaned.get("status") and url and url != self.standing_url:
            self.add_error("status", _("An address is filled in below: choose “It has a page”, or clear the address."))
        return cleaned


class ListForm(forms.Form):
    """From the address, by GET; what cannot be read is left out."""

    don_vi = forms.TypedChoiceField(label=_("Unit"), required=False, coerce=int, empty_value=None)
    cap = forms.ChoiceField(label=_("Level"), required=False)
    tim = forms.CharField(label=_("Find a unit"), required=False, max_length=100)

    def __init__(
        self, data: dict[str, Any], *, places: list[tuple[int, str]], levels: tuple[tuple[str, str], ...]
    ) -> None:
        super().__init__(data, label_suffix="")
        for name, choices in (("don_vi", places), ("cap", levels)):
            field = self.fields[name]
            field.choices = choices  # type: ignore[attr-defined]
            if len(choices) < 2:
                field.widget = forms.HiddenInput()
        self.fields["tim"].widget.input_type = "search"  # type: ignore[attr-defined]
