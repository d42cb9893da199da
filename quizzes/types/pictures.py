"""Pictures of questions: drawn anew when they come in, known by their content, chosen in the CMS. No database.

A content names its picture by ``picture`` (SHA-256 of the drawn bytes), ``width`` and ``height`` (pixels) and ``alt``.
"""

import hashlib
import io
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image, ImageFile, ImageOps

from media.rules import PICTURE_BYTES, PICTURE_PIXELS

# A screenshot is read on a phone and, at most, as wide as a column of a desktop.
SIDE = 1600
QUALITY = 85
# Screens are sharp and small as PNG, photos are neither: PNG is kept while it costs no more than this.
PNG_BYTES = 200_000
# More than a PNG of ours ever has: where it is larger than the JPEG, the JPEG is taken.
LARGEST_PNG = 1_000_000
JPEG, PNG = "image/jpeg", "image/png"
SUFFIXES = {JPEG: "jpg", PNG: "png"}
_KINDS = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"RIFF", "WEBP"), (b"GIF8", "GIF"), (b"BM", "BMP"))
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error,
           zlib.error)  # fmt: skip


class PictureRefusedError(Exception):
    """Carries the sentence that says why, and what to do."""


@dataclass(frozen=True)
class Picture:
    """``data`` is empty where only the name of a picture is known that was drawn earlier."""

    sha256: str
    width: int
    height: int
    media_type: str = ""
    data: bytes = b""

    def __str__(self) -> str:
        return f"{self.sha256}:{self.width}x{self.height}"


