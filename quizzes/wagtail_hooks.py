from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry

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


@hooks.register("register_log_actions")
def name_desk_actions(actions: LogActionRegistry) -> None:
    """What those do who mark and supervise; the rows themselves never stand in the CMS."""
    for name, label, message in (
        ("quizzes.override", _("Make an exception"), _("Exception to the rules of a quiz made")),
        ("quizzes.override_withdraw", _("Withdraw an exception"), _("Exception to the rules of a quiz withdrawn")),
        ("quizzes.session_create", _("Create a supervised session"), _("Supervised session created")),
        ("quizzes.session_change", _("Change a supervised session"), _("Supervised session changed")),
        ("quizzes.session_seats", _("Change the seats"), _("Seats of a supervised session changed")),
        ("quizzes.session_tickets", _("Issue tickets"), _("Tickets of a supervised session issued")),
        ("quizzes.session_open", _("Open a supervised session"), _("Supervised session opened")),
        ("quizzes.session_close", _("Close a supervised session"), _("Supervised session closed")),
    ):
        actions.register_action(name, label, message)
