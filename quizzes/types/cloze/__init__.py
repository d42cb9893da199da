"""Several small questions inside one text: choose, write a word, write a number.

Content: ``{"text", "gaps": [{"id", "kind", "weight", "exact", "answers": [{"id", "text", "fraction", "reason"}]}]}``.
In ``text`` the gaps stand as ``[[1]]``, ``[[2]]`` … in their order. ``kind``: choice, several, short or numeric. What a
text or a number is compared with: quizzes.marking. Answer: gap → id, list of ids or text, only of those answered.

An author writes it as Moodle does: ``{1:MULTICHOICE:=right#why~wrong}``; the reader is quizzes.formats.cloze.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.core import text as texts_
from quizzes import marking
from quizzes.formats import cloze as written
from quizzes.formats.item import RefusedError
from quizzes.types.base import (
    BadAnswerError,
    Choice,
    Content,
    Explained,
    Part,
    Post,
    QuestionType,
    new_id,
    one,
    plain,
    shuffled,
)
from quizzes.types.soundness import never_raises

CHOICE, SEVERAL, SHORT, NUMERIC = written.CHOICE, written.SEVERAL, written.SHORT, written.NUMERIC
KINDS = (CHOICE, SEVERAL, SHORT, NUMERIC)
MOST_GAPS = 12
MOST_ANSWERS = 8
LONGEST = 100
GAP = re.compile(r"\[\[(\d{1,2})\]\]")
_NAMES = {CHOICE: "MULTICHOICE", SEVERAL: "MULTIRESPONSE", SHORT: "SHORTANSWER", NUMERIC: "NUMERICAL"}
_TO_ESCAPE = re.compile(r"([}~=#\\%])")


@dataclass(frozen=True)
class OptionShown:
    id: str
    text: str
    is_chosen: bool


@dataclass(frozen=True)
class PieceShown:
    """A run of text (``number`` 0), or a gap: ``options`` to choose from, or ``written`` so far."""

    text: str = ""
    number: int = 0
    id: str = ""
    kind: str = ""
    options: tuple[OptionShown, ...] = ()
    written: str = ""


@dataclass(frozen=True)
class Shown:
    paragraphs: tuple[tuple[PieceShown, ...], ...]


def _share(gap: Mapping[str, Any], given: Any) -> tuple[Fraction, str]:
    """What ``given`` earns of ``gap``, and what is said to it."""
    if not given:
        return marking.NOTHING, ""
    if gap["kind"] in (CHOICE, SEVERAL):
        chosen = {given} if isinstance(given, str) else set(given)
        rows = [row for row in gap["answers"] if row["id"] in chosen]
        share = marking.clamp(sum((Fraction(str(row["fraction"])) for row in rows), marking.NOTHING))
        return share, " ".join(row["reason"] for row in rows if row.get("reason"))
    fitting = [row for row in gap["answers"] if _fits(gap, row["text"], given)]
    best = max(fitting, key=lambda row: Fraction(str(row["fraction"])), default=None)
    return (marking.clamp(Fraction(str(best["fraction"]))), best.get("reason", "")) if best else (marking.NOTHING, "")


def _fits(gap: Mapping[str, Any], accepted: str, given: str) -> bool:
    if gap["kind"] == NUMERIC:
        value, found = marking.read_number(given), marking.number_range(accepted)
        return value is not None and found is not None and found[0] <= value <= found[1]
    if "*" in accepted and not gap.get("exact"):
        return marking.fits(given, accepted, marking.WILDCARD)
    return marking.fits(given, accepted, marking.AS_WRITTEN if gap.get("exact") else marking.FOLDED)


class Cloze(QuestionType):
    NAME = "cloze"
    LABEL = gettext_lazy("Text with questions inside")
    SOURCE_KEYS = frozenset({"text"})
    ORDER = 70
    STYLES = ("cloze.css",)

    @never_raises
    def validate(self, content: Content) -> list[str]:
        if content.get("problem"):
            return [_("This gap could not be read: %(text)s") % {"text": content["problem"]}]
        gaps = content.get("gaps") or []
        errors = []
        if not 1 <= len(gaps) <= MOST_GAPS:
            errors.append(_("Put from one to twelve gaps into the text."))
        numbers = [int(number) for number in GAP.findall(str(content.get("text", "")))]
        if sorted(numbers) != list(range(1, len(gaps) + 1)):
            errors.append(_("Every gap has to stand in the text once."))
        for number, gap in enumerate(gaps, start=1):
            errors += [_("Gap %(number)s: %(error)s") % {"number": number, "error": error} for error in _judge(gap)]
        return errors

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> dict[str, list[str]]:
        return {
            gap["id"]: shuffled([row["id"] for row in gap["answers"]], rng, shuffles)
            for gap in content["gaps"]
            if gap["kind"] in (CHOICE, SEVERAL)
        }

    def present(self, content: Content, order: dict[str, list[str]], answer: dict[str, Any] | None) -> Shown:
        given = answer or {}

        def gap(number: int) -> PieceShown:
            found = content["gaps"][number - 1]
            key, kind = found["id"], found["kind"]
            if kind not in (CHOICE, SEVERAL):
                return PieceShown(number=number, id=key, kind=kind, written=given.get(key, ""))
            texts = {row["id"]: row["text"] for row in found["answers"]}
            chosen = given.get(key) or []
            options = tuple(OptionShown(row, texts[row], row == chosen or row in chosen) for row in order[key])
            return PieceShown(number=number, id=key, kind=kind, options=options)

        def pieces(paragraph: str) -> tuple[PieceShown, ...]:
            return tuple(
                gap(int(part)) if index % 2 else PieceShown(part)
                for index, part in enumerate(GAP.split(paragraph))
                if part
            )

        return Shown(tuple(pieces(paragraph) for paragraph in content["text"].split("\n") if paragraph.strip()))

    def parse(self, post: Post, name: str, content: Content) -> dict[str, Any] | None:
        answer: dict[str, Any] = {}
        for gap in content["gaps"]:
            field = f"{name}-{gap['id']}"
            known = {row["id"] for row in gap["answers"]}
            if gap["kind"] == SEVERAL:
                chosen = [value for value in post.getlist(field) if value != ""]
                if any(value not in known for value in chosen):
                    raise BadAnswerError(name)
                given: Any = sorted(set(chosen))
            else:
                given = texts_.clean(one(post, field).replace("\0", ""))
                if len(given) > LONGEST or (gap["kind"] == CHOICE and given and given not in known):
                    raise BadAnswerError(name)
            if given:
                answer[gap["id"]] = given
        return answer or None

    def fields(self, answer: dict[str, Any] | None, name: str) -> list[tuple[str, str]]:
        return [
            (f"{name}-{key}", value)
            for key, given in (answer or {}).items()
            for value in (given if isinstance(given, list) else [given])
        ]

    def is_complete(self, content: Content, answer: dict[str, Any] | None) -> bool:
        return len(answer or ()) == len(content["gaps"])

    def mark(self, content: Content, answer: dict[str, Any] | None) -> Fraction:
        given = answer or {}
        return marking.gaps((_share(gap, given.get(gap["id"]))[0], int(gap["weight"])) for gap in content["gaps"])

    def _said(self, gap: Mapping[str, Any], given: Any) -> str:
        if gap["kind"] in (CHOICE, SEVERAL):
            chosen = {given} if isinstance(given, str) else set(given)
            return ", ".join(row["text"] for row in gap["answers"] if row["id"] in chosen)
        return str(given)

    def summarise(self, content: Content, answer: dict[str, Any] | None) -> str:
        return "; ".join(
            f"({number}) {self._said(gap, answer[gap['id']])}"
            for number, gap in enumerate(content["gaps"], start=1)
            if answer and gap["id"] in answer
        )

    def right_summary(self, content: Content) -> str:
        return "; ".join(
            f"({number}) {', '.join(row['text'] for row in _best_rows(gap))}"
            for number, gap in enumerate(content["gaps"], start=1)
        )

    def explain(self, content: Content, answer: dict[str, Any] | None) -> list[Explained]:
        lines = []
        for number, gap in enumerate(content["gaps"], start=1):
            if answer and gap["id"] in answer:
                share, reason = _share(gap, answer[gap["id"]])
                said = self._said(gap, answer[gap["id"]])
                lines.append(Explained(f"({number}) {said}", share == marking.FULL, reason))
        return lines

    def texts(self, content: Content) -> list[str]:
        return [content["text"], *(row["text"] for gap in content["gaps"] for row in gap["answers"])]

    def parts(self, content: Content) -> tuple[Part, ...]:
        return tuple(
            Part(
                gap["id"],
                f"({number})",
                tuple(
                    Choice(row["id"], row["text"], Fraction(str(row["fraction"])) > 0, Fraction(str(row["fraction"])))
                    for row in gap["answers"]
                )
                if gap["kind"] in (CHOICE, SEVERAL)
                else (),
            )
            for number, gap in enumerate(content["gaps"], start=1)
        )

    def responses(self, content: Content, answer: dict[str, Any] | None) -> dict[str, tuple[str, ...]]:
        return {key: tuple(given) if isinstance(given, list) else (given,) for key, given in (answer or {}).items()}

    def map_texts(self, content: Content, change: Any) -> Content:
        gaps = [
            {
                **gap,
                "answers": [
                    {**row, "text": change(row["text"]), "reason": change(row.get("reason", ""))}
                    for row in gap["answers"]
                ],
            }
            for gap in content["gaps"]
        ]
        return {"text": change(content["text"]), "gaps": gaps}

    def from_source(self, source: Mapping[str, Any]) -> Content:
        return read(str(source.get("text", "")))

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        return {
            "text": forms.CharField(
                label=gettext_lazy("Text with questions inside"),
                initial=write(content) if content else "",
                widget=forms.Textarea(attrs={"rows": 10}),
                help_text=gettext_lazy(
                    "A gap stands in braces: its weight, its kind, its answers; = before a right one, ~ before the "
                    "others, # before what the learner is told. {1:MULTICHOICE:=the page~the group} · "
                    "{1:SHORTANSWER:=Standing Board} · {2:NUMERICAL:=5:0,5} · {1:MULTIRESPONSE:=a~=b~c}"
                ),
            )
        }

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        return read(str(cleaned.get("text", "")).replace("\r\n", "\n"))


def _best_rows(gap: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What is right: all that earn something of several, else the first of those that earn most."""
    if gap["kind"] == SEVERAL:
        return [row for row in gap["answers"] if Fraction(str(row["fraction"])) > 0]
    return [max(gap["answers"], key=lambda row: Fraction(str(row["fraction"])))]


