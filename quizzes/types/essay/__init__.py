"""A text in the learner's own words, perhaps with files; a person marks it.

Content: ``{"least_words", "most_words", "template", "file_kinds", "most_files", "notes"}``; 0 words: no limit.
``template`` stands in the field at first, and sent back unchanged it is no answer. ``notes`` are for whoever marks and
are never shown to a learner.

Answer: ``{"text", "files"}`` (types.answer_files). The text is light Markdown with paragraphs. Too short or too long a
text is kept, shown as unfinished, and judged by the marker.
"""

import random
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from quizzes import marking
from quizzes.types import answer_files
from quizzes.types.base import BadAnswerError, Content, Explained, Post, QuestionType, one, plain

LONGEST = 20_000
MOST_WORDS = 3_000


@dataclass(frozen=True)
class Shown:
    """``words``: how many there are now; ``limits``: what is asked for, as a sentence or ""."""

    text: str
    is_given: bool
    words: int
    least: int
    most: int
    limits: str
    longest: int
    files: tuple[answer_files.FileShown, ...]
    rules: answer_files.FileRules


def words(text: str) -> int:
    """As word processors count: pieces between spaces that hold a letter or a digit."""
    return sum(any(char.isalnum() for char in piece) for piece in text.split())


def tidy(text: str) -> str:
    """NFC, one kind of line break, nothing that no editor shows, no empty lines around."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(char for char in line if char == "\t" or char >= " ").rstrip() for line in lines).strip(
        "\n"
    )


def _limits(least: int, most: int) -> str:
    if least and most:
        return _("From %(least)s to %(most)s words.") % {"least": least, "most": most}
    if least:
        return ngettext("At least %(count)s word.", "At least %(count)s words.", least) % {"count": least}
    if most:
        return ngettext("At most %(count)s word.", "At most %(count)s words.", most) % {"count": most}
    return ""


class Essay(QuestionType):
    NAME = "essay"
    LABEL = gettext_lazy("Essay")
    SOURCE_KEYS = frozenset({"least_words", "most_words", "template", "file_kinds", "most_files", "notes"})
    ORDER = 200
    NEEDS_MARKER = True
    SCRIPTS = ("essay.js",)
    STYLES = ("essay.css",)

    def file_rules(self, content: Content) -> answer_files.FileRules:
        return answer_files.rules_in(content)

    def validate(self, content: Content) -> list[str]:
        least, most = content.get("least_words"), content.get("most_words")
        errors = []
        if any(not isinstance(n, int) or isinstance(n, bool) or not 0 <= n <= MOST_WORDS for n in (least, most)):
            errors.append(_("Give the least and the most words, from 0 (no limit) to 3000."))
        elif most and least > most:  # type: ignore[operator]
            errors.append(_("The least words are more than the most words."))
        if any(not isinstance(content.get(key, ""), str) for key in ("template", "notes")):
            errors.append(_("Template and notes are texts."))
        elif len(content.get("template", "")) > LONGEST:
            errors.append(_("The template is too long."))
        return errors + answer_files.problems(content)

    def texts(self, content: Content) -> list[str]:
        return [content["template"]] if content.get("template") else []

    def map_texts(self, content: Content, change: Callable[[str], str]) -> Content:
        return {**content, **{key: change(content.get(key, "")) for key in ("template", "notes")}}

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        return []

    def present(self, content: Content, order: list[str], answer: dict[str, Any] | None) -> Shown:
        text = answer["text"] if answer else content.get("template", "")
        least, most = content["least_words"], content["most_words"]
        return Shown(
            text=text,
            is_given=answer is not None,
            words=words(text),
            least=least,
            most=most,
            limits=_limits(least, most),
            longest=LONGEST,
            files=answer_files.shown(answer["files"] if answer else ()),
            rules=self.file_rules(content),
        )

    def parse(self, post: Post, name: str, content: Content) -> dict[str, Any] | None:
        text = tidy(one(post, name))
        if len(text) > LONGEST:
            raise BadAnswerError(name)
        files = answer_files.parse(post, name, self.file_rules(content))
        if not text.strip() or text == tidy(content.get("template", "")):
            text = ""
        return {"text": text, "files": files} if text or files else None

    def fields(self, answer: dict[str, Any] | None, name: str) -> list[tuple[str, str]]:
        if not answer:
            return []
        return [(name, answer["text"])] * bool(answer["text"]) + answer_files.fields(answer["files"], name)

    def is_complete(self, content: Content, answer: dict[str, Any] | None) -> bool:
        if not answer:
            return False
        count = words(answer["text"])
        return count >= content["least_words"] and (not content["most_words"] or count <= content["most_words"])

    def mark(self, content: Content, answer: dict[str, Any] | None) -> Fraction | None:
        return None if answer else marking.NOTHING

    def summarise(self, content: Content, answer: dict[str, Any] | None) -> str:
        if not answer:
            return ""
        names = [file["name"] for file in answer["files"]]
        return " ".join([*answer["text"].split(), *(f"[{name}]" for name in names)])

    def right_summary(self, content: Content) -> str:
        return ""

    def explain(self, content: Content, answer: dict[str, Any] | None) -> list[Explained]:
        if not answer:
            return []
        said = [answer["text"]] if answer["text"] else []
        return [Explained(text, None) for text in [*said, *(file["name"] for file in answer["files"])]]

    def incompatible(self, old: Content, new: Content) -> str:
        """What a person has marked is marked again by a person, whatever changed."""
        return ""

    def from_source(self, source: Mapping[str, Any]) -> Content:
        return {
            "least_words": source.get("least_words", 0),
            "most_words": source.get("most_words", 0),
            "template": tidy(str(source.get("template", ""))),
            "notes": plain(source.get("notes", "")),
            **answer_files.from_source(source),
        }

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        return {
            "least_words": forms.IntegerField(
                label=gettext_lazy("Least words (0: no limit)"),
                initial=content.get("least_words", 0),
                min_value=0,
                max_value=MOST_WORDS,
            ),
            "most_words": forms.IntegerField(
                label=gettext_lazy("Most words (0: no limit)"),
                initial=content.get("most_words", 0),
                min_value=0,
                max_value=MOST_WORDS,
            ),
            "template": forms.CharField(
                label=gettext_lazy("What stands in the field at first"),
                required=False,
                initial=content.get("template", ""),
                strip=False,
                max_length=LONGEST,
                widget=forms.Textarea(attrs={"rows": 4}),
                help_text=gettext_lazy("Headings or beginnings of sentences to be filled in, for example."),
            ),
            **answer_files.edit_fields(content),
            "notes": notes_field(content),
        }

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        return {
            "least_words": cleaned.get("least_words") or 0,
            "most_words": cleaned.get("most_words") or 0,
            "template": tidy(str(cleaned.get("template") or "")),
            "notes": plain(cleaned.get("notes") or ""),
            **answer_files.chosen(cleaned),
        }


def notes_field(content: Content) -> forms.Field:
    return forms.CharField(
        label=gettext_lazy("Notes for whoever marks"),
        required=False,
        initial=content.get("notes", ""),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("What a good answer holds, how marks are given. Learners never see it."),
    )


TYPE = Essay()
