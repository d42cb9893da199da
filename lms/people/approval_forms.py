from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DecisionForm(forms.Form):
    """Each button of the page is a value of ``decision``; a refusal says why."""

    APPROVE, REFUSE, WITHDRAW = "approve", "refuse", "withdraw"
    decision = forms.ChoiceField(choices=[(name, name) for name in (APPROVE, REFUSE, WITHDRAW)])
    note = forms.CharField(
        label=pgettext_lazy("request", "Note"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Needed for a refusal: whoever asked reads it."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("decision") == self.REFUSE and not cleaned.get("note"):
            self.add_error("note", _("Say why it is refused."))
        return cleaned