def _judge(gap: Any) -> list[str]:
    answers = gap.get("answers") or []
    if gap.get("kind") not in KINDS or not 1 <= len(answers) <= MOST_ANSWERS:
        return [_("it needs from one to eight answers.")]
    if not isinstance(gap.get("weight"), int) or not 1 <= gap["weight"] <= 20:
        return [_("its weight is a whole number from 1 to 20.")]
    if any(not row.get("text") for row in answers):
        return [_("an answer has no text.")]
    if len({row["text"] for row in answers}) != len(answers):
        return [_("two answers have the same text.")]
    try:
        shares = [Fraction(str(row.get("fraction"))) for row in answers]
    except (ValueError, ZeroDivisionError):
        return [_("an answer has no share.")]
    earned = sum(share for share in shares if share > 0) if gap["kind"] == SEVERAL else max(shares)
    if not Fraction(99, 100) <= earned <= 2:
        return [_("none of its answers earns the whole mark.")]
    if gap["kind"] in (CHOICE, SEVERAL) and len(answers) < 2:
        return [_("it offers only one answer.")]
    if gap["kind"] == NUMERIC and any(marking.number_range(row["text"]) is None for row in answers):
        return [_("a right answer is not a number.")]
    return []


def content_of(parsed: written.Text) -> Content:
    """What the reader of the written form found, as content. Ids come from the texts."""
    text = ""
    gaps: list[dict[str, Any]] = []
    for piece in parsed.pieces:
        if isinstance(piece, str):
            text += piece
            continue
        taken: set[str] = set()
        rows = piece.answers
        shares = [row.fraction for row in rows]
        if piece.kind == SEVERAL and shares.count(Fraction(1)) > 1:
            # Several that are right share the mark.
            shares = [Fraction(1, shares.count(Fraction(1))) if share == 1 else share for share in shares]
        gaps.append(
            {
                "id": f"g{len(gaps) + 1}",
                "kind": piece.kind,
                "weight": piece.weight,
                "exact": piece.is_exact,
                "answers": [
                    {
                        "id": new_id(row.text, taken),
                        "text": plain(row.text),
                        "fraction": str(share),
                        "reason": plain(row.feedback),
                    }
                    for row, share in zip(rows, shares, strict=True)
                ],
            }
        )
        text += f"[[{len(gaps)}]]"
    return {"text": plain(text), "gaps": gaps}


