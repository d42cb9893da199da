"""One case – a post, a thread of comments, a screenshot – and three to five questions about it, asked as a block.

Content: ``{"stimulus", "items": [{"id", "type", "stem", "content", "reason", "mark"}]}`` and the keys of a picture
(types.pictures); ``content`` is what the item's own type says. Items are of any type that is marked by itself; ``mark``
weighs them against each other. The set counts as many questions as it has items.

Answer: item id → ``{"type", "answer"}``, only of those answered. Fields and parts of an item begin with its id.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes import marking, types
from quizzes.types import pictures
from quizzes.types.base import Content, Explained, Part, Post, QuestionType, new_id, plain, shuffled
from quizzes.types.case_set.items import ItemsField, item_types
from quizzes.types.zones import tables

LEAST_ITEMS, MOST_ITEMS, MOST_MARK = 3, 5, 10


@dataclass(frozen=True)
class ItemShown:
    """As a question of its own to its template; ``field`` and ``position`` come from the question around it."""

    id: str
    number: int
    stem: str
    template: str
    shown: object
    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    field: str = ""
    position: str = ""

    def inside(self, field: str, position: object) -> "ItemShown":
        return replace(self, field=f"{field}-{self.id}", position=f"{position}-{self.number}")


@dataclass(frozen=True)
class Shown:
    stimulus: str
    picture: pictures.Picture | None
    alt: str
    items: tuple[ItemShown, ...]


def _kind(item: Mapping[str, Any]) -> QuestionType:
    return types.get(item["type"])


def _short(item: Mapping[str, Any]) -> str:
    """Items are shuffled, so a number would not say which is meant."""
    return Truncator(" ".join(item["stem"].split())).chars(80)


def _with_id(item: Mapping[str, Any], taken: set[str]) -> dict[str, Any]:
    key = str(item.get("id") or "")
    if not key.isalnum() or key in taken:
        key = new_id(item["stem"], taken)
    taken.add(key)
    return {**item, "id": key}


class CaseSet(QuestionType):
    NAME = "case_set"
    LABEL = gettext_lazy("Case with several questions")
    SOURCE_KEYS = frozenset({"stimulus", "picture", "width", "height", "alt", "items"})
    ORDER = 150
    STYLES = ("case.css",)

    def validate(self, content: Content) -> list[str]:
        errors = pictures.problems(content, required=False)
        stimulus, items = content.get("stimulus", ""), tables(content.get("items"))
        if not isinstance(stimulus, str) or not (stimulus.strip() or "picture" in content):
            errors.append(_("Give the case: a text, a picture, or both."))
        if not LEAST_ITEMS <= len(items) <= MOST_ITEMS:
            errors.append(_("A case has from three to five questions."))
        keys = [item.get("id") for item in items]
        if any(not isinstance(key, str) or not key.isalnum() for key in keys) or len(set(keys)) != len(keys):
            errors.append(_("Two questions have the same id."))
        for number, item in enumerate(items, start=1):
            errors += [_("Question %(number)s: %(problem)s") % {"number": number, "problem": problem}
                       for problem in self._problems(item)]  # fmt: skip
        return errors

    def _problems(self, item: Mapping[str, Any]) -> list[str]:
        if item.get("type") not in [kind.NAME for kind in item_types()]:
            return [_("There is no such type of question for a case.")]
        content, mark, problems = item.get("content"), item.get("mark"), []
        if not isinstance(item.get("stem"), str) or not item["stem"].strip():
            problems.append(_("The question has no text."))
        if not isinstance(item.get("reason", ""), str):
            problems.append(_("The explanation is a text."))
        if not isinstance(mark, int) or isinstance(mark, bool) or not 1 <= mark <= MOST_MARK:
            problems.append(_("Give a weight from 1 to 10."))
        return problems + _kind(item).validate(content if isinstance(content, dict) else {})

    def texts(self, content: Content) -> list[str]:
        own = [text for text in (content["stimulus"], content.get("alt", "")) if text]
        return own + [text for item in content["items"]
                      for text in (item["stem"], *_kind(item).texts(item["content"]))]  # fmt: skip

    def map_texts(self, content: Content, change: Callable[[str], str]) -> Content:
        """Each item by its own type, which knows best what is a text."""
        mapped = super().map_texts({key: value for key, value in content.items() if key != "items"}, change)
        items = [
            {
                **item,
                "stem": change(item["stem"]),
                "reason": change(item.get("reason", "")),
                "content": _kind(item).map_texts(item["content"], change),
            }
            for item in content["items"]
        ]
        return {**mapped, "items": items}

    def pictures(self, content: Content) -> set[str]:
        own = {content["picture"]} if content.get("picture") else set()
        return own.union(*(_kind(item).pictures(item["content"]) for item in content["items"]))

    def weight(self, content: Content) -> int:
        return len(content["items"])

    # --- One attempt ---

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> dict[str, Any]:
        return {
            "items": shuffled([item["id"] for item in content["items"]], rng, shuffles),
            "orders": {item["id"]: _kind(item).freeze(item["content"], rng, shuffles) for item in content["items"]},
        }

    def present(self, content: Content, order: dict[str, Any], answer: dict[str, Any] | None) -> Shown:
        items, given = {item["id"]: item for item in content["items"]}, self._given(answer)
        shown = []
        for number, key in enumerate(order["items"], start=1):
            item, kind = items[key], _kind(items[key])
            shown.append(
                ItemShown(
                    id=key,
                    number=number,
                    stem=item["stem"],
                    template=kind.TEMPLATE,
                    shown=kind.present(item["content"], order["orders"][key], given.get(key)),
                    scripts=tuple(f"lms/types/{kind.NAME}/{file}" for file in kind.SCRIPTS),
                    styles=tuple(f"lms/types/{kind.NAME}/{file}" for file in kind.STYLES),
                )
            )
        return Shown(content["stimulus"], pictures.of(content), content.get("alt", ""), tuple(shown))

    def _given(self, answer: dict[str, Any] | None) -> dict[str, Any]:
        return {key: part["answer"] for key, part in (answer or {}).items()}

    def parse(self, post: Post, name: str, content: Content) -> dict[str, Any] | None:
        answer = {}
        for item in content["items"]:
            given = _kind(item).parse(post, f"{name}-{item['id']}", item["content"])
            if given is not None:
                answer[item["id"]] = {"type": item["type"], "answer": given}
        return answer or None

    def fields(self, answer: dict[str, Any] | None, name: str) -> list[tuple[str, str]]:
        return [
            pair
            for key, part in (answer or {}).items()
            for pair in types.get(part["type"]).fields(part["answer"], f"{name}-{key}")
        ]

    def is_complete(self, content: Content, answer: dict[str, Any] | None) -> bool:
        given = self._given(answer)
        return all(_kind(item).is_complete(item["content"], given.get(item["id"])) for item in content["items"])

    # --- Marking and review ---

    def mark(self, content: Content, answer: dict[str, Any] | None) -> Fraction:
        given = self._given(answer)
        shares = [
            ((_kind(item).mark(item["content"], given.get(item["id"])) or marking.NOTHING), item["mark"])
            for item in content["items"]
        ]
        return sum((share * mark for share, mark in shares), marking.NOTHING) / sum(mark for _share, mark in shares)

    def summarise(self, content: Content, answer: dict[str, Any] | None) -> str:
        given = self._given(answer)
        said = [
            (item, _kind(item).summarise(item["content"], given[item["id"]]))
            for item in content["items"]
            if item["id"] in given
        ]
        return "; ".join(f"{_short(item)} → {summary}" for item, summary in said)

    def right_summary(self, content: Content) -> str:
        said = [(item, _kind(item).right_summary(item["content"])) for item in content["items"]]
        return "; ".join(f"{_short(item)} → {summary}" for item, summary in said if summary)

    def explain(self, content: Content, answer: dict[str, Any] | None) -> list[Explained]:
        """Line by line of each item, the explanation of the item behind its last line."""
        given, found = self._given(answer), []
        for item in content["items"]:
            if item["id"] not in given:
                continue
            lines = _kind(item).explain(item["content"], given[item["id"]])
            for place, line in enumerate(lines, start=1):
                whole = item.get("reason", "") if place == len(lines) else ""
                reason = " ".join(text for text in (line.reason, whole) if text)
                found.append(Explained(f"{_short(item)} → {line.text}", line.is_right, reason))
        return found

    # --- Analysis and regrading ---

    def guess(self, content: Content) -> Fraction | None:
        found = marking.NOTHING
        for item in content["items"]:
            share = _kind(item).guess(item["content"])
            if share is None:
                return None
            found += share * item["mark"]
        return found / sum(item["mark"] for item in content["items"])

    def parts(self, content: Content) -> tuple[Part, ...]:
        return tuple(
            Part(f"{item['id']}-{part.key}", " – ".join(filter(None, [_short(item), part.text])), part.choices)
            for item in content["items"]
            for part in _kind(item).parts(item["content"])
        )

    def responses(self, content: Content, answer: dict[str, Any] | None) -> dict[str, tuple[str, ...]]:
        given = self._given(answer)
        return {
            f"{item['id']}-{key}": chosen
            for item in content["items"]
            if item["id"] in given
            for key, chosen in _kind(item).responses(item["content"], given[item["id"]]).items()
        }

    def incompatible(self, old: Content, new: Content) -> str:
        before = {item["id"]: item for item in old["items"]}
        after = {item["id"]: item for item in new["items"]}
        if before.keys() != after.keys() or any(before[key]["type"] != after[key]["type"] for key in before):
            return _("The questions of the case are not the same.")
        whys = (_kind(item).incompatible(item["content"], after[key]["content"]) for key, item in before.items())
        return next((why for why in whys if why), "")

    # --- What it is made of ---

    def from_source(self, source: Mapping[str, Any]) -> Content:
        """``items``: tables of ``type``, ``stem``, ``reason``, ``mark`` and the keys of that type."""
        taken: set[str] = set()
        items = []
        for row in tables(source.get("items")):
            kind = str(row.get("type", ""))
            known = kind in {each.NAME for each in item_types()}
            item = {
                "type": kind,
                "stem": plain(row.get("stem", "")),
                "content": types.get(kind).from_source(row) if known else {},
                "reason": plain(row.get("reason", "")),
                "mark": row.get("mark", 1),
            }
            items.append(_with_id(item, taken))
        return {"stimulus": plain(source.get("stimulus", "")), **pictures.from_source(source), "items": items}

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        return {
            "stimulus": forms.CharField(
                label=gettext_lazy("The case: what all its questions are about"),
                required=False,
                initial=content.get("stimulus", ""),
                widget=forms.Textarea(attrs={"rows": 8}),
                help_text=gettext_lazy(
                    "A post, a thread of comments, a situation. Empty where the picture says it all."
                ),
            ),
            **pictures.edit_fields(content, required=False),
            "items": ItemsField(
                rows=MOST_ITEMS,
                label=gettext_lazy("Questions of the case (three to five)"),
                initial=content.get("items", []),
            ),
        }

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        taken: set[str] = set()
        return {
            "stimulus": plain(cleaned.get("stimulus") or ""),
            **pictures.chosen(cleaned),
            "items": [_with_id(item, taken) for item in cleaned.get("items") or []],
        }


TYPE = CaseSet()
