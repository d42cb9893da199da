"""The types of question. A new one is a module beside these and a line in the list; nothing else changes."""

from quizzes.types import matching, multiple, ordering, short_text, single, true_false
from quizzes.types.base import BadAnswerError, Content, Explained, Post, QuestionType

_MODULES: tuple[QuestionType, ...] = (single, multiple, true_false, matching, ordering, short_text)
_BY_NAME: dict[str, QuestionType] = {module.NAME: module for module in _MODULES}

__all__ = ["BadAnswerError", "Content", "Explained", "Post", "QuestionType", "all_types", "get", "is_known"]


def all_types() -> tuple[QuestionType, ...]:
    return _MODULES


def get(name: str) -> QuestionType:
    """KeyError for a type that is not installed."""
    return _BY_NAME[name]


def is_known(name: str) -> bool:
    return name in _BY_NAME
