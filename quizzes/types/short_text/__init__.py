"""Write it. Content: ``{"accepted": [text], "exact": bool}``. Answer: the text as written, cleaned.

And ``"more": [{"text", "match", "fraction", "reason"}]`` where further answers have a rule or a share of their own.
Of ``accepted`` each earns everything; case, diacritics and spaces do not matter unless ``exact``. ``match`` is one of
quizzes.marking.MATCHERS. The best fit counts.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.core import text
from quizzes import marking
from quizzes.rules import patterns
from quizzes.types import options
from quizzes.types.base import BadAnswerError, Content, Explained, Part, Post, QuestionType, lines, one, plain
from quizzes.types.soundness import never_raises

LONGEST = 200
MOST_MORE = 4
MATCHER_LABELS = {
    marking.FOLDED: gettext_lazy("case and diacritics do not matter"),
    marking.NO_CASE: gettext_lazy("diacritics matter, case does not"),
    marking.AS_WRITTEN: gettext_lazy("exactly as written"),
    marking.WILDCARD: gettext_lazy("* stands for anything"),
    marking.PATTERN: gettext_lazy("pattern"),
}


@dataclass(frozen=True)
class Shown:
    text: str
    longest: int = LONGEST


@dataclass(frozen=True)
class _Fit:
    share: Fraction
    reason: str = ""


def _best(content: Content, answer: str) -> _Fit | None:
    """The best of what ``answer`` fits, None if it fits nothing."""
    found = []
    if marking.short_text(content["accepted"], answer, exact=content.get("exact", False)):
        found.append(_Fit(marking.FULL))
    for row in content.get("more", []):
        if marking.fits(answer, row["text"], row["match"]):
            found.append(_Fit(marking.clamp(Fraction(str(row["fraction"]))), row.get("reason", "")))
    return max(found, key=lambda fit: fit.share, default=None)


class ShortText(QuestionType):
    NAME = "short_text"
    LABEL = gettext_lazy("Short answer")
    SOURCE_KEYS = frozenset({"accepted", "exact", "more"})
    ORDER = 60

    @never_raises
    def validate(self, content: Content) -> list[str]:
        accepted = content.get("accepted") or []
        errors = []
        if not accepted:
            errors.append(_("Give at least one accepted answer."))
        if any(
            not isinstance(answer, str) or not marking.comparable_exact(answer) or len(answer) > LONGEST
            for answer in accepted
        ):
            errors.append(_("An accepted answer is empty or too long."))
        for row in content.get("more") or []:
            errors += self._judge(row)
        return errors

    def _judge(self, row: Any) -> list[str]:
        if not isinstance(row, Mapping) or not plain(row.get("text", "")) or len(str(row["text"])) > LONGEST:
            return [_("An accepted answer is empty or too long.")]
        if row.get("match") not in marking.MATCHERS:
            return [_("There is no such way of comparing.")]
        try:
            in_range = 0 <= Fraction(str(row.get("fraction"))) <= 1
        except (ValueError, ZeroDivisionError):
            in_range = False
        if not in_range:
            return [_("A share lies between 0 and 100 %.")]
        if row["match"] == marking.PATTERN:
            try:
                patterns.compiled(str(row["text"]))
            except patterns.PatternError:
                return [_("“%(pattern)s” is not a pattern that is understood here.") % {"pattern": row["text"]}]
        return []

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        return []

    def present(self, content: Content, order: list[str], answer: str | None) -> Shown:
        return Shown(answer or "")

    def parse(self, post: Post, name: str, content: Content) -> str | None:
        written = text.clean(one(post, name).replace("\0", ""))
        if len(written) > LONGEST:
            raise BadAnswerError(name)
        return written or None

    def fields(self, answer: str | None, name: str) -> list[tuple[str, str]]:
        return [(name, answer)] if answer else []

    def is_complete(self, content: Content, answer: str | None) -> bool:
        return bool(answer)

    def mark(self, content: Content, answer: str | None) -> Fraction:
        best = _best(content, answer) if answer else None
        return best.share if best else marking.NOTHING

    def summarise(self, content: Content, answer: str | None) -> str:
        return answer or ""

    def right_summary(self, content: Content) -> str:
        return str(content["accepted"][0])

    def explain(self, content: Content, answer: str | None) -> list[Explained]:
        if not answer:
            return []
        best = _best(content, answer)
        return [Explained(answer, best is not None and best.share == marking.FULL, best.reason if best else "")]

    def parts(self, content: Content) -> tuple[Part, ...]:
        return (Part("", ""),)

    def responses(self, content: Content, answer: str | None) -> dict[str, tuple[str, ...]]:
        return {"": (answer,)} if answer else {}

    def incompatible(self, old: Content, new: Content) -> str:
        return ""

    def map_texts(self, content: Content, change: Any) -> Content:
        more = [
            {**row, "text": change(row["text"]), "reason": change(row.get("reason", ""))}
            for row in content.get("more", [])
        ]
        changed = {**content, "accepted": [change(answer) for answer in content["accepted"]]}
        return {**changed, "more": more} if more else changed

    def from_source(self, source: Mapping[str, Any]) -> Content:
        content = {
            "accepted": [plain(row) for row in source.get("accepted", [])],
            "exact": source.get("exact") is True,
        }
        more = [_row(row) for row in source.get("more", []) if isinstance(row, Mapping)]
        return {**content, "more": more} if more else content

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        fields: dict[str, forms.Field] = {
            "accepted": forms.CharField(
                label=gettext_lazy("Accepted answers, one a line; the first is shown as the right one"),
                initial="\n".join(content.get("accepted", [])),
                widget=forms.Textarea(attrs={"rows": 4}),
            ),
            "exact": forms.BooleanField(
                label=gettext_lazy("Case and diacritics matter"), required=False, initial=content.get("exact", False)
            ),
        }
        more = content.get("more", [])
        for number in range(MOST_MORE):
            row = more[number] if number < len(more) else {}
            count = {"number": number + 1}
            fields[f"more_{number}_text"] = forms.CharField(
                label=gettext_lazy("Further answer %(number)s") % count,
                required=False,
                initial=row.get("text", ""),
                max_length=LONGEST,
                help_text=gettext_lazy("An answer with a rule or a share of its own, for example half right."),
            )
            fields[f"more_{number}_match"] = forms.ChoiceField(
                label=gettext_lazy("How it is compared"),
                required=False,
                choices=list(MATCHER_LABELS.items()),
                initial=row.get("match", marking.FOLDED),
            )
            fields[f"more_{number}_share"] = options.ShareField(
                label=gettext_lazy("Earns, %"),
                required=False,
                initial=options.percent(row["fraction"]) if row else "",
                max_length=12,
            )
            fields[f"more_{number}_reason"] = forms.CharField(
                label=gettext_lazy("What the learner is told"), required=False, initial=row.get("reason", "")
            )
        return fields

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        more = [
            _row(
                {
                    "text": cleaned[f"more_{number}_text"],
                    "match": cleaned.get(f"more_{number}_match") or marking.FOLDED,
                    "fraction": cleaned.get(f"more_{number}_share") or "1",
                    "reason": cleaned.get(f"more_{number}_reason", ""),
                }
            )
            for number in range(MOST_MORE)
            if plain(cleaned.get(f"more_{number}_text", ""))
        ]
        content: Content = {"accepted": lines(cleaned.get("accepted", "")), "exact": cleaned["exact"]}
        return {**content, "more": more} if more else content


def _row(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "text": plain(row.get("text", "")),
        "match": str(row.get("match", marking.FOLDED)),
        "fraction": str(row.get("fraction", "1")),
        "reason": plain(row.get("reason", "")),
    }


TYPE = ShortText()
