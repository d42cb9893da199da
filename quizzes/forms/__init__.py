"""Forms of the CMS: a question of any type, a drawer of the bank, an objective, the page of a quiz."""

from quizzes.forms.bank import CategoryForm, ObjectiveForm, QuestionForm
from quizzes.forms.quiz_page import QuizPageForm

__all__ = ["CategoryForm", "ObjectiveForm", "QuestionForm", "QuizPageForm"]
