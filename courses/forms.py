import copy
import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm

from courses.models import JobAidPage, PracticePage
from courses.rules import LINK_LENGTH
from courses.services import job_aids
from lms.core import clock
from media.rules import PICTURE_BYTES


class SelfCheckForm(forms.Form):
    """``option``: the index of the chosen option, as an int."""

    def __init__(self, *args: Any, options: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(index), str(index)) for index in range(options)]
        self.fields["option"] = forms.TypedChoiceField(choices=choices, coerce=int)


class SimulatorForm(forms.Form):
    """``state``: what was done in the simulator, parsed, of whatever shape."""

    state = forms.CharField(max_length=50_000)

    def clean_state(self) -> Any:
        try:
            return json.loads(self.cleaned_data["state"])
        except (ValueError, RecursionError):
            raise forms.ValidationError(_("This is not a try of the simulator."), code="invalid") from None


class PracticeForm(forms.Form):
    """What is handed in. Whether link and picture are good, the service says; ``number`` is that of this hand-in."""

    link = forms.CharField(
        label=_("Link"),
        required=False,
        # A sharing link carries much that is cut away; what is kept has at most LINK_LENGTH.
        max_length=4 * LINK_LENGTH,
        # Not type=url: the browser would refuse an address without https:// in its own words.
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    picture = forms.FileField(
        label=_("Screenshot"),
        required=False,
        # These kinds by name: then an iPhone sends a JPEG instead of HEIC, and Android offers camera and gallery.
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=_("A JPEG, PNG or WebP picture of at most 8 MB. Cover private phone numbers and faces of children "
                    "first. Place and time that the phone has written into the picture are removed here."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Note (may stay empty)"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    number = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)

    def __init__(self, *args: Any, page: PracticePage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page = page
        if page.hand_in == PracticePage.HandIn.PICTURE:
            del self.fields["link"]
        if page.hand_in == PracticePage.HandIn.LINK:
            del self.fields["picture"]
        if page.names_page and "link" in self.fields:
            self.fields["link"].label = _("Link of your unit's page")
            self.fields["link"].widget.attrs["placeholder"] = "https://www.facebook.com/…"
        if len(self.visible_fields()) == 2:
            self.fields[self.visible_fields()[0].name].required = True

    def clean_picture(self) -> Any:
        picture = self.cleaned_data["picture"]
        if picture and picture.size > PICTURE_BYTES:
            raise forms.ValidationError(
                _("The picture is larger than 8 MB. Take a screenshot, or send a smaller copy.")
            )
        return picture

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("link") and not cleaned.get("picture"):
            raise forms.ValidationError(_("Give a link or a screenshot."))
        return cleaned

    def picture_bytes(self) -> bytes | None:
        picture = self.cleaned_data.get("picture")
        return picture.read() if picture else None


class ReturnForm(forms.Form):
    feedback = forms.CharField(
        label=_("What is to be corrected"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One sentence that says what to do; the learner reads it beside the task."),
        error_messages={"required": _("Say in one sentence what is to be corrected.")},
    )


# What a browser sends with a form that is meant for readers: published at once, sent to review, or approved.
PUBLISHING = ("action-publish", "action-submit", "action-restart-workflow")


class JobAidForm(WagtailAdminPageForm):  # type: ignore[misc]
    """A draft may be too long; what is published or sent to review fits on its page. Then it is set once, 0.3 s."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        approves = self.data.get("action-workflow-action") and self.data.get("workflow-action-name") == "approve"
        if self.errors or not (approves or any(name in self.data for name in PUBLISHING)):
            return cleaned
        page = copy.copy(self.instance)
        for name in ("title", "summary", "body", "updated_on", "look_again_on"):
            setattr(page, name, cleaned.get(name))
        pages = job_aids.pages_of(page, at=clock.now(), topic=self.parent_page.title if self.parent_page else "")
        if pages > 1:
            message = _("This takes %(pages)s pages; a job aid is one A4 page. Please shorten it.")
            self.add_error("body", forms.ValidationError(message, params={"pages": pages}))
        return cleaned


def equip() -> None:
    """Models know no forms: the page is given its form when the app is ready."""
    JobAidPage.base_form_class = JobAidForm
