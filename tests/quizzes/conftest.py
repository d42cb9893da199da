import pytest

from quizzes.models import Category, Quiz
from tests.conftest import Outline
from tests.factories.quizzes import make_category, make_question, make_quiz


@pytest.fixture
def category(db: None) -> Category:
    return make_category()


# The types that the stories of attempts are told with; every other type keeps the same shape (test_types).
SIX = ("single", "multiple", "true_false", "matching", "ordering", "short_text")


@pytest.fixture
def quiz(outline: Outline, category: Category) -> Quiz:
    """One question of each of six types, twenty minutes, three attempts, 70 %."""
    for name in SIX:
        make_question(category, name)
    return make_quiz(outline.quiz, {category: 6}, version="1")
