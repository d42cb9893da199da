"""Labels on a picture in files of Moodle: drag words onto an image, or markers onto places of it."""

from fractions import Fraction
from typing import Any

from quizzes.formats.item import Parsed, RefusedError, Trouble
from quizzes.formats.moodle_xml import Source, Target
from quizzes.formats.weights import from_decimal
from quizzes.marking import CIRCLE, POLYGON, WHOLE
from quizzes.types.base import Content, new_id, plain
from quizzes.types.hotspot.exchange import described, pixels, shares

NAME = "label_picture"


def moodle_read(source: Source) -> Parsed | None:
    if source.kind not in ("ddimageortext", "ddmarker"):
        return None
    if source.kind == "ddmarker" and len(source.element.findall("drag")) < 2:
        return None
    key, size = source.picture(), source.size(source.picture())
    if not key or size is None:
        raise RefusedError(Trouble.PICTURE_DROPPED, names=source.kind)
    taken: set[str] = set()
    labels: dict[str, dict[str, str]] = {}
    for drag in source.element.findall("drag"):
        text = plain(drag.findtext("text", ""))
        if drag.find("file") is not None:
            source.note(Trouble.PICTURE_DROPPED, names=drag.find("file").get("name") or "")
        labels[drag.findtext("no", "").strip()] = {"id": new_id(text, taken), "text": text}
    places: list[dict[str, Any]] = []
    for drop in source.element.findall("drop"):
        label = labels.get(drop.findtext("choice", "").strip())
        if label is None:
            raise RefusedError(Trouble.NO_RIGHT_ANSWER)
        points = _centre(drop, source.kind, size)
        places.append({"id": new_id(f"{points}", taken), "points": points, "right": label["id"]})
    alt, notes = described("", source.stem)
    picture = {"picture": key, "width": size[0], "height": size[1], "alt": alt}
    return Parsed({**picture, "labels": list(labels.values()), "places": places}, notes=notes)


def moodle_write(content: Content, target: Target) -> bool:
    if not target.has(content["picture"]):
        return False
    target.kind = "ddimageortext"
    target.add("shuffleanswers", "1")
    target.add_file(content["picture"])
    numbers = {}
    for number, label in enumerate(content["labels"], start=1):
        numbers[label["id"]] = str(number)
        drag = target.add("drag")
        target.add("no", str(number), drag)
        target.add("text", label["text"], drag)
        target.add("draggroup", "1", drag)
    for number, place in enumerate(content["places"], start=1):
        drop = target.add("drop")
        target.add("text", "", drop)
        target.add("no", str(number), drop)
        target.add("choice", numbers[place["right"]], drop)
        for name, point, side in zip(("xleft", "ytop"), place["points"], ("width", "height"), strict=True):
            target.add(name, str(round(point * content[side] / WHOLE)), drop)
    return True


def _centre(drop: Any, kind: str, size: tuple[int, int]) -> list[int]:
    """Where a label belongs: the corner that Moodle gives, or the middle of a zone."""
    if kind == "ddimageortext":
        corner = [from_decimal(drop.findtext(name, "")) for name in ("xleft", "ytop")]
        if any(number is None for number in corner):
            raise RefusedError(Trouble.BAD_NUMBER, text=drop.findtext("xleft", "")[:80])
        return shares("rect", [number for number in corner if number is not None], size)
    shape, numbers = pixels(drop.findtext("shape", ""), drop.findtext("coords", ""))
    if shape == CIRCLE:
        numbers = numbers[:2]
    elif shape == POLYGON:
        across, down = numbers[::2], numbers[1::2]
        numbers = [sum(across, Fraction(0)) / len(across), sum(down, Fraction(0)) / max(1, len(down))]
    elif len(numbers) == 4:
        numbers = [numbers[0] + numbers[2] / 2, numbers[1] + numbers[3] / 2]
    return shares("rect", numbers[:2], size)
