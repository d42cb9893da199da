"""Ids of parts that stay the same when their text was edited in a form that shows no ids."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any

from django import forms

from quizzes.types.base import new_id

# A corrected part is still the same part; one that shares fewer letters with it is another.
_ALIKE = 0.6


def kept(before: Any, texts: Sequence[str]) -> list[str]:
    """An id for each of ``texts``. ``before``: pairs of id and text, as ``field`` carried them; anything else is
    ignored.

    The same text keeps its id; then, in their order, texts that are nearly the same; what is left gets a new one.
    """
    old = _pairs(before)
    found: dict[int, str] = {}
    for index, text in enumerate(texts):
        same = next((key for key, was in old.items() if was == text), None)
        if same is not None:
            found[index] = same
            del old[same]
    for index, text in enumerate(texts):
        if index not in found:
            near = next((key for key, was in old.items() if SequenceMatcher(None, was, text).ratio() >= _ALIKE), None)
            if near is not None:
                found[index] = near
                del old[near]
    # Also what was removed: an id is never given to another part.
    taken = {key for key, _text in _pairs(before).items()}
    return [found[index] if index in found else new_id(text, taken) for index, text in enumerate(texts)]


def _pairs(before: Any) -> dict[str, str]:
    rows = before if isinstance(before, list) else []
    return {
        row[0]: row[1]
        for row in rows
        if isinstance(row, list | tuple)
        and len(row) == 2
        and all(isinstance(value, str) for value in row)
        and row[0].isalnum()
        and len(row[0]) <= 20
    }


def field(pairs: Iterable[tuple[str, str]]) -> forms.Field:
    """Carries ids and texts through the form."""
    return forms.JSONField(required=False, initial=[list(pair) for pair in pairs], widget=forms.HiddenInput)
