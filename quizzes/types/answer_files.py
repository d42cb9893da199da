"""Files in an answer: what a question takes, what a file must be, and how an answer names it. No database.

In the answer a file is ``{"id", "name", "type", "size"}``; in the form it is one hidden field
``<field>-files`` = ``<id>|<media type>|<bytes>|<name>``, written by services.responses from its row and by nobody else.
"""

import re
import unicodedata
import uuid
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes.types.base import BadAnswerError, Post
from quizzes.types.pictures import SUFFIXES, PictureRefusedError, draw

MOST = 5
FILE_BYTES = 10 * 1024 * 1024
NAME_LENGTH = 100
PDF = "application/pdf"
IMAGE_KIND, PDF_KIND = "image", "pdf"
KINDS: dict[str, Promise] = {
    IMAGE_KIND: gettext_lazy("a picture (JPEG, PNG, WebP)"),
    PDF_KIND: gettext_lazy("a PDF"),
}
_ACCEPT = {IMAGE_KIND: "image/jpeg,image/png,image/webp", PDF_KIND: "application/pdf,.pdf"}
_SUFFIX = {**SUFFIXES, PDF: "pdf"}
_TOKEN = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\|([a-z]+/[a-z]+)\|([0-9]{1,9})\|(.{1,200})", re.S)

AnswerFile = dict[str, Any]


class FileRefusedError(Exception):
    """Carries the sentence that says why, and what to do."""


@dataclass(frozen=True)
class FileRules:
    """What a question takes: ``kinds`` of KINDS, at most ``most`` files (0: none)."""

    kinds: tuple[str, ...]
    most: int

    @property
    def accept(self) -> str:
        return ",".join(_ACCEPT[kind] for kind in self.kinds)

    @property
    def sentence(self) -> str:
        kinds = _(" or ").join(str(KINDS[kind]) for kind in self.kinds)
        return _("Files: %(kinds)s, at most %(most)s, up to 10 MB each (pictures 8 MB).") % {
            "kinds": kinds,
            "most": self.most,
        }


@dataclass(frozen=True)
class FileShown:
    """``token``: the value of its hidden field."""

    id: str
    name: str
    media_type: str
    size: int

    @property
    def token(self) -> str:
        return token_of(self.id, self.media_type, self.size, self.name)

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")


@dataclass(frozen=True)
class Checked:
    data: bytes
    media_type: str
    name: str


# --- What a file must be -----------------------------------------------------------------------------


def check(data: bytes, name: str, rules: FileRules) -> Checked:
    """``data`` as it may be kept: a picture drawn anew, a PDF that only shows. FileRefusedError says what is wrong."""
    if not data:
        raise FileRefusedError(_("The file is empty."))
    if len(data) > FILE_BYTES:
        raise FileRefusedError(_("The file is larger than 10 MB. Send a smaller copy."))
    if PDF_KIND in rules.kinds and b"%PDF-" in data[:1024]:
        _check_pdf(data)
        return Checked(data, PDF, clean_name(name, PDF))
    if IMAGE_KIND in rules.kinds and b"%PDF-" not in data[:1024]:
        try:
            picture = draw(data)
        except PictureRefusedError as refusal:
            raise FileRefusedError(str(refusal)) from None
        return Checked(picture.data, picture.media_type, clean_name(name, picture.media_type))
    kinds = _(" or ").join(str(KINDS[kind]) for kind in rules.kinds)
    raise FileRefusedError(_("This file is not what is asked for: %(kinds)s.") % {"kinds": kinds})


def clean_name(name: str, media_type: str) -> str:
    """The last part of ``name``, without anything invisible or unusual, with the ending of what the file is."""
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    stem = last.rpartition(".")[0] or last
    kept = "".join(char if char.isalnum() or char in " -_()." else " " for char in stem)
    return f"{' '.join(kept.split()).strip('._ ')[:NAME_LENGTH].strip() or _('file')}.{_SUFFIX[media_type]}"


# What a PDF for reading has no use for: scripts, programs to start, other files inside, forms that send.
_ACTIVE = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|SubmitForm|ImportData|RichMedia|XFA|GoToE)(?![A-Za-z0-9])"
)
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
# Packed parts are looked into as far as this; a PDF that unpacks to more is refused.
_UNPACKED = 64 * 1024 * 1024


