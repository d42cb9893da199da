"""Find what breaks a rule in the draft of a post. The draft is cut into pieces; each that breaks a rule names it.

Content: ``{"pieces": [{"id", "text", "violates", "rule", "reason", "opens"}]}`` in the order of the draft; ``opens``:
the piece begins a new paragraph. ``reason`` of a piece that breaks no rule is told to whoever marked it.

Answer: ids of the marked pieces in the order of the draft, or ["none"]: the learner says that the draft breaks no rule.
Saying so is always offered, so that it gives nothing away, and it is how a draft without any violation is answered:
there it earns everything and marking anything earns nothing. In a draft with violations it earns nothing. No mark and
no such statement is no answer.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes import marking
from quizzes.types import ids
from quizzes.types.base import BadAnswerError, Choice, Content, Explained, Part, Post, QuestionType, plain

NONE = "none"
MOST_PIECES = 40
LONGEST = 1000
_PART = "pieces"


@dataclass(frozen=True)
class PieceShown:
    id: str
    text: str
    is_chosen: bool


@dataclass(frozen=True)
class Shown:
    """``paragraphs`` of pieces; ``is_clean``: the learner says that there is nothing to find."""

    paragraphs: tuple[tuple[PieceShown, ...], ...]
    is_clean: bool
    none: str = NONE


# --- The draft as an author writes it ----------------------------------------------------------------


def read(draft: str) -> list[dict[str, Any]]:
    """One piece a line; ``!`` before one that breaks a rule, and under it, after ``>``, the rule and then the reason.

    An empty line begins a paragraph. Under a piece that breaks no rule, ``>`` says why it does not. No ids yet.
    """
    pieces: list[dict[str, Any]] = []
    opens = False
    for line in draft.splitlines():
        bare = plain(line)
        if not bare:
            opens = bool(pieces)
        elif bare.startswith(">") and pieces:
            key = "rule" if pieces[-1]["violates"] and not pieces[-1]["rule"] else "reason"
            pieces[-1][key] = plain(f"{pieces[-1][key]} {bare[1:].strip()}")
        else:
            violates = bare.startswith("!")
            text = bare[1:].strip() if violates else bare
            pieces.append({"text": text, "violates": violates, "rule": "", "reason": "", "opens": opens})
            opens = False
    return pieces


def write(pieces: Iterable[Mapping[str, Any]]) -> str:
    """The inverse of ``read``."""
    lines: list[str] = []
    for piece in pieces:
        if piece.get("opens") and lines:
            lines.append("")
        lines.append(f"! {piece['text']}" if piece["violates"] else piece["text"])
        lines += [f"> {piece[key]}" for key in ("rule", "reason") if piece.get(key)]
    return "\n".join(lines)


def _content(pieces: list[dict[str, Any]], before: Any = None) -> Content:
    keys = ids.kept(before, [piece["text"] for piece in pieces])
    return {"pieces": [{"id": key, **piece} for key, piece in zip(keys, pieces, strict=True)]}


class SpotViolation(QuestionType):
    NAME = "spot_violation"
    LABEL = gettext_lazy("Spot the violation")
    SOURCE_KEYS = frozenset({"draft", "pieces"})
    ORDER = 110
    STYLES = ("spot.css",)

    def validate(self, content: Content) -> list[str]:
        pieces = content.get("pieces")
        if not isinstance(pieces, list) or not all(isinstance(piece, dict) for piece in pieces):
            pieces = []
        errors = []
        if not 2 <= len(pieces) <= MOST_PIECES:
            errors.append(_("Cut the draft into two to forty pieces, one a line."))
        if any(not 0 < len(str(piece.get("text") or "")) <= LONGEST for piece in pieces):
            errors.append(_("A piece of the draft is empty or too long."))
        if any(str(piece.get("text") or "").startswith(("!", ">")) for piece in pieces):
            errors.append(_("A piece cannot begin with “!” or “>”: these say what it is."))
        if any(not isinstance(piece.get(key, False), bool) for piece in pieces for key in ("violates", "opens")):
            errors.append(_("A piece either breaks a rule or does not."))
        if any(piece.get("violates") and not (piece.get("rule") and piece.get("reason")) for piece in pieces):
            errors.append(_("Under each piece that breaks a rule write, after “>”, the rule and then the reason."))
        keys = [str(piece.get("id") or "") for piece in pieces]
        if any(not key.isalnum() or key == NONE for key in keys) or len(set(keys)) != len(keys):
            errors.append(_("Two pieces have the same id."))
        return errors

    def texts(self, content: Content) -> list[str]:
        return [piece["text"] for piece in content["pieces"]]

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        """A draft is read in its own order."""
        return []

    def present(self, content: Content, order: list[str], answer: list[str] | None) -> Shown:
        chosen = set(answer or ())
        paragraphs: list[list[PieceShown]] = []
        for piece in content["pieces"]:
            if piece.get("opens") or not paragraphs:
                paragraphs.append([])
            paragraphs[-1].append(PieceShown(piece["id"], piece["text"], piece["id"] in chosen))
        return Shown(tuple(tuple(row) for row in paragraphs), NONE in chosen)

    def parse(self, post: Post, name: str, content: Content) -> list[str] | None:
        """Whoever marked a piece and said, without a script, that there is none, has marked a piece."""
        sent = post.getlist(name)
        order = [piece["id"] for piece in content["pieces"]]
        if any(value not in order and value != NONE for value in sent) or len(set(sent)) != len(sent):
            raise BadAnswerError(name)
        return [key for key in order if key in sent] or ([NONE] if NONE in sent else None)

    def fields(self, answer: list[str] | None, name: str) -> list[tuple[str, str]]:
        return [(name, key) for key in answer or ()]

    def is_complete(self, content: Content, answer: list[str] | None) -> bool:
        return bool(answer)

    def _wrong(self, content: Content) -> set[str]:
        return {piece["id"] for piece in content["pieces"] if piece["violates"]}

    def mark(self, content: Content, answer: list[str] | None) -> Fraction:
        """Precision and recall in one: F1 = 2TP / (2TP + FP + FN)."""
        wrong = self._wrong(content)
        if not wrong:
            return marking.FULL if answer == [NONE] else marking.NOTHING
        return marking.f1(wrong, {piece["id"] for piece in content["pieces"]} & set(answer or ()))

    def _join(self, content: Content, chosen: set[str]) -> str:
        if NONE in chosen:
            return _("Nothing breaks a rule")
        return "; ".join(f"“{piece['text']}”" for piece in content["pieces"] if piece["id"] in chosen)

    def summarise(self, content: Content, answer: list[str] | None) -> str:
        return self._join(content, set(answer or ()))

    def right_summary(self, content: Content) -> str:
        rows = [piece for piece in content["pieces"] if piece["violates"]]
        return "; ".join(f"“{row['text']}” ({row['rule']})" for row in rows) or self._join(content, {NONE})

    def explain(self, content: Content, answer: list[str] | None) -> list[Explained]:
        chosen = set(answer or ())
        if NONE in chosen:
            return [Explained(self._join(content, chosen), not self._wrong(content))]
        return [
            Explained(
                piece["text"],
                piece["violates"],
                ": ".join(piece[key] for key in ("rule", "reason") if piece.get(key)),
            )
            for piece in content["pieces"]
            if piece["id"] in chosen
        ]

    def parts(self, content: Content) -> tuple[Part, ...]:
        wrong = self._wrong(content)
        choices = [Choice(piece["id"], piece["text"], piece["violates"]) for piece in content["pieces"]]
        return (Part(_PART, "", (*choices, Choice(NONE, self._join(content, {NONE}), not wrong))),)

    def responses(self, content: Content, answer: list[str] | None) -> dict[str, tuple[str, ...]]:
        return {_PART: tuple(answer)} if answer else {}

    def incompatible(self, old: Content, new: Content) -> str:
        same = {piece["id"] for piece in old["pieces"]} == {piece["id"] for piece in new["pieces"]}
        return "" if same else _("The draft is not cut into the same pieces.")

    def from_source(self, source: Mapping[str, Any]) -> Content:
        """``draft`` as an author writes it (see ``read``), or ``pieces`` as tables with the keys of the content."""
        if isinstance(source.get("draft"), str):
            return _content(read(source["draft"]))
        rows = source.get("pieces", [])
        return _content(
            [
                {
                    "text": plain(row.get("text", "")),
                    "violates": row.get("violates") is True,
                    "rule": plain(row.get("rule", "")),
                    "reason": plain(row.get("reason", "")),
                    "opens": row.get("opens") is True,
                }
                for row in (rows if isinstance(rows, list) else [])
                if isinstance(row, Mapping)
            ]
        )

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        pieces = content.get("pieces", [])
        return {
            "draft": forms.CharField(
                label=gettext_lazy("Draft of the post, one piece a line"),
                initial=write(pieces),
                widget=forms.Textarea(attrs={"rows": 16}),
                help_text=gettext_lazy(
                    "Put “!” before a piece that breaks a rule, and under it two lines that begin with “>”: the rule, "
                    "and why this breaks it. An empty line begins a new paragraph. Under a piece that is in order, a "
                    "line with “>” tells whoever marked it why it is. A draft without “!” is right if the learner says "
                    "that nothing breaks a rule."
                ),
            ),
            "draft_ids": ids.field((piece["id"], piece["text"]) for piece in pieces),
        }

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        return _content(read(str(cleaned.get("draft") or "")), cleaned.get("draft_ids"))


TYPE = SpotViolation()
