"""Content may come from a file that somebody else has written: judging it never ends in an exception."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.utils.translation import gettext as _

from quizzes.types.base import Content

Validate = Callable[[Any, Content], list[str]]


def never_raises(validate: Validate) -> Validate:
    """What has not the shape of the type at all (a number where rows should be) is told in one sentence."""

    @wraps(validate)
    def judged(self: Any, content: Content) -> list[str]:
        try:
            return validate(self, content)
        except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError):
            return [_("The content of this question is damaged: it has not the shape of its type.")]

    return judged
