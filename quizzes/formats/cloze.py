"""Cloze in: a text with gaps as Moodle writes them, ``{1:SHORTANSWER:=Tổ quản trị#Đúng.~%50%Ban biên tập}``. No Django.

A file is one question; a line of three or more hyphens parts several. The comments ``// [id:…]`` and ``$CATEGORY:`` of
GIFT are understood. A hook is asked ``cloze_read(text: Text) -> Parsed | None``; multianswer in Moodle XML does too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import ModuleType

from quizzes.formats import gift, rich
from quizzes.formats.decoding import decode
from quizzes.formats.item import Item, Parsed, Problem, Reading, RefusedError, Trouble, UnreadableError
from quizzes.formats.weights import snapped

NAME = "cloze"
SUFFIXES = (".cloze", ".txt")
MEDIA_TYPE = "text/plain"

CHOICE = "choice"
SEVERAL = "several"
SHORT = "short"
NUMERIC = "numeric"

# Every name that Moodle knows → kind, is case told apart.
_KINDS: dict[str, tuple[str, bool]] = {
    **dict.fromkeys(("SHORTANSWER", "SA", "MW"), (SHORT, False)),
    **dict.fromkeys(("SHORTANSWER_C", "SAC", "MWC"), (SHORT, True)),
    **dict.fromkeys(("NUMERICAL", "NM"), (NUMERIC, False)),
    **dict.fromkeys(
        ("MULTICHOICE", "MC", "MULTICHOICE_V", "MCV", "MULTICHOICE_H", "MCH", "MULTICHOICE_S", "MCS", "MULTICHOICE_VS",
         "MCVS", "MULTICHOICE_HS", "MCHS"), (CHOICE, False),
    ),
    **dict.fromkeys(
        ("MULTIRESPONSE", "MR", "MULTIRESPONSE_H", "MRH", "MULTIRESPONSE_S", "MRS", "MULTIRESPONSE_HS", "MRHS"),
        (SEVERAL, False),
    ),
}  # fmt: skip
_OPENING = re.compile(r"\{(\d*):([A-Za-z_]+):")
_WEIGHT = re.compile(r"%(-?\d{1,3}(?:[.,]\d+)?)%")
_ESCAPED = re.compile(r"\\([}{~=#/\"\\:])")
_SEPARATOR = re.compile(r"\s*-{3,}\s*")
_CATEGORY = re.compile(r"\s*\$CATEGORY:(.*)")


@dataclass(frozen=True)
class Answer:
    """``fraction``: 1 for "=". ``text`` of a number is as written: "5:0.1", "1..5"."""

    text: str
    fraction: Fraction
    feedback: str = ""


@dataclass(frozen=True)
class Gap:
    kind: str
    weight: int
    answers: tuple[Answer, ...]
    is_exact: bool = False


@dataclass(frozen=True)
class Text:
    """What stands between the gaps, and the gaps, in their order. The words are as in the file: ``markup`` says how."""

    pieces: tuple[str | Gap, ...]

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return tuple(piece for piece in self.pieces if isinstance(piece, Gap))


def parse(source: str) -> Text:
    """RefusedError for a gap that cannot be read; a brace that begins no gap is an ordinary sign."""
    pieces: list[str | Gap] = []
    position = 0
    while found := _OPENING.search(source, position):
        kind = _KINDS.get(found[2].upper())
        if kind is None:
            raise RefusedError(Trouble.BAD_CLOZE, text=found[0])
        end = _end(source, found.end())
        if end < 0:
            raise RefusedError(Trouble.BAD_CLOZE, text=source[found.start() : found.start() + 60])
        pieces.append(source[position : found.start()])
        pieces.append(_gap(kind, found[1], source[found.end() : end], source[found.start() : end + 1]))
        position = end + 1
    pieces.append(source[position:])
    return Text(tuple(piece for piece in pieces if piece != ""))


def _end(source: str, start: int) -> int:
    """Where the brace closes: the first that is not escaped."""
    index = start
    while index < len(source):
        if source[index] == "\\":
            index += 2
            continue
        if source[index] == "}":
            return index
        index += 1
    return -1


def _gap(kind: tuple[str, bool], weight: str, inside: str, whole: str) -> Gap:
    answers = tuple(_answer(row) for row in _split(inside, "~") if row.strip())
    if not answers or not any(answer.fraction > 0 for answer in answers):
        raise RefusedError(Trouble.BAD_CLOZE, text=whole[:80])
    return Gap(kind[0], int(weight[:4] or 1) or 1, answers, kind[1])


def _answer(row: str) -> Answer:
    row = row.strip()
    fraction = Fraction(0)
    weight = _WEIGHT.match(row)
    if row.startswith("="):
        fraction, row = Fraction(1), row[1:]
    elif weight:
        fraction, row = snapped(Fraction(weight[1].replace(",", ".")) / 100), row[weight.end() :]
    text, *feedback = _split(row, "#")
    told = "#".join(feedback)
    return Answer(
        _bare(text), fraction, rich.to_markdown(told)[0] if rich.is_html(told) else rich.from_plain(_bare(told))
    )


def _bare(text: str) -> str:
    text = _ESCAPED.sub(r"\1", text).strip()
    return rich.plain_of_html(text) if rich.is_html(text) else text


def _split(text: str, sign: str) -> list[str]:
    """At every ``sign`` that is not escaped."""
    return [part or "" for part in re.findall(rf"((?:\\.|[^{sign}\\]|\\$)*)(?:{sign}|$)", text, re.DOTALL)][
        : _count(text, sign) + 1
    ]


def _count(text: str, sign: str) -> int:
    return re.sub(r"\\.", "", text, flags=re.DOTALL).count(sign)


def read(data: bytes, hooks: Sequence[ModuleType]) -> Reading:
    text, encoding = decode(data)
    items: list[Item] = []
    problems: list[Problem] = []
    category: tuple[str, ...] = ()
    start, own = 1, []  # type: int, list[str]
    for number, line in enumerate([*text.split("\n"), "---"], start=1):
        shelf = _CATEGORY.match(line)
        if shelf:
            category = gift.category_path(shelf[1])
        elif _SEPARATOR.fullmatch(line):
            if any(row.strip() for row in own):
                _add(own, start, category, hooks, items, problems)
            start, own = number + 1, []
        else:
            if not own and not line.strip():
                start = number + 1
                continue
            own.append(line)
    if not items and not problems:
        raise UnreadableError(Problem(0, Trouble.NOTHING_FOUND))
    return Reading(tuple(items), tuple(problems), encoding)


def _add(
    own: list[str],
    line: int,
    category: tuple[str, ...],
    hooks: Sequence[ModuleType],
    items: list[Item],
    problems: list[Problem],
) -> None:
    comments = [row.strip() for row in own if row.lstrip().startswith("//")]
    source = "\n".join(row for row in own if not row.lstrip().startswith("//")).strip()
    try:
        text = parse(source)
        if not text.gaps:
            raise RefusedError(Trouble.NO_ANSWERS)
        name, parsed = ask(text, hooks)
    except RefusedError as error:
        problems.append(Problem(line, error.code, error.values, source))
        return
    items.append(
        Item(
            type=name,
            stem=parsed.stem or "",
            content=parsed.content,
            line=line,
            category=category,
            source=source,
            reason=parsed.reason,
            notes=tuple(Problem(line, code, values) for code, values in parsed.notes),
            **gift.comment_fields(comments),
        )
    )


def ask(text: Text, hooks: Sequence[ModuleType]) -> tuple[str, Parsed]:
    for hook in hooks:
        parsed = hook.cloze_read(text) if hasattr(hook, "cloze_read") else None
        if parsed is not None:
            return hook.NAME, parsed
    raise RefusedError(Trouble.UNKNOWN_TYPE, name="cloze")
