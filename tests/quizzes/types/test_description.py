from decimal import Decimal

from django.http import QueryDict

from quizzes import types
from quizzes.types.base import Explained

KIND = types.get("description")


def test_nothing_is_asked_so_nothing_is_answered_or_earned() -> None:
    assert not KIND.IS_ASKED
    assert KIND.weight({}) == 0
    assert KIND.validate({}) == []
    assert KIND.validate({"answer": True}) != []
    assert KIND.parse(QueryDict("a=1"), "a", {}) is None
    assert KIND.mark({}, None) == Decimal(0)
    assert KIND.is_complete({}, None)
    lines: list[Explained] = KIND.explain({}, None)
    assert lines == []
