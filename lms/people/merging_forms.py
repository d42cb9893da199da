"""What is chosen when two accounts are united, and why."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.people.merging_queries import Side

FIELDS = ("full_name", "phone", "email", "born")
_LABELS = {"full_name": _("full name"), "phone": _("phone"), "email": _("e-mail"), "born": _("born")}


class MergeForm(forms.Form):
    """``survivor``: the number of the account that goes on; each field: of which account its value is kept."""

    survivor = forms.TypedChoiceField(label=_("Which account goes on?"), widget=forms.RadioSelect, coerce=int)
    reason = forms.CharField(
        label=_("Why are the two one person?"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For example: the officer said so by phone; the old account came with the roster of 2024."),
    )  # fmt: skip

    def __init__(self, *args: Any, pair: tuple[Side, Side], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        survivor: Any = self.fields["survivor"]
        survivor.choices = [(side.person.pk, side.person.username) for side in pair]
        self.differing = []
        for name in FIELDS:
            values = [_value(side, name) for side in pair]
            if values[0] == values[1]:
                continue
            self.fields[name] = forms.TypedChoiceField(
                label=_LABELS[name], widget=forms.RadioSelect, coerce=int,
                choices=[
                    (side.person.pk, value or _("(empty)")) for side, value in zip(pair, values, strict=True)
                ],
            )  # fmt: skip
            self.differing.append(name)

    def chosen(self) -> dict[str, str]:
        """As services.merging wants it."""
        survivor = self.cleaned_data["survivor"]
        return {name: "survivor" if self.cleaned_data[name] == survivor else "old" for name in self.differing}

    @property
    def choices_of_values(self) -> list[forms.BoundField]:
        return [self[name] for name in self.differing]


def _value(side: Side, name: str) -> str:
    return {
        "full_name": side.person.full_name,
        "phone": side.phone,
        "email": side.person.email,
        "born": side.born,
    }[name]


class UndoForm(forms.Form):
    reason = forms.CharField(
        label=_("Why are they parted again?"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class OtherAccountForm(forms.Form):
    """The other account of somebody, by one of its names."""

    named = forms.CharField(label=_("Username, phone number or e-mail of the other account"), max_length=254)
