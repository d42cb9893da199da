"""Questions of every type and a quiz over them."""

import datetime as dt
from typing import Any

from courses.models import Activity
from quizzes.models import Category, Quiz, QuizSlot
from quizzes.services.bank import SavedQuestion, save_category, save_question

AT = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)


def option(key: str, *, correct: bool = False, reason: str = "") -> dict[str, Any]:
    return {"id": key, "text": f"Phương án {key}", "correct": correct, "reason": reason or f"Lý do {key}"}


CONTENT: dict[str, dict[str, Any]] = {
    "single": {"options": [option("a"), option("b", correct=True), option("c")]},
    "multiple": {
        "options": [option("a", correct=True), option("b", correct=True), option("c"), option("d")],
        "scheme": "proportional_correct",
    },
    "true_false": {"answer": True},
    "matching": {
        "lefts": [
            {"id": "l1", "text": "Trang", "right": "r1"},
            {"id": "l2", "text": "Nhóm", "right": "r2"},
        ],
        "rights": [
            {"id": "r1", "text": "Của tổ chức"},
            {"id": "r2", "text": "Của thành viên"},
            {"id": "r3", "text": "Của báo chí"},
        ],
    },
    "ordering": {
        "items": [{"id": f"i{n}", "text": f"Bước {n}"} for n in range(1, 5)],
        "metric": "neighbours",
    },
    "short_text": {"accepted": ["Toàn quyền kiểm soát"], "exact": False},
}

RIGHT: dict[str, Any] = {
    "single": "b",
    "multiple": ["a", "b"],
    "true_false": True,
    "matching": {"l1": "r1", "l2": "r2"},
    "ordering": {"i1": 1, "i2": 2, "i3": 3, "i4": 4},
    "short_text": "toan quyen kiem soat",
}


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