def read(source: str) -> Content:
    """The written form → content; one that cannot be read is content whose ``problem`` ``validate`` tells."""
    try:
        return content_of(written.parse(plain(source)))
    except RefusedError as refused:
        return {"text": plain(source), "gaps": [], "problem": str(refused.values.get("text", ""))[:80]}


def write(content: Content) -> str:
    """The inverse of ``read``."""
    if content.get("problem"):
        return str(content["text"])

    def gap(found: re.Match[str]) -> str:
        row = content["gaps"][int(found[1]) - 1]
        name = _NAMES[row["kind"]] + ("_C" if row.get("exact") else "")
        return "{" + f"{row['weight']}:{name}:" + "~".join(_answer(answer) for answer in row["answers"]) + "}"

    return GAP.sub(gap, content["text"])


def _answer(row: Mapping[str, Any]) -> str:
    share = Fraction(str(row["fraction"]))
    percent = f"{float(share * 100):.5f}".rstrip("0").rstrip(".")
    sign = "=" if share == 1 else f"%{percent}%" if share else ""
    reason = f"#{_escaped(row['reason'])}" if row.get("reason") else ""
    return f"{sign}{_escaped(row['text'])}{reason}"


def _escaped(text: str) -> str:
    return _TO_ESCAPE.sub(r"\\\1", text)


TYPE = Cloze()
