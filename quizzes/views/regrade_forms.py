"""What is asked for when a quiz is marked again. Works without JavaScript and keeps what was typed."""

import re
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes.models import Regrade
from quizzes.queries.regrades import QuestionChoice

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
MOST_ATTEMPTS = 500


class RegradeForm(forms.Form):
    """A box for each question and, where it has several versions, by which one it is marked."""

    reason = forms.CharField(
        label=gettext_lazy("Why it is marked again"),
        max_length=1000,
        help_text=gettext_lazy("Everybody concerned reads it, and the notice quotes it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    policy = forms.ChoiceField(
        label=gettext_lazy("May somebody lose by it?"),
        choices=[
            (Regrade.Policy.KEEP, gettext_lazy("No: marks only rise, nobody loses anything")),
            (
                Regrade.Policy.TAKE_AWAY,
                gettext_lazy("Yes: marks may also fall, with notice; another person has to carry it out"),
            ),
        ],
        initial=Regrade.Policy.KEEP,
        widget=forms.RadioSelect,
    )
    attempts = forms.CharField(
        label=gettext_lazy("Only these attempts"),
        required=False,
        help_text=gettext_lazy("Addresses of attempts, one a line. Leave it empty for all."),
        widget=forms.Textarea(attrs={"rows": 2, "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, questions: Sequence[QuestionChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        for question in questions:
            self.fields[f"question_{question.id}"] = forms.BooleanField(
                required=False, label=question.code, initial=question.id in (self.initial.get("questions") or ())
            )
            if len(question.others) > 1:
                same = ("", _("each by the version that was asked"))
                others = [
                    (str(version.id), _("all by version %(number)s") % {"number": version.number})
                    for version in reversed(question.others)
                ]
                self.fields[f"version_{question.id}"] = forms.ChoiceField(
                    required=False,
                    label=_("Marked by"),
                    choices=[same, *others],
                    initial=str(question.newest.id) if not question.newest.uses else "",
                )

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "question": question,
                "box": self[f"question_{question.id}"],
                "version": self[f"version_{question.id}"] if f"version_{question.id}" in self.fields else None,
            }
            for question in self.questions
        ]

    def clean_attempts(self) -> list[uuid.UUID]:
        typed = self.cleaned_data["attempts"]
        found = list(dict.fromkeys(uuid.UUID(match) for match in _ID.findall(typed)))
        if typed.strip() and not found:
            raise forms.ValidationError(_("No address of an attempt was found in this text."))
        if len(found) > MOST_ATTEMPTS:
            raise forms.ValidationError(_("At most 500 attempts can be listed. Leave it empty for all."))
        return found

    @property
    def chosen(self) -> list[int]:
        """Ticked questions; none ticked means all."""
        return [question.id for question in self.questions if self.cleaned_data[f"question_{question.id}"]]

    @property
    def mapping(self) -> dict[int, int]:
        """{version that was asked: version to mark by}, of the questions that are marked again."""
        chosen = set(self.chosen) or {question.id for question in self.questions}
        found: dict[int, int] = {}
        for question in self.questions:
            target = self.cleaned_data.get(f"version_{question.id}")
            if target and question.id in chosen:
                found |= {version.id: int(target) for version in question.used if version.id != int(target)}
        return found
