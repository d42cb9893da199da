"""Aiken in: a question, its options "A. …" or "A) …", and "ANSWER: B". No Django.

The question may run over several lines. A hook is asked ``aiken_read(block) -> Parsed | None`` with a choice block of
GIFT (quizzes.formats.gift). The comments ``// [id:…] [level:…]`` of GIFT are understood before a question.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from types import ModuleType

from quizzes.formats import gift, rich
from quizzes.formats.decoding import decode
from quizzes.formats.item import Item, Problem, Reading, RefusedError, Trouble, UnreadableError, Written

NAME = "aiken"
SUFFIXES = (".txt",)
MEDIA_TYPE = "text/plain"

_OPTION = re.compile(r"\s*([A-Z])[.)]\s+(.*)|\s*([A-Z])[.)]$")
_KEY = re.compile(r"\s*(?:ANSWER|ĐÁP ÁN)\s*:\s*(.*?)\s*$", re.IGNORECASE)


@dataclass
class _Draft:
    line: int = 0
    stem: list[str] = field(default_factory=list)
    options: list[tuple[str, str]] = field(default_factory=list)
    key: str | None = None
    comments: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)


def read(data: bytes, hooks: Sequence[ModuleType]) -> Reading:
    text, encoding = decode(data)
    items: list[Item] = []
    problems: list[Problem] = []
    for draft in _drafts(text):
        try:
            items.append(_item(draft, hooks))
        except RefusedError as error:
            problems.append(Problem(draft.line, error.code, error.values, "\n".join(draft.source).strip()))
    if not items and all(problem.code in (Trouble.NO_ANSWERS, Trouble.STRAY_TEXT) for problem in problems):
        raise UnreadableError(Problem(0, Trouble.NOTHING_FOUND))
    return Reading(tuple(items), tuple(problems), encoding)


def _drafts(text: str) -> Iterator[_Draft]:
    """A key ends a question. An option that follows an empty line still belongs to the question above it; a stem that
    begins after options without a key begins the next question, so that one missing key spoils one question."""
    draft = _Draft()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        if line.lstrip().startswith("//"):
            if draft.stem:
                yield draft
                draft = _Draft()
            draft.comments.append(line.strip())
            continue
        key, option = _KEY.match(line), _OPTION.match(line)
        if not key and not (option and draft.stem) and draft.options:
            if not _begins_anew(draft, text, number):
                # An option that runs over several lines.
                letter, words = draft.options[-1]
                draft.options[-1] = (letter, f"{words} {line.strip()}")
                draft.source.append(line)
                continue
            yield draft
            draft = _Draft()
        draft.line = draft.line or number
        draft.source.append(line)
        if key:
            draft.key = key[1]
            yield draft
            draft = _Draft()
        elif option and draft.stem:
            draft.options.append((option[1] or option[3], (option[2] or "").strip()))
        else:
            draft.stem.append(line.strip())
    if draft.source:
        yield draft


def _begins_anew(draft: _Draft, text: str, number: int) -> bool:
    """Does the next option after line ``number`` start at "A" again? Then this line is a question of its own."""
    for line in text.split("\n")[number:]:
        option = _OPTION.match(line)
        if option:
            return (option[1] or option[3]) <= draft.options[-1][0]
        if _KEY.match(line):
            return False
    return True


def _item(draft: _Draft, hooks: Sequence[ModuleType]) -> Item:
    stem = "\n".join(draft.stem)
    if not stem:
        raise RefusedError(Trouble.STRAY_TEXT, text=draft.source[0].strip()[:80])
    if len(draft.options) < 2:
        raise RefusedError(Trouble.NO_ANSWERS)
    if not draft.key:
        raise RefusedError(Trouble.NO_KEY)
    letters = [letter for letter, _ in draft.options]
    key = draft.key.upper().rstrip(".)")
    if letters.count(key) != 1:
        raise RefusedError(Trouble.BAD_KEY, key=draft.key[:80])
    answers = tuple(gift.Answer(words, Fraction(letter == key)) for letter, words in draft.options)
    block = gift.Block(gift.CHOICE, answers, stem=rich.from_plain(stem))
    for hook in hooks:
        parsed = hook.aiken_read(block) if hasattr(hook, "aiken_read") else None
        if parsed is not None:
            return Item(
                type=hook.NAME,
                stem=block.stem,
                content=parsed.content,
                line=draft.line,
                source="\n".join(draft.source),
                notes=tuple(Problem(draft.line, code, values) for code, values in parsed.notes),
                **gift.comment_fields(draft.comments),
            )
    raise RefusedError(Trouble.UNKNOWN_TYPE, name=block.kind)


def write(items: Sequence[Item], hooks: Sequence[ModuleType]) -> Written:
    """Single choices only, as plainly as the format is: question, options and key, a line each. What it has no room
    for (code, level, reasons, pictures) stays behind; other types are left out."""
    blocks: list[str] = []
    left_out: list[tuple[str, Trouble]] = []
    for item in items:
        options = item.content.get("options") or []
        right = [place for place, option in enumerate(options) if option.get("correct")]
        if item.type != "single" or len(right) != 1 or len(options) > 26:
            left_out.append((item.code, Trouble.TYPE_NOT_CARRIED))
        elif item.pictures:
            left_out.append((item.code, Trouble.PICTURES_NOT_CARRIED))
        else:
            rows = [f"{chr(65 + place)}. {' '.join(option['text'].split())}" for place, option in enumerate(options)]
            blocks.append("\n".join([" ".join(item.stem.split()), *rows, f"ANSWER: {chr(65 + right[0])}"]))
    return Written(("\n\n".join(blocks) + "\n").encode(), tuple(left_out))
