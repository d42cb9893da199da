"""Sentences of what is wrong with a file of questions, or with one question in it (quizzes.formats.item.Trouble)."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quizzes.formats.item import Problem, Trouble

TROUBLES: dict[Trouble, Promise] = {
    Trouble.UNREADABLE: _("The file cannot be read: it is damaged, cut off, or not of this format."),
}


def sentence(code: str, values: Mapping[str, Any] | None = None) -> str:
    """The sentence of a code, its places filled; an unknown code is told as it is, a missing value stays open."""
    try:
        text = str(TROUBLES[Trouble(code)])
    except (ValueError, KeyError):
        return code
    try:
        return text % dict(values or {})
    except (KeyError, ValueError, TypeError):
        return text


def sentence_of(problem: Problem) -> str:
    return sentence(problem.code, problem.values)
