"""The one shape of a type of question. A module of this package that has all of it is a type.

Content is JSON and carries stable, opaque ids: an id says nothing about what is right, or in which order it stood,
because it is sent to the browser.
"""

import hashlib
import random
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from django import forms
from django.utils.functional import Promise

Content = dict[str, Any]
Answer = Any
Order = Any


class BadAnswerError(ValueError):
    """What was posted cannot have come from our form: an unknown option, a number out of range, a second value."""


class Post(Protocol):
    """As much of a QueryDict as a type may use."""

    def get(self, key: str, default: Any = None, /) -> Any: ...

    def getlist(self, key: str, /) -> Sequence[Any]: ...


@dataclass(frozen=True)
class Explained:
    """A line of the review: what was chosen (or is right), whether that is right, and why."""

    text: str
    is_right: bool | None
    reason: str = ""


class QuestionType(Protocol):
    """``freeze`` fixes the order of the parts for one attempt; ``present`` is what the template gets.

    ``parse`` answers None where nothing was chosen and raises BadAnswerError for what our form cannot send; ``fields``
    is its inverse. ``is_complete``: nothing left to choose. ``mark`` answers a share in [0, 1] for any answer that
    ``parse`` let through. ``from_source`` reads one [[question]] of a content package, ``edit_fields`` and
    ``from_form`` are its form in the CMS; both make content that ``validate`` then judges in sentences.
    """

    @property
    def NAME(self) -> str: ...  # noqa: N802  a constant of the module

    @property
    def LABEL(self) -> str | Promise: ...  # noqa: N802

    @property
    def TEMPLATE(self) -> str: ...  # noqa: N802

    @property
    def SOURCE_KEYS(self) -> frozenset[str]: ...  # noqa: N802

    def validate(self, content: Content) -> list[str]: ...

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> Order: ...

    def present(self, content: Content, order: Order, answer: Answer | None) -> object: ...

    def parse(self, post: Post, name: str, content: Content) -> Answer | None: ...

    def fields(self, answer: Answer | None, name: str) -> list[tuple[str, str]]: ...

    def is_complete(self, content: Content, answer: Answer | None) -> bool: ...

    def mark(self, content: Content, answer: Answer | None) -> Fraction: ...

    def summarise(self, content: Content, answer: Answer | None) -> str: ...

    def right_summary(self, content: Content) -> str: ...

    def explain(self, content: Content, answer: Answer | None) -> list[Explained]: ...

    def from_source(self, source: Mapping[str, Any]) -> Content: ...

    def edit_fields(self, content: Content) -> dict[str, forms.Field]: ...

    def from_form(self, cleaned: Mapping[str, Any]) -> Content: ...


def plain(text: object) -> str:
    """``text`` in NFC without spaces at the ends; line breaks stay."""
    return unicodedata.normalize("NFC", str(text)).strip()


def new_id(text: str, taken: set[str]) -> str:
    """An id for a part: the same text gives the same id, and the id tells nothing. ``taken`` grows."""
    salt = 0
    while True:
        found = hashlib.blake2b(f"{text}\0{salt}".encode(), digest_size=4).hexdigest()
        if found not in taken:
            taken.add(found)
            return found
        salt += 1


def one(post: Post, name: str) -> str:
    """The single value posted under ``name``, "" when there is none."""
    values = post.getlist(name)
    if len(values) > 1 or any(not isinstance(value, str) for value in values):
        raise BadAnswerError(name)
    return values[0] if values else ""


def shuffled(ids: Sequence[str], rng: random.Random, shuffles: bool) -> list[str]:
    found = list(ids)
    if shuffles:
        rng.shuffle(found)
    return found


def lines(text: str) -> list[str]:
    return [plain(line) for line in str(text or "").splitlines() if plain(line)]
