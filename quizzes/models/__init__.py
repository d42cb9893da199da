from quizzes.models.attempt import Attempt, AttemptQuestion
from quizzes.models.bank import Category, Question, QuestionVersion
from quizzes.models.pages import QuizPage, QuizPageDraw
from quizzes.models.quiz import Quiz, QuizSlot

__all__ = [
    "Attempt",
    "AttemptQuestion",
    "Category",
    "Question",
    "QuestionVersion",
    "Quiz",
    "QuizPage",
    "QuizPageDraw",
    "QuizSlot",
]
