"""What an uploaded file may not contain. Plain Python: bytes in, a reason out."""

import io
import re
import struct
import xml.etree.ElementTree as ElementTree
import zlib
from collections.abc import Iterator
from enum import Enum

from PIL import Image, ImageFile, ImageOps

# Drawing and text; nothing that runs, loads or embeds.
SVG_ELEMENTS = frozenset(
    [
        "svg",
        "g",
        "defs",
        "symbol",
        "use",
        "title",
        "desc",
        "metadata",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "textPath",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
        "mask",
        "pattern",
        "marker",
        "switch",
        "filter",
        "feBlend",
        "feColorMatrix",
        "feComponentTransfer",
        "feComposite",
        "feConvolveMatrix",
        "feDiffuseLighting",
        "feDisplacementMap",
        "feDistantLight",
        "feDropShadow",
        "feFlood",
        "feFuncA",
        "feFuncB",
        "feFuncG",
        "feFuncR",
        "feGaussianBlur",
        "feMerge",
        "feMergeNode",
        "feMorphology",
        "feOffset",
        "fePointLight",
        "feSpecularLighting",
        "feSpotLight",
        "feTile",
        "feTurbulence",
        "style",
        "a",
        "image",
    ]
)
_SVG = "{http://www.w3.org/2000/svg}"
# What drawing programs leave in their files: read by them, drawn by nobody.
_CONTENT_OF_EDITORS = (
    "http://www.inkscape.org/",
    "http://sodipodi.",
    "http://www.w3.org/1999/02/22-rdf",
    "http://purl.org/",
    "http://creativecommons.org/",
    "http://web.resource.org/",
    "http://ns.adobe.com/",
)
_INSIDE = re.compile(r"^\s*(#|data:image/(png|jpe?g|gif|webp);base64,)", re.IGNORECASE)
_URL = re.compile(r"url\(\s*['\"]?\s*([^'\")]*)", re.IGNORECASE)


class Problem(Enum):
    """Why an upload is refused."""

    NOT_XML = "not_xml"
    RUNS = "runs"
    REACHES_OUT = "reaches_out"
    NOT_UTF8 = "not_utf8"
    NOT_VTT = "not_vtt"
    TOO_BIG = "too_big"
    TOO_MANY_PIXELS = "too_many_pixels"
    HEIC = "heic"
    NOT_A_PICTURE = "not_a_picture"
    BROKEN_PICTURE = "broken_picture"


def svg_problem(content: bytes) -> Problem | None:
    """None when the drawing only draws: no script, no event handler, no doctype, nothing fetched from elsewhere."""
    if re.search(rb"<!(DOCTYPE|ENTITY)|<\?xml-stylesheet", content, re.IGNORECASE):
        return Problem.NOT_XML
    try:
        root = ElementTree.fromstring(content)  # noqa: S314  without a doctype there are no entities to expand
    except (ElementTree.ParseError, ValueError, LookupError):
        return Problem.NOT_XML
    if root.tag != f"{_SVG}svg":
        return Problem.NOT_XML
    return next(_problems(root), None)


def _problems(root: ElementTree.Element) -> Iterator[Problem]:
    for element in root.iter():
        name = element.tag if isinstance(element.tag, str) else ""
        if not name.startswith(_SVG):
            if name and not name.lstrip("{").startswith(_CONTENT_OF_EDITORS):
                yield Problem.RUNS
        elif name.removeprefix(_SVG) not in SVG_ELEMENTS:
            yield Problem.RUNS
        yield from _problems_of_attributes(element)
        if name == f"{_SVG}style":
            yield from _problems_of_style("".join(element.itertext()))


def _problems_of_attributes(element: ElementTree.Element) -> Iterator[Problem]:
    for key, value in element.attrib.items():
        name = key.rpartition("}")[2].lower()
        if name.startswith("on"):
            yield Problem.RUNS
        elif name in ("href", "src") and not _INSIDE.match(value):
            yield Problem.REACHES_OUT
        else:
            yield from _problems_of_style(value)