def draw(data: bytes) -> Picture:
    """``data`` (JPEG, PNG, WebP, GIF, BMP, judged by its bytes) drawn anew, at most SIDE pixels a side.

    Upright, on white, nothing else in it: no place, time or device, nothing hung on behind. What this function made
    comes back unchanged, so that an exported bank names the same pictures when it is imported. PictureRefusedError.
    """
    if len(data) > PICTURE_BYTES:
        raise PictureRefusedError(_("The picture is larger than 8 MB. Send a smaller copy."))
    kind = next((kind for magic, kind in _KINDS if data.startswith(magic)), None)
    if kind is None or (kind == "WEBP" and data[8:12] != b"WEBP"):
        raise PictureRefusedError(_no_picture(data))
    try:
        return _drawn(data, kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureRefusedError(_too_many()) from None
    except _BROKEN:
        raise PictureRefusedError(_("The picture is damaged or was cut off on the way. Choose it again.")) from None


def _no_picture(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        return _("Pictures of the kind HEIC cannot be read here. Take a screenshot, or save it as JPEG.")
    if b"<svg" in data[:1000].lower():
        return _("Drawings of the kind SVG are not taken. Save it as PNG.")
    return _("This file is not a JPEG, PNG, WebP, GIF or BMP picture.")


def _too_many() -> str:
    return _("The picture has too many pixels. Take a screenshot, or send a smaller copy.")


def _drawn(data: bytes, kind: str) -> Picture:
    with Image.open(io.BytesIO(data), formats=[kind]) as picture:
        # Known from the header, before anything is unpacked.
        if picture.width * picture.height > PICTURE_PIXELS:
            raise PictureRefusedError(_too_many())
        is_ours = max(picture.size) <= SIDE and _is_ours(data, picture)
        picture.draft("RGB", (SIDE, SIDE))
        # WeasyPrint, once imported, makes Pillow take pictures that are cut off for the whole process.
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        picture.load()
        if is_ours:
            return _picture(data, JPEG if kind == "JPEG" else PNG, picture.size)
        upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((SIDE, SIDE))
    # A fresh sheet: comments, profiles and all else that a file carries stay with the old one.
    sheet = Image.new("RGB", upright.size, "white")
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        upright = upright.convert("RGBA")
        sheet.paste(upright, mask=upright)
    else:
        sheet.paste(upright.convert("RGB"))
    as_jpeg = _saved(sheet, "JPEG", quality=QUALITY, optimize=True)
    if kind != "JPEG":
        as_png = _saved(sheet, "PNG", compress_level=9)
        if len(as_png) <= max(PNG_BYTES, len(as_jpeg)):
            return _picture(as_png, PNG, sheet.size)
    return _picture(as_jpeg, JPEG, sheet.size)


def _saved(sheet: Image.Image, kind: str, **how: Any) -> bytes:
    file = io.BytesIO()
    sheet.save(file, kind, **how)
    return file.getvalue()


def _picture(data: bytes, media_type: str, size: tuple[int, int]) -> Picture:
    return Picture(hashlib.sha256(data).hexdigest(), *size, media_type, data)


# --- Is it one of ours? ------------------------------------------------------------------------------


def _is_ours(data: bytes, picture: Image.Image) -> bool:
    """Built as ``_drawn`` builds: nothing but the picture itself, from the first byte to the last."""
    if picture.mode != "RGB":
        return False
    if picture.format == "JPEG":
        return getattr(picture, "quantization", None) == _our_tables() and _is_bare_jpeg(data)
    return picture.format == "PNG" and len(data) <= LARGEST_PNG and _is_bare_png(data, picture.width, picture.height)


@cache
def _our_tables() -> dict[int, list[int]]:
    with Image.open(io.BytesIO(_saved(Image.new("RGB", (8, 8)), "JPEG", quality=QUALITY))) as sample:
        return dict(getattr(sample, "quantization", {}))


def _is_bare_jpeg(data: bytes) -> bool:
    """JFIF head without a preview, tables, one scan, the end; no comment, no other segment."""
    at = 2
    while True:
        if data[at] != 0xFF:
            return False
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker not in (0xE0, 0xDB, 0xC0, 0xC4, 0xDA) or (marker == 0xE0 and (length != 16 or at != 2)):
            return False
        at += 2 + length
        if marker == 0xDA:
            break
    # In the scan a 0xFF is stuffed with a zero; the first that is not has to be the end of the file.
    while (at := data.find(b"\xff", at)) >= 0 and data[at + 1] == 0:
        at += 2
    return data[at:] == b"\xff\xd9"


def _is_bare_png(data: bytes, width: int, height: int) -> bool:
    """Head, pixels, end, and not a byte more in or behind them."""
    at, names, packed = 8, [], b""
    while at < len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        names.append(name)
        if name == b"IDAT":
            packed += data[at + 8 : at + 8 + length]
        at += 12 + length
    if at != len(data) or names != [b"IHDR", *[b"IDAT"] * (len(names) - 2), b"IEND"]:
        return False
    whole = height * (1 + 3 * width)
    reader = zlib.decompressobj()
    return len(reader.decompress(packed, whole + 1)) == whole and reader.eof and not reader.unused_data


# --- In a content ------------------------------------------------------------------------------------


def of(content: Mapping[str, Any]) -> Picture | None:
    """The picture that ``content`` names, without its bytes; None where it names none, or nothing that could be one."""
    sha256, width, height = (content.get(key) for key in ("picture", "width", "height"))
    if not is_name(sha256) or not _is_side(width) or not _is_side(height):
        return None
    return Picture(sha256, width, height)  # type: ignore[arg-type]


def is_name(sha256: object) -> bool:
    return isinstance(sha256, str) and len(sha256) == 64 and set(sha256) <= set("0123456789abcdef")


def _is_side(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= SIDE


def keys(picture: Picture | None, alt: str) -> dict[str, Any]:
    """The keys of a content that name ``picture``; none of them without one."""
    if picture is None:
        return {}
    return {"picture": picture.sha256, "width": picture.width, "height": picture.height, "alt": alt}


# --- In the form of the CMS --------------------------------------------------------------------------

_keepers: list[Callable[[Picture], None]] = []


def keep_with(keeper: Callable[[Picture], None]) -> None:
    """``keeper`` is given every picture that a form took: one that is refused for another reason keeps its picture."""
    _keepers[:] = [keeper]


def _named(value: object) -> Picture | None:
    """The inverse of ``str(picture)``; None for anything else."""
    sha256, _colon, size = str(value or "").partition(":")
    width, _x, height = size.partition("x")
    if not (width.isdecimal() and height.isdecimal() and len(size) < 12):
        return None
    return of({"picture": sha256, "width": int(width), "height": int(height)})


class PictureInput(forms.FileInput):
    """A file field that shows the picture that is there and keeps it when no other file is chosen."""

    template_name = "types/picture_input.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        picture = value if isinstance(value, Picture) else _named(value)
        context = super().get_context(name, None, {**(attrs or {}), "accept": "image/jpeg,image/png,image/webp"})
        context["widget"] |= {
            "picture": picture,
            "url": reverse("quizzes:picture", args=[picture.sha256]) if picture else "",
            "kept_name": f"{name}-kept",
            "clear_name": f"{name}-clear",
            "may_clear": picture is not None and not self.is_required,
        }
        return context

    def format_value(self, value: Any) -> Any:
        return value

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The uploaded file, else the name of the picture that was there, else None."""
        uploaded = files.get(name)
        if uploaded is not None:
            return uploaded
        return None if data.get(f"{name}-clear") else _named(data.get(f"{name}-kept"))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in files and f"{name}-kept" not in data

    def use_required_attribute(self, initial: Any) -> bool:
        return False


class PictureField(forms.Field):
    """Cleans to a Picture, with its bytes where it was just uploaded; None where there is none."""

    widget = PictureInput
    default_error_messages = {"required": gettext_lazy("Choose a picture.")}

    def clean(self, value: Any) -> Picture | None:
        if value is None or isinstance(value, Picture):
            if value is None and self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return value
        if value.size > PICTURE_BYTES:
            raise ValidationError(_("The picture is larger than 8 MB. Send a smaller copy."))
        try:
            picture = draw(value.read())
        except PictureRefusedError as refusal:
            raise ValidationError(str(refusal)) from None
        for keeper in _keepers:
            keeper(picture)
        return picture

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What the form shows again: the picture just taken, not the file that nobody can send back."""
        if data is None or isinstance(data, Picture):
            return data
        try:
            data.seek(0)
            return draw(data.read())
        except (PictureRefusedError, ValueError):
            return initial

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(initial or "") != str(data or "")


def edit_fields(content: Mapping[str, Any], *, required: bool) -> dict[str, forms.Field]:
    """``picture`` and ``alt``; ``chosen`` is their inverse."""
    return {
        "picture": PictureField(label=gettext_lazy("Picture"), required=required, initial=of(content)),
        "alt": forms.CharField(
            label=gettext_lazy("What the picture shows, in words"),
            required=False,
            max_length=500,
            initial=content.get("alt", ""),
            help_text=gettext_lazy("Read out to whoever cannot see it. Do not give the answer away."),
        ),
    }


def chosen(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    picture = cleaned.get("picture")
    return keys(picture if isinstance(picture, Picture) else None, str(cleaned.get("alt") or "").strip())


def from_source(source: Mapping[str, Any]) -> dict[str, Any]:
    """``picture`` (SHA-256), ``width``, ``height``, ``alt`` of a [[question]], judged by ``problems``."""
    return {key: source[key] for key in ("picture", "width", "height") if key in source} | (
        {"alt": str(source.get("alt", "")).strip()} if "picture" in source else {}
    )


def problems(content: Mapping[str, Any], *, required: bool) -> list[str]:
    if "picture" not in content and not required:
        return []
    if of(content) is None:
        return [_("Choose a picture.")]
    alt = content.get("alt")
    if not isinstance(alt, str) or not alt.strip():
        return [_("Say in words what the picture shows: some learners cannot see it.")]
    return []
