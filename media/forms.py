"""Uploads are looked into on every way in: one form for images, one for videos."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.images.forms import BaseImageForm

from media.rules import Fault, captions_fault, is_video, svg_fault

MAX_VIDEO_BYTES = 200 * 1024 * 1024
MAX_CAPTIONS_BYTES = 1024 * 1024
SENTENCES = {
    Fault.NOT_SVG: gettext_lazy("This file is not a readable SVG drawing."),
    Fault.DOCTYPE: gettext_lazy("This drawing has a document type of its own. Save it as a plain SVG."),
    Fault.RUNS: gettext_lazy("This drawing contains something that runs (a script). Save it as a plain SVG."),
    Fault.OUTSIDE: gettext_lazy("This drawing fetches something from elsewhere. Save it as a plain SVG."),
}


def _content(file: UploadedFile, most: int | None = None) -> bytes:
    file.seek(0)
    content: bytes = file.read(most) if most else file.read()
    file.seek(0)
    return content


class LibraryImageForm(BaseImageForm):  # type: ignore[misc]
    """Every way in (add, several at once, chooser) makes its form from this one."""

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if isinstance(file, UploadedFile) and (file.name or "").lower().endswith(".svg"):
            fault = svg_fault(_content(file))
            if fault:
                raise forms.ValidationError(SENTENCES[fault], code=fault.value)
        return file


class VideoForm(WagtailAdminModelForm):  # type: ignore[misc]
    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if isinstance(file, UploadedFile):
            if (file.size or 0) > MAX_VIDEO_BYTES:
                raise forms.ValidationError(_("The video is larger than 200 MB. Make it smaller first."), "too_large")
            if not is_video(_content(file, 12)):
                raise forms.ValidationError(_("This is not an MP4 or WebM video."), "not_video")
        return file

    def clean_captions(self) -> Any:
        file = self.cleaned_data["captions"]
        if isinstance(file, UploadedFile):
            if (file.size or 0) > MAX_CAPTIONS_BYTES:
                raise forms.ValidationError(_("The captions are larger than 1 MB."), "too_large")
            line = captions_fault(_content(file))
            if line:
                raise forms.ValidationError(
                    _("Line %(line)s of the captions is not WebVTT."), "not_captions", {"line": line}
                )
            if line == 0:
                raise forms.ValidationError(
                    _("The captions are not a WebVTT file in UTF-8 with times."), "not_captions"
                )
        return file