def _problems_of_style(text: str) -> Iterator[Problem]:
    lowered = text.lower()
    if "javascript:" in lowered or "expression(" in lowered or "-moz-binding" in lowered:
        yield Problem.RUNS
    if "@import" in lowered or any(not _INSIDE.match(address) for address in _URL.findall(text)):
        yield Problem.REACHES_OUT


_CUE_TIME = re.compile(r"^(\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3} +--> +(\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}(\s.*)?$")


def captions_problem(content: bytes) -> Problem | None:
    """None for WebVTT in UTF-8 with at least one cue, all of whose times are well written."""
    try:
        lines = content.decode("utf-8").removeprefix("\ufeff").splitlines()
    except UnicodeDecodeError:
        return Problem.NOT_UTF8
    if not lines or not re.match(r"^WEBVTT($|\s)", lines[0]):
        return Problem.NOT_VTT
    times = [line.strip() for line in lines if "-->" in line]
    return None if times and all(_CUE_TIME.match(time) for time in times) else Problem.NOT_VTT


# --- Pictures from people's phones ---------------------------------------------------------------------

PICTURE_BYTES = 8 * 1024 * 1024
PICTURE_SIDE = 2000
# The photo of a good phone, not a bomb: unpacked it takes some 200 MB.
PICTURE_PIXELS = 50_000_000
_KINDS = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"RIFF", "WEBP"))
_HEIC = re.compile(rb"ftyp(heic|heix|hevc|hevx|heim|heis|mif1|msf1|avif|avis)")
# What Pillow raises at files that are cut off or forged.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error,
           zlib.error)  # fmt: skip


class PictureRefusedError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def clean_picture(content: bytes) -> bytes:
    """``content`` (JPEG, PNG or WebP, judged by its bytes) drawn anew as a JPEG of at most PICTURE_SIDE pixels a side.

    Upright, and with nothing else in it: no place, time or device, no preview, nothing hung on behind the picture.
    The same content makes the same bytes. Raises PictureRefusedError.
    """
    if len(content) > PICTURE_BYTES:
        raise PictureRefusedError(Problem.TOO_BIG)
    if _HEIC.match(content, 4):
        raise PictureRefusedError(Problem.HEIC)
    kind = next((kind for magic, kind in _KINDS if content.startswith(magic)), None)
    if kind is None or (kind == "WEBP" and content[8:12] != b"WEBP"):
        raise PictureRefusedError(Problem.NOT_A_PICTURE)
    try:
        return _drawn_anew(content, kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureRefusedError(Problem.TOO_MANY_PIXELS) from None
    except _BROKEN:
        raise PictureRefusedError(Problem.BROKEN_PICTURE) from None


def _drawn_anew(content: bytes, kind: str) -> bytes:
    with Image.open(io.BytesIO(content), formats=[kind]) as picture:
        # Known from the header, before anything is unpacked.
        if picture.width * picture.height > PICTURE_PIXELS:
            raise PictureRefusedError(Problem.TOO_MANY_PIXELS)
        # A JPEG can be unpacked smaller than it is: a photo of 50 megapixels needs no 150 MB.
        picture.draft("RGB", (PICTURE_SIDE, PICTURE_SIDE))
        # WeasyPrint, once imported, makes Pillow take pictures that are cut off for the whole process.
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        picture.load()
        upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    # A fresh sheet: comments, profiles and all else that a file carries stay with the old one.
    sheet = Image.new("RGB", upright.size, "white")
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        upright = upright.convert("RGBA")
        sheet.paste(upright, mask=upright)
    else:
        sheet.paste(upright.convert("RGB"))
    drawn = io.BytesIO()
    sheet.save(drawn, "JPEG", quality=85, optimize=True)
    return drawn.getvalue()
