"""Choosing words for gaps in files of other programs: gapselect and ddwtos of Moodle, inline choices of QTI."""

import re
from typing import Any

from quizzes.formats import qti
from quizzes.formats.item import Parsed, RefusedError, Trouble
from quizzes.formats.moodle_xml import Source, Target, parted
from quizzes.types.base import Content, new_id, plain

NAME = "gap_select"
STEM = "Chọn từ thích hợp cho từng chỗ trống."
_GAP = re.compile(r"\[\[(\d+)\]\]")


def moodle_read(source: Source) -> Parsed | None:
    boxes = {"gapselect": "selectoption", "ddwtos": "dragbox"}.get(source.kind)
    if boxes is None:
        return None
    words = [
        (plain(box.findtext("text", "")), int(box.findtext("group") or 1), box.find("infinite") is not None)
        for box in source.element.findall(boxes)
    ]
    stem, text = parted(source.stem, _GAP.pattern)
    numbers = [int(number) - 1 for number in _GAP.findall(text)]
    if not numbers or any(not 0 <= number < len(words) for number in numbers):
        raise RefusedError(Trouble.BAD_CLOZE, text=text[:80])
    content = _content(text, [(word, group) for word, group, _ in words], numbers)
    if any(again for _, _, again in words):
        content["reuse"] = True
    return Parsed(content, stem=stem or STEM)


def moodle_write(content: Content, target: Target) -> bool:
    """With words that may be used again or not, Moodle's two types differ in nothing else that we have."""
    target.kind = "gapselect"
    places = {word["id"]: number for number, word in enumerate(content["words"], start=1)}
    rights = [places[gap["right"]] for gap in content["gaps"]]
    target.text = _GAP.sub(lambda found: f"[[{rights[int(found[1]) - 1]}]]", content["text"])
    target.add("shuffleanswers", "1")
    for word in content["words"]:
        box = target.add_text("selectoption", word["text"])
        target.add("group", word["group"], box)
    return True


def qti_read(body: qti.Body) -> Parsed | None:
    if not body.interactions or any(row.kind != qti.INLINE_CHOICE for row in body.interactions):
        return None
    words: list[tuple[str, int]] = []
    groups: dict[tuple[str, ...], int] = {}
    numbers = []
    for row in body.interactions:
        texts = tuple(choice.text for choice in row.choices)
        group = groups.setdefault(tuple(sorted(texts)), len(groups) + 1)
        words += [(text, group) for text in texts if (text, group) not in words]
        right = next((choice.text for choice in row.choices if row.share(choice.id) > 0), None)
        if right is None:
            raise RefusedError(Trouble.NO_RIGHT_ANSWER)
        numbers.append(words.index((right, group)))
    order = [piece for piece in body.text if isinstance(piece, int)]
    # Marks of our own: brackets may stand in the words too.
    marked = "".join(piece if isinstance(piece, str) else f"\ue000{piece + 1}\ue001" for piece in body.text)
    stem, text = parted(marked, "\ue000")
    text = text.replace("\ue000", "[[").replace("\ue001", "]]")
    return Parsed(_content(text, words, [numbers[index] for index in order]), stem=stem or STEM)


def qti_write(content: Content) -> qti.Body:
    by_id = {word["id"]: word for word in content["words"]}
    interactions = []
    for gap in content["gaps"]:
        right = by_id[gap["right"]]
        offered = [word for word in content["words"] if word["group"] == right["group"]]
        choices = tuple(qti.Choice(f"w{number}", word["text"]) for number, word in enumerate(offered, start=1))
        interactions.append(qti.Interaction(qti.INLINE_CHOICE, choices, right=(choices[offered.index(right)].id,)))
    return qti.Body(tuple(interactions), text=pieces(content["text"]))


def pieces(text: str) -> tuple[str | int, ...]:
    """A text with ``[[1]]`` → its words and, counted from 0, its gaps."""
    parts = _GAP.split(text)
    return tuple(int(part) - 1 if index % 2 else part for index, part in enumerate(parts) if part)


def _content(text: str, words: list[tuple[str, int]], rights: list[int]) -> dict[str, Any]:
    """``rights``: index into ``words`` by gap, in the order of the text."""
    taken: set[str] = set()
    rows = [{"id": new_id(f"{group}:{word}", taken), "text": word, "group": group} for word, group in words]
    count = iter(range(1, len(rights) + 1))
    return {
        "text": _GAP.sub(lambda found: f"[[{next(count, found[1])}]]", text),
        "gaps": [{"id": f"g{number}", "right": rows[index]["id"]} for number, index in enumerate(rights, start=1)],
        "words": rows,
        "reuse": len(set(rights)) != len(rights),
    }
