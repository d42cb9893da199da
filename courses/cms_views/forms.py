from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.formats.drafts import HEADING_LENGTH, PictureDraft, TableDraft
from courses.services.word import Answers, Staged
from media.models import LibraryImage


class WordForm(forms.Form):
    """A file or a paste, not both."""

    file = forms.FileField(
        label=_("Word file (.docx)"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(
            attrs={"accept": ".docx,application/vnd.openxmlformats-officedocument.wordprocessingml.document"}
        ),
    )
    pasted = forms.CharField(
        label=_("Or paste here what you copied"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "data-word-paste": ""}),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        has_file, has_text = values.get("file") is not None, bool((values.get("pasted") or "").strip())
        if not has_file and not has_text and not self.errors:
            raise forms.ValidationError(_("Choose a Word file, or paste the text that you copied."), code="nothing")
        if has_file and has_text:
            raise forms.ValidationError(_("Take either the file or the paste, not both at once."), code="both")
        return values


class TakeOverForm(forms.Form):
    """What the trainer says to the blocks found: ``heading_<place>`` of a table, ``alternative_<place>`` and
    ``leave_<place>`` of a picture; for a lesson that is there, whether its blocks stay."""

    APPEND, REPLACE = "append", "replace"
    mode = forms.ChoiceField(
        label=_("Where to put the blocks"),
        choices=[
            (APPEND, _("After what is in the draft")),
            (REPLACE, _("In place of everything in the draft (the version before stays in the history)")),
        ],
        initial=APPEND,
        widget=forms.RadioSelect,
    )
    title = forms.CharField(label=_("Title of the new lesson"), max_length=255)

    def __init__(self, *args: Any, staged: Staged, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staged = staged
        if is_new:
            del self.fields["mode"]
            self.fields["title"].initial = staged.title
        else:
            del self.fields["title"]
        longest = LibraryImage._meta.get_field("description").max_length
        for place, draft in enumerate(staged.drafts):
            if isinstance(draft, TableDraft):
                self.fields[f"heading_{place}"] = forms.CharField(
                    label=_("Heading of this table"), max_length=HEADING_LENGTH, initial=draft.heading
                )
            elif isinstance(draft, PictureDraft):
                self.fields[f"alternative_{place}"] = forms.CharField(
                    label=_("Alternative text: what the picture teaches, for those who cannot see it"),
                    max_length=longest,
                    initial=draft.alternative[:longest],
                    required=False,
                    widget=forms.Textarea(attrs={"rows": 2}),
                )
                self.fields[f"leave_{place}"] = forms.BooleanField(label=_("Leave this picture out"), required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name in [name for name in self.fields if name.startswith("alternative_")]:
            is_left = values.get(name.replace("alternative_", "leave_"))
            if name in values and not values[name] and not is_left:
                self.add_error(
                    name,
                    forms.ValidationError(
                        _("Say what the picture shows, or leave it out: a lesson must be complete without it."),
                        code="required",
                    ),
                )
        return values

    def answers(self) -> Answers:
        """Of a valid form."""
        values = self.cleaned_data
        headings: dict[int, str] = {}
        alternatives: dict[int, str | None] = {}
        for name, value in values.items():
            kind, _separator, place = name.partition("_")
            if kind == "heading":
                headings[int(place)] = value
            elif kind == "alternative":
                alternatives[int(place)] = None if values[f"leave_{place}"] else value
        return Answers(values.get("mode") == self.REPLACE, values.get("title", ""), headings, alternatives)
