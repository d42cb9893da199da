"""The types of question. A new one is a folder beside these with a ``TYPE``; nothing else changes."""

import importlib
import pkgutil

from quizzes.types.base import (
    BadAnswerError,
    Choice,
    Content,
    Explained,
    Part,
    Post,
    QuestionType,
)

__all__ = [
    "BadAnswerError",
    "Choice",
    "Content",
    "Explained",
    "Part",
    "Post",
    "QuestionType",
    "all_types",
    "get",
    "is_known",
]


def _found() -> list[QuestionType]:
    folders = [found.name for found in pkgutil.iter_modules(__path__) if found.ispkg]
    types = [importlib.import_module(f"{__name__}.{name}").TYPE for name in folders]
    return sorted(types, key=lambda kind: (kind.ORDER, kind.NAME))


_TYPES = tuple(_found())
_BY_NAME = {kind.NAME: kind for kind in _TYPES}


def all_types() -> tuple[QuestionType, ...]:
    return _TYPES


def get(name: str) -> QuestionType:
    """KeyError for a type that is not installed."""
    return _BY_NAME[name]


def is_known(name: str) -> bool:
    return name in _BY_NAME
