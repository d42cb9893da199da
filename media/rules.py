"""What an uploaded file may not contain. Plain Python: bytes in, a reason out."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from enum import Enum

# Drawing and text; nothing that runs, loads or embeds.
SVG_ELEMENTS = frozenset(
    "svg g defs symbol use title desc metadata path rect circle ellipse line polyline polygon text tspan textPath "
    "linearGradient radialGradient stop clipPath mask pattern marker switch filter feBlend feColorMatrix "
    "feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight feDropShadow "
    "feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight "
    "feSpecularLighting feSpotLight feTile feTurbulence style a image".split()
)
_SVG = "{http://www.w3.org/2000/svg}"
_CONTENT_OF_EDITORS = ("http://www.inkscape.org/", "http://sodipodi.", "http://www.w3.org/1999/02/22-rdf", "http://purl.org/",
                       "http://creativecommons.org/", "http://web.resource.org/", "http://ns.adobe.com/")  # fmt: skip
_INSIDE = re.compile(r"^\s*(#|data:image/(png|jpe?g|gif|webp);base64,)", re.IGNORECASE)
_URL = re.compile(r"url\(\s*['\"]?\s*([^'\")]*)", re.IGNORECASE)


class Fault(Enum):
    """Why an SVG drawing is refused."""

    NOT_SVG = "not_svg"
    DOCTYPE = "doctype"
    RUNS = "runs"
    OUTSIDE = "outside"


def svg_fault(content: bytes) -> Fault | None:
    """None when the drawing only draws: no script, no event handler, no doctype, nothing fetched from elsewhere."""
    if re.search(rb"<!(DOCTYPE|ENTITY)|<\?xml-stylesheet", content, re.IGNORECASE):
        return Fault.DOCTYPE
    try:
        root = ElementTree.fromstring(content)  # noqa: S314  without a doctype there are no entities to expand
    except (ElementTree.ParseError, ValueError, LookupError):
        return Fault.NOT_SVG
    if root.tag != f"{_SVG}svg":
        return Fault.NOT_SVG
    return next(_faults(root), None)


def _faults(root: ElementTree.Element) -> Iterator[Fault]:
    for element in root.iter():
        name = element.tag if isinstance(element.tag, str) else ""
        if not name.startswith(_SVG):
            if name and not name.lstrip("{").startswith(_CONTENT_OF_EDITORS):
                yield Fault.RUNS
        elif name.removeprefix(_SVG) not in SVG_ELEMENTS:
            yield Fault.RUNS
        yield from _faults_of_attributes(element)
        if name == f"{_SVG}style":
            yield from _faults_of_style("".join(element.itertext()))


def _faults_of_attributes(element: ElementTree.Element) -> Iterator[Fault]:
    for key, value in element.attrib.items():
        name = key.rpartition("}")[2].lower()
        if name.startswith("on"):
            yield Fault.RUNS
        elif name in ("href", "src") and not _INSIDE.match(value):
            yield Fault.OUTSIDE
        else:
            yield from _faults_of_style(value)


def _faults_of_style(text: str) -> Iterator[Fault]:
    lowered = text.lower()
    if "javascript:" in lowered or "expression(" in lowered or "-moz-binding" in lowered:
        yield Fault.RUNS
    if "@import" in lowered or any(not _INSIDE.match(address) for address in _URL.findall(text)):
        yield Fault.OUTSIDE


_CUE_TIME = re.compile(r"^(\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3} +--> +(\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}(\s.*)?$")


def captions_fault(content: bytes) -> int | None:
    """None for a WebVTT file with at least one cue; else the line (from 1) that is wrong, 0 for the whole file."""
    try:
        lines = content.decode("utf-8").removeprefix("\ufeff").splitlines()
    except UnicodeDecodeError:
        return 0
    if not lines or not re.match(r"^WEBVTT($|\s)", lines[0]):
        return 1
    cues = 0
    for number, line in enumerate(lines, start=1):
        if "-->" in line:
            if not _CUE_TIME.match(line.strip()):
                return number
            cues += 1
    return None if cues else 0


def is_video(head: bytes) -> bool:
    """``head``: the first 12 bytes or more. True for MP4 (ftyp box) and WebM (EBML)."""
    return head[4:8] == b"ftyp" or head[:4] == b"\x1aE\xdf\xa3"
