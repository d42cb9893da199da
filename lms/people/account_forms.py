"""Forms about accounts: a new code, rights over a unit, an account for a manager."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lms.accounts.forms import PhoneFormField
from lms.core import clock
from lms.people import presets
from lms.people.forms import ForgottenForm
from lms.units.models import Grant

# What each right means, in a sentence.
MEANINGS = {
    Grant.Right.VIEW.value: _("Looks at the results of the unit and of all units below it, people included."),
    Grant.Right.REMIND.value: _("Calls and reminds those who have not finished."),
    Grant.Right.IMPORT.value: _("Brings in rosters, issues accounts and new codes."),
    Grant.Right.APPROVE.value: _("Approves, and gives rights to others within the unit."),
    Grant.Right.MARK.value: _("Marks practical tasks and confirms pages."),
    Grant.Right.ASSIGN.value: _("Assigns training to units, with a deadline and a basis document."),
}
NAMES = {
    Grant.Right.VIEW.value: pgettext_lazy("right", "See results"),
    Grant.Right.REMIND.value: pgettext_lazy("right", "Remind"),
    Grant.Right.IMPORT.value: pgettext_lazy("right", "Bring in people"),
    Grant.Right.APPROVE.value: pgettext_lazy("right", "Approve and give rights"),
    Grant.Right.MARK.value: pgettext_lazy("right", "Mark practical tasks"),
    Grant.Right.ASSIGN.value: pgettext_lazy("right", "Assign training"),
}
DAY_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]


def _day_field(label: Any, help_text: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, help_text=help_text, required=False, widget=widget, input_formats=DAY_FORMATS)


class ResetForm(ForgottenForm):
    """The person is chosen already: only the reason is asked."""

    reason = forms.CharField(
        label=_("Reason (not required)"),
        required=False,
        max_length=200,
        help_text=_("For the log, for example: lost the phone."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget = forms.HiddenInput()


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason (not required)"),
        required=False,
        max_length=200,
        help_text=_("For the log, for example: lost the phone."),
    )


class NeededReasonForm(forms.Form):
    """A second person reads it, so it is asked for."""

    reason = forms.CharField(
        label=pgettext_lazy("request", "Reason"),
        max_length=300,
        help_text=_("The second person reads it, for example: lost the phone."),
    )


class RightsForm(forms.Form):
    """A role of ``presets``, or single rights. ``choices``: the rights that the giver may give here; ``all_label``:
    what having all of them is called.

    Boxes that contradict the chosen role are asked about: without JavaScript somebody may mark them beside it.
    """

    ALL, CHOSEN = "all", "chosen"
    template = forms.ChoiceField(label=_("Which rights?"), widget=forms.RadioSelect)
    rights = forms.MultipleChoiceField(label=_("The rights"), required=False, widget=forms.CheckboxSelectMultiple)
    last_day = _day_field(_("Until the end of (not required)"), _("Empty: until somebody ends them."))

    def __init__(self, *args: Any, choices: list[str], all_label: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices, self.all_label = choices, all_label
        # Whoever may give everything gives the last role by its own name.
        self.presets = [preset for preset in presets.offered(choices) if preset.key != presets.HEAD]
        template, rights = self.fields["template"], self.fields["rights"]
        assert isinstance(template, forms.ChoiceField)  # noqa: S101  for mypy
        assert isinstance(rights, forms.MultipleChoiceField)  # noqa: S101  for mypy
        template.choices = [
            *[(preset.key, preset.name) for preset in self.presets],
            (self.ALL, all_label),
            (self.CHOSEN, _("Only those marked below")),
        ]
        rights.choices = [(right, NAMES[right]) for right in choices]

    @property
    def roles(self) -> list[tuple[Any, str, Any, str]]:
        """Each radio but the last, its name, its sentence, and the rights of it ("view remind")."""
        told = {preset.key: (preset.meaning, self._rights_of(preset.key)) for preset in self.presets}
        everything = ", ".join(str(NAMES[right]) for right in self.choices)
        told[self.ALL] = (everything, self.choices)
        radios = [(radio, str(radio.data["value"])) for radio in self["template"]]
        return [
            (radio, radio.choice_label, told[key][0], " ".join(told[key][1])) for radio, key in radios if key in told
        ]

    def _rights_of(self, template: str) -> list[str]:
        if template == self.ALL:
            return list(self.choices)
        found = [preset.rights for preset in self.presets if preset.key == template]
        return [right for right in self.choices if found and right in found[0]]

    @property
    def single(self) -> Any:
        """The last radio: rights one by one."""
        return list(self["template"])[-1]

    @property
    def is_single(self) -> bool:
        return bool(self["template"].value() == self.CHOSEN or self["rights"].errors)

    @property
    def explained(self) -> list[tuple[Any, str, Any]]:
        """Each checkbox with its name and its sentence."""
        boxes = list(self["rights"])
        return [(box, str(NAMES[right]), MEANINGS[right]) for box, right in zip(boxes, self.choices, strict=True)]

    def clean_last_day(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["last_day"]
        if day and day < clock.today():
            raise forms.ValidationError(_("The last day must not lie in the past."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        template, marked = cleaned.get("template"), cleaned.get("rights")
        if template and template != self.CHOSEN:
            if marked and set(marked) != set(self._rights_of(template)):
                self.add_error(
                    "rights", _("The boxes marked here say something else than the role above: choose one of the two.")
                )
            else:
                cleaned["rights"] = self._rights_of(template)
        elif template and not marked and "rights" not in self.errors:
            self.add_error("rights", _("Mark at least one right."))
        return cleaned

    @property
    def ends_on(self) -> dt.date | None:
        """The first day without the rights."""
        day = self.cleaned_data["last_day"]
        return day + dt.timedelta(days=1) if day else None


class ManagerForm(RightsForm):
    full_name = forms.CharField(
        label=_("Full name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    position = forms.CharField(label=_("Position"), max_length=150)
    phone = PhoneFormField(
        label=_("Mobile phone"),
        required=False,
        help_text=_("One signs in with it, and you find the person by it later."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    email = forms.EmailField(label=_("E-mail (not required)"), required=False)
    is_namesake = forms.BooleanField(label=_("This is another person of the same name"), required=False)

    @property
    def who(self) -> list[forms.BoundField]:
        return [self[name] for name in ("full_name", "position", "phone", "email")]
