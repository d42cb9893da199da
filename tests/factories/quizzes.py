"""Questions of every type and a quiz over them."""

import datetime as dt
from typing import Any

from courses.models import Activity
from quizzes.models import Category, Quiz, QuizSlot
from quizzes.services.bank import SavedQuestion, save_category, save_question
from tests.factories.questions import CONTENT, RIGHT

__all__ = ["AT", "CONTENT", "RIGHT", "make_category", "make_question", "make_quiz"]

AT = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)


def make_category(key: str = "cd1", *, parent: Category | None = None) -> Category:
    return save_category(name=f"Ngăn {key}", key=key, parent=parent)


def make_question(category: Category, type_name: str = "single", *, code: str = "", **fields: Any) -> SavedQuestion:
    values: dict[str, Any] = {
        "code": code or f"{category.key}-{type_name}-{category.questions.count() + 1}",
        "category": category,
        "type_name": type_name,
        "stem": f"Câu hỏi {category.questions.count() + 1}?",
        "content": CONTENT[type_name],
        "reason": "Vì điều lệ quy định như vậy.",
        "level": "thong_hieu",
        "at": AT,
    }
    return save_question(**{**values, **fields})


def make_quiz(activity: Activity, draws: dict[Category, int], **settings: Any) -> Quiz:
    quiz = Quiz.objects.create(activity=activity, **settings)
    for position, (category, count) in enumerate(draws.items(), start=1):
        QuizSlot.objects.create(quiz=quiz, position=position, category=category, count=count)
    return quiz
