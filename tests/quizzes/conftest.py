import pytest

from quizzes import types
from quizzes.models import Category, Quiz
from tests.conftest import Outline
from tests.factories.quizzes import make_category, make_question, make_quiz


@pytest.fixture
def category(db: None) -> Category:
    return make_category()


@pytest.fixture
def quiz(outline: Outline, category: Category) -> Quiz:
    """One question of each type, twenty minutes, three attempts, 70 %."""
    for kind in types.all_types():
        make_question(category, kind.NAME)
    return make_quiz(outline.quiz, {category: 6}, version="1")