def _check_pdf(data: bytes) -> None:
    if b"%%EOF" not in data[-2048:] or b"startxref" not in data[-4096:]:
        raise FileRefusedError(_("The PDF is damaged or was cut off on the way. Choose it again."))
    if re.search(rb"/Encrypt(?![A-Za-z0-9])", data):
        raise FileRefusedError(_("The PDF is locked with a password. Save it without one."))
    if any(_ACTIVE.search(_HEX.sub(_plain_name, part)) for part in (data, *_object_streams(data))):
        raise FileRefusedError(_("The PDF holds scripts or other files. Print it to a new PDF and send that."))


def _plain_name(found: re.Match[bytes]) -> bytes:
    """A letter of a name may be written by its number: /J#53 is /JS."""
    return bytes([int(found[1], 16)])


def _object_streams(data: bytes) -> Iterable[bytes]:
    """The packed objects of newer PDFs (not their pictures and fonts), unpacked."""
    left = _UNPACKED
    for found in _STREAM.finditer(data):
        head = data[max(0, found.start() - 400) : found.start()]
        if b"/ObjStm" not in head[head.rfind(b"obj") :]:
            continue
        try:
            unpacked = zlib.decompressobj().decompress(data[found.end() :], left + 1)
        except zlib.error:
            raise FileRefusedError(_("The PDF is damaged or was cut off on the way. Choose it again.")) from None
        left -= len(unpacked)
        if left < 0:
            raise FileRefusedError(_("The PDF is unusually packed. Print it to a new PDF and send that."))
        yield unpacked


# --- In the form and in the answer -------------------------------------------------------------------


def token_of(file_id: object, media_type: str, size: int, name: str) -> str:
    return f"{file_id}|{media_type}|{size}|{name}"


def id_in(token: object) -> uuid.UUID | None:
    """The id that a hidden field names, whatever else stands in it."""
    try:
        return uuid.UUID(str(token).partition("|")[0])
    except ValueError:
        return None


def parse(post: Post, name: str, rules: FileRules) -> list[AnswerFile]:
    """The files of an answer; BadAnswerError for what services.responses would not have written."""
    files: list[AnswerFile] = []
    for token in post.getlist(f"{name}-files"):
        found = _TOKEN.fullmatch(token) if isinstance(token, str) else None
        if not found or found[2] not in _SUFFIX:
            raise BadAnswerError(name)
        if all(file["id"] != found[1] for file in files):
            files.append({"id": found[1], "type": found[2], "size": int(found[3]), "name": found[4]})
    if len(files) > rules.most:
        raise BadAnswerError(name)
    return files


def fields(files: Iterable[AnswerFile], name: str) -> list[tuple[str, str]]:
    return [(f"{name}-files", token_of(file["id"], file["type"], file["size"], file["name"])) for file in files]


def shown(files: Iterable[AnswerFile]) -> tuple[FileShown, ...]:
    return tuple(FileShown(file["id"], file["name"], file["type"], file["size"]) for file in files)


def rules_in(content: Mapping[str, Any]) -> FileRules:
    """``file_kinds`` and ``most_files`` of a content."""
    kinds = tuple(kind for kind in KINDS if kind in content.get("file_kinds", []))
    return FileRules(kinds, content.get("most_files", 0) if kinds else 0)


def problems(content: Mapping[str, Any]) -> list[str]:
    kinds, most = content.get("file_kinds", []), content.get("most_files", 0)
    errors = []
    if not isinstance(kinds, list) or any(kind not in KINDS for kind in kinds):
        errors.append(_("There is no such kind of file."))
    if not isinstance(most, int) or isinstance(most, bool) or not 0 <= most <= MOST:
        errors.append(_("Give from zero to five files."))
    elif bool(kinds) != bool(most):
        errors.append(_("Say both how many files are taken and of which kinds, or neither."))
    return errors


def from_source(source: Mapping[str, Any]) -> dict[str, Any]:
    return {"file_kinds": source.get("file_kinds", []), "most_files": source.get("most_files", 0)}


def edit_fields(content: Mapping[str, Any]) -> dict[str, forms.Field]:
    """``most_files`` and ``file_kinds``; ``chosen`` is their inverse."""
    return {
        "most_files": forms.IntegerField(
            label=gettext_lazy("How many files may be sent (0: none)"),
            initial=content.get("most_files", 0),
            min_value=0,
            max_value=MOST,
        ),
        "file_kinds": forms.MultipleChoiceField(
            label=gettext_lazy("Kinds of files"),
            required=False,
            choices=list(KINDS.items()),
            initial=content.get("file_kinds", []),
            widget=forms.CheckboxSelectMultiple,
        ),
    }


def chosen(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    most = cleaned.get("most_files") or 0
    kinds = cleaned.get("file_kinds") or []
    return {"file_kinds": [kind for kind in KINDS if kind in kinds] if most else [], "most_files": most}
