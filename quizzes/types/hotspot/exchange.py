"""Pointing at a picture in files of other programs: drag one marker there (Moodle), hotspots (QTI)."""

from fractions import Fraction

from quizzes.formats import qti
from quizzes.formats.item import Parsed, RefusedError, Trouble
from quizzes.formats.moodle_xml import Source, Target
from quizzes.formats.weights import from_decimal
from quizzes.marking import CIRCLE, POLYGON, RECT, WHOLE
from quizzes.types.base import Content, plain
from quizzes.types.zones import with_ids

NAME = "hotspot"
ALT_LENGTH = 200


def moodle_read(source: Source) -> Parsed | None:
    """One marker: wherever it may lie is right. Several are labels (label_picture)."""
    if source.kind != "ddmarker" or len(source.element.findall("drag")) != 1:
        return None
    key, size = source.picture(), source.size(source.picture())
    if not key or size is None:
        raise RefusedError(Trouble.PICTURE_DROPPED, names="ddmarker")
    zones = []
    for drop in source.element.findall("drop"):
        shape, numbers = pixels(drop.findtext("shape", ""), drop.findtext("coords", ""))
        text = plain(source.element.findtext("drag/text", ""))
        zones.append({"id": "", "shape": shape, "points": shares(shape, numbers, size), "right": True, "text": text,
                      "reason": ""})  # fmt: skip
    alt, notes = described("", source.stem)
    return Parsed(
        {"picture": key, "width": size[0], "height": size[1], "alt": alt, "zones": with_ids(zones)}, notes=notes
    )


def moodle_write(content: Content, target: Target) -> bool:
    """Moodle asks for a marker on every zone: only one right place means the same there."""
    right = [zone for zone in content["zones"] if zone["right"]]
    if len(right) != 1 or not target.has(content["picture"]):
        return False
    target.kind = "ddmarker"
    target.add_file(content["picture"])
    drag = target.add("drag")
    target.add("no", "1", drag)
    target.add("text", right[0]["text"], drag)
    target.add("noofdrags", "1", drag)
    drop = target.add("drop")
    target.add("no", "1", drop)
    shape, numbers = right[0]["shape"], in_pixels(right[0], content)
    target.add("shape", {RECT: "rectangle", CIRCLE: "circle", POLYGON: "polygon"}[shape], drop)
    whole = [str(round(number)) for number in numbers]
    pairs = [",".join(whole[index : index + 2]) for index in range(0, len(whole), 2)]
    target.add("coords", ";".join(pairs), drop)
    target.add("choice", "1", drop)
    return True


def qti_read(body: qti.Body) -> Parsed | None:
    if len(body.interactions) != 1 or body.interactions[0].kind != qti.HOTSPOT:
        return None
    found = body.interactions[0]
    zones, notes = [], []
    for number, choice in enumerate(found.choices, start=1):
        shape, coords = choice.shape, list(choice.coords)
        if shape == "ellipse" and len(coords) == 4:
            # Nearly a rectangle, for a finger.
            shape, coords = (
                "rect",
                [coords[0] - coords[2], coords[1] - coords[3], coords[0] + coords[2], coords[1] + coords[3]],
            )
            notes.append((Trouble.MARKUP_DROPPED, {"names": "ellipse"}))
        if shape == "rect" and len(coords) == 4:
            coords = [coords[0], coords[1], coords[2] - coords[0], coords[3] - coords[1]]
        shape = {"poly": POLYGON}.get(shape, shape)
        zone = {"shape": shape, "points": shares(shape, coords, (found.width, found.height))}
        told = {"right": found.share(choice.id) > 0, "text": choice.text or str(number), "reason": choice.reason}
        zones.append({"id": "", **zone, **told})
    alt, missing = described(found.alt, body.stem)
    picture = {"picture": found.picture, "width": found.width, "height": found.height, "alt": alt}
    return Parsed({**picture, "zones": with_ids(zones)}, notes=(*notes, *missing))


def qti_write(content: Content) -> qti.Body:
    choices = []
    for number, zone in enumerate(content["zones"], start=1):
        coords = in_pixels(zone, content)
        if zone["shape"] == RECT:
            coords = [coords[0], coords[1], coords[0] + coords[2], coords[1] + coords[3]]
        shape = {POLYGON: "poly"}.get(zone["shape"], zone["shape"])
        choices.append(qti.Choice(f"z{number}", zone["text"], shape=shape, coords=tuple(coords)))
    right = [choice.id for choice, zone in zip(choices, content["zones"], strict=True) if zone["right"]]
    return qti.Body(
        (
            qti.Interaction(
                qti.HOTSPOT,
                choices=tuple(choices),
                right=tuple(right),
                # Any of them is the answer.
                shares=dict.fromkeys(right, Fraction(1)) if len(right) > 1 else None,
                picture=content["picture"],
                width=content["width"],
                height=content["height"],
                alt=content["alt"],
            ),
        )
    )


def described(alt: str, stem: str) -> tuple[str, tuple[tuple[Trouble, dict[str, str]], ...]]:
    """A picture needs a description; where the file has none the question stands in for it, which is told."""
    if alt.strip():
        return plain(alt), ()
    return plain(" ".join(stem.split()))[:ALT_LENGTH].strip(), ((Trouble.ALT_MISSING, {}),)


def pixels(shape: str, coords: str) -> tuple[str, list[Fraction]]:
    """Moodle's ``rectangle`` and "40,50;120,30" → ours and its numbers."""
    known = {"rectangle": RECT, "circle": CIRCLE, "polygon": POLYGON}
    numbers = [from_decimal(part) for part in coords.replace(";", ",").split(",") if part.strip()]
    if shape.strip() not in known or not numbers or any(number is None for number in numbers):
        raise RefusedError(Trouble.BAD_NUMBER, text=coords[:80])
    return known[shape.strip()], [number for number in numbers if number is not None]


def shares(shape: str, numbers: list[Fraction], size: tuple[int, int]) -> list[int]:
    """Pixels → ten-thousandths of width and height; a radius is a part of the width."""
    width, height = size
    if not width or not height:
        raise RefusedError(Trouble.PICTURE_DROPPED, names="0 × 0")
    sides = [width, height, width] if shape == CIRCLE else [width, height] * (len(numbers) // 2 + 1)
    return [max(0, min(WHOLE, round(number * WHOLE / side))) for number, side in zip(numbers, sides, strict=False)]


def in_pixels(zone: Content, content: Content) -> list[Fraction]:
    width, height = content["width"], content["height"]
    sides = [width, height, width] if zone["shape"] == CIRCLE else [width, height] * len(zone["points"])
    return [Fraction(point * side, WHOLE) for point, side in zip(zone["points"], sides, strict=False)]
