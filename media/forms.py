from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.images.forms import BaseImageForm

from media.rules import Problem, captions_problem, svg_problem

MAX_VIDEO_BYTES = 200 * 1024 * 1024
MAX_CAPTIONS_BYTES = 1024 * 1024
SENTENCES = {
    Problem.NOT_XML: gettext_lazy("This file is not a readable SVG drawing."),
    Problem.RUNS: gettext_lazy("This drawing contains something that runs (a script). Save it as a plain SVG."),
    Problem.REACHES_OUT: gettext_lazy("This drawing fetches something from elsewhere. Save it as a plain SVG."),
    Problem.NOT_UTF8: gettext_lazy("The captions are not in UTF-8. Save the file as UTF-8 and upload it again."),
    Problem.NOT_VTT: gettext_lazy("The captions are not a WebVTT file with times."),
}


class LibraryImageForm(BaseImageForm):  # type: ignore[misc]
    """Every way in (add, several at once, chooser) makes its form from this one."""

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if isinstance(file, UploadedFile) and (file.name or "").lower().endswith(".svg"):
            file.seek(0)
            if problem := svg_problem(file.read()):
                raise forms.ValidationError(SENTENCES[problem], code=problem.value)
            file.seek(0)
        return file


class VideoForm(WagtailAdminModelForm):  # type: ignore[misc]
    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if isinstance(file, UploadedFile) and (file.size or 0) > MAX_VIDEO_BYTES:
            raise forms.ValidationError(_("The video is larger than 200 MB. Make it smaller first."), code="too_large")
        return file

    def clean_captions(self) -> Any:
        file = self.cleaned_data["captions"]
        if isinstance(file, UploadedFile):
            if (file.size or 0) > MAX_CAPTIONS_BYTES:
                raise forms.ValidationError(SENTENCES[Problem.NOT_VTT], code="too_large")
            file.seek(0)
            if problem := captions_problem(file.read()):
                raise forms.ValidationError(SENTENCES[problem], code=problem.value)
            file.seek(0)
        return file
