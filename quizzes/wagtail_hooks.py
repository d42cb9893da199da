from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from wagtail import hooks

from quizzes.forms import thin_draws
from quizzes.models import QuizPage
from quizzes.viewsets import QuestionBank


@hooks.register("register_admin_viewset")
def question_bank() -> QuestionBank:
    return QuestionBank()


@hooks.register("after_publish_page")
def warn_of_thin_pools(request: HttpRequest, page: Any) -> None:
    if isinstance(page, QuizPage):
        for sentence in thin_draws(page.draws.select_related("category")):
            messages.warning(request, sentence)
