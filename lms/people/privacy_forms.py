"""Forms about personal data: what to correct, what to ask for, how a request is answered, the text of a notice."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.accounts import phones
from lms.core import text
from lms.people.enums import RequestKind
from lms.people.privacy_queries import read_birth


class CorrectionForm(forms.Form):
    """What should stand there. What is left as it is asks for nothing; ``words`` may ask for another unit."""

    full_name = forms.CharField(label=_("Full name"), max_length=100, required=False)
    born = forms.CharField(
        label=_("Date or year of birth"), max_length=10, required=False, help_text=_("05/08/1985, or 1985")
    )
    phone = forms.CharField(label=_("Mobile phone"), max_length=20, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    words = forms.CharField(
        label=_("Explanation, or what else is wrong (unit, position)"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_full_name(self) -> str:
        return text.clean(self.cleaned_data["full_name"])

    def clean_born(self) -> str:
        written = text.clean(self.cleaned_data["born"])
        if written:
            try:
                read_birth(written)
            except ValueError as error:
                raise forms.ValidationError(_("Write 05/08/1985, or 1985.")) from error
        return written

    def clean_phone(self) -> str:
        written = text.clean(self.cleaned_data["phone"])
        if written:
            try:
                return phones.display(phones.parse(written))
            except ValueError as error:
                raise forms.ValidationError(_("This is no Vietnamese mobile number.")) from error
        return written


class RequestForm(forms.Form):
    """What may be asked for in words: an erasure or an objection."""

    kind = forms.ChoiceField(
        label=_("What do you ask for?"),
        choices=[(kind.value, kind.label) for kind in (RequestKind.ERASURE, RequestKind.OBJECTION)],
    )
    words = forms.CharField(label=_("Why"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class BehalfForm(forms.Form):
    """What a unit enters for somebody else."""

    kind = forms.ChoiceField(label=_("Request"), choices=RequestKind.choices)
    words = forms.CharField(
        label=_("What the person asks, and on what paper"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class AnswerForm(forms.Form):
    """``decision``: accept, finish, refuse or propose (an erasure to a second person)."""

    decision = forms.ChoiceField(choices=[(key, key) for key in ("accept", "finish", "refuse", "propose")])
    answer = forms.CharField(
        label=_("Reason or answer"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("decision") in ("refuse", "propose") and not text.clean(data.get("answer", "")):
            self.add_error("answer", _("Say why."))
        return data


class NoticeForm(forms.Form):
    words = forms.CharField(label=_("Text"), widget=forms.Textarea(attrs={"rows": 18}))
    note = forms.CharField(label=_("What is new in it"), max_length=300, required=False)
