"""The one shape of a type of question.

Content is JSON and carries stable, opaque ids: an id says nothing about what is right, or in which order it stood,
because it is sent to the browser.
"""

import abc
import hashlib
import random
import unicodedata
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Protocol

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _

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


@dataclass(frozen=True)
class Choice:
    """One thing that may be answered to a part. ``credit``: what it earns of the part, None where it depends."""

    key: str
    text: str
    is_right: bool
    credit: Fraction | None = None


@dataclass(frozen=True)
class Part:
    """A piece of a question that is answered for itself (a row, a gap), for the table of responses.

    No ``choices``: the answers are free and are counted as they were written.
    """

    key: str
    text: str
    choices: tuple[Choice, ...] = ()


class QuestionType(abc.ABC):
    """One type of question. A folder of this package whose ``__init__`` has a ``TYPE`` of this class is a type.

    In the folder: ``question.html`` (``question.shown`` is what ``present`` answers, ``question.field`` the name of the
    form field, ``question.position`` a number that is unique on the page), ``static/`` for a script or a style sheet of
    its own (served as ``lms/types/<NAME>/…``), ``exchange.py`` and ``sheets.py`` for the formats (see quizzes.formats).

    Adding a folder adds the type everywhere: bank, attempt, review, analysis. Nothing else changes.
    """

    NAME: ClassVar[str]
    LABEL: ClassVar[str | Promise]
    # Keys that belong to the type in a [[question]] of a content package.
    SOURCE_KEYS: ClassVar[frozenset[str]]
    # Order of the menu "new question".
    ORDER: ClassVar[int] = 100
    # False: nothing is asked, as in an introduction; it has no number, no mark, and is never drawn.
    IS_ASKED: ClassVar[bool] = True
    # True: a person marks some or all answers; ``mark`` answers None for those.
    NEEDS_MARKER: ClassVar[bool] = False
    # Files of ``static/`` that the page of a question of this type loads, e.g. ("words.js",) and ("words.css",).
    SCRIPTS: ClassVar[tuple[str, ...]] = ()
    STYLES: ClassVar[tuple[str, ...]] = ()
    TEMPLATE: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "NAME" in cls.__dict__:
            cls.TEMPLATE = f"types/{cls.NAME}/question.html"

    # --- What it is made of ---

    @abc.abstractmethod
    def validate(self, content: Content) -> list[str]:
        """What is wrong with ``content``, in sentences; never raises, whatever JSON it is given."""

    @abc.abstractmethod
    def from_source(self, source: Mapping[str, Any]) -> Content:
        """The keys of a [[question]] → content, to be judged by ``validate``."""

    @abc.abstractmethod
    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        """The form of the CMS; ``content`` is {} for a new question."""

    @abc.abstractmethod
    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        """What that form says → content, to be judged by ``validate``. Ids of parts that stay are kept."""

    def texts(self, content: Content) -> list[str]:
        """Every text that a learner reads besides the stem: for search and for finding duplicates."""
        return []

    def map_texts(self, content: Content, change: Callable[[str], str]) -> Content:
        """``content`` with every text an author wrote passed through ``change`` (an old code table → Unicode)."""
        return _map_strings(content, change, frozenset({"id", "right", "scheme", "metric", "picture", "type"}))

    def pictures(self, content: Content) -> set[str]:
        """SHA-256 of the pictures that the content shows (quizzes.models.QuestionPicture)."""
        return set()

    def weight(self, content: Content) -> int:
        """How many questions it counts for: the slot's mark is multiplied by it. A case set counts its items."""
        return 1 if self.IS_ASKED else 0

    # --- One attempt ---

    @abc.abstractmethod
    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> Order:
        """The order of the parts for one attempt, as JSON; the same ``rng`` gives the same."""

    @abc.abstractmethod
    def present(self, content: Content, order: Order, answer: Answer | None) -> object:
        """What the template gets as ``question.shown``. Nothing in it tells what is right."""

    @abc.abstractmethod
    def parse(self, post: Post, name: str, content: Content) -> Answer | None:
        """The answer as JSON, None where nothing was chosen; BadAnswerError for what our form cannot send."""

    @abc.abstractmethod
    def fields(self, answer: Answer | None, name: str) -> list[tuple[str, str]]:
        """The inverse of ``parse``: what the form would post."""

    @abc.abstractmethod
    def is_complete(self, content: Content, answer: Answer | None) -> bool:
        """Nothing is left to choose."""

    # --- Marking and review ---

    @abc.abstractmethod
    def mark(self, content: Content, answer: Answer | None) -> Fraction | None:
        """A share in [0, 1] for any answer that ``parse`` let through; None: a person has to mark it.

        No answer is always 0, so that nobody marks empty pages.
        """

    @abc.abstractmethod
    def summarise(self, content: Content, answer: Answer | None) -> str:
        """The answer as one line of plain text, kept with the attempt."""

    @abc.abstractmethod
    def right_summary(self, content: Content) -> str:
        """The right answer as one line of plain text, kept with the attempt; "" where there is none."""

    @abc.abstractmethod
    def explain(self, content: Content, answer: Answer | None) -> list[Explained]:
        """What was chosen, line by line, with its reason."""

    # --- Analysis and regrading ---

    def guess(self, content: Content) -> Fraction | None:
        """What blind guessing earns on average (requirements §2.6); None where that says nothing."""
        return None

    def parts(self, content: Content) -> tuple[Part, ...]:
        return ()

    def responses(self, content: Content, answer: Answer | None) -> dict[str, tuple[str, ...]]:
        """By key of a part: the keys of what was chosen, or the text that was written."""
        return {}

    def incompatible(self, old: Content, new: Content) -> str:
        """Why answers to ``old`` cannot be marked by ``new``, in a sentence; "" if they can. Same ids, same meaning."""
        same = [part.key for part in self.parts(old)] == [part.key for part in self.parts(new)]
        return "" if same else _("The parts of the question are not the same.")


def _map_strings(value: Any, change: Callable[[str], str], kept: Set[str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_map_strings(item, change, kept) for item in value]
    if isinstance(value, dict):
        return {key: item if key in kept else _map_strings(item, change, kept) for key, item in value.items()}
    return value


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
