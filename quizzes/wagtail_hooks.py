from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import LogActionRegistry

from quizzes.cms_views import analysis, imports, quiz_page
from quizzes.viewsets import QuestionBank, QuestionChooser, question_chooser


@hooks.register("register_admin_viewset")
def question_bank() -> QuestionBank:
    return QuestionBank()


@hooks.register("register_admin_viewset")
def choose_question() -> QuestionChooser:
    return question_chooser


@hooks.register("register_admin_urls")
def quiz_page_addresses() -> list[URLPattern]:
    return [
        path("quizzes/matches/", quiz_page.matches, name="quizzes_matches"),
        path("quizzes/<int:page_id>/try/", quiz_page.play, name="quizzes_try"),
        path("quizzes/<int:page_id>/blueprint/", quiz_page.blueprint, name="quizzes_blueprint"),
    ]


@hooks.register("register_log_actions")
def name_bank_actions(actions: LogActionRegistry) -> None:
    for name, label, message in (
        ("quizzes.question_create", _("Create a question"), _("Question created")),
        ("quizzes.question_edit", _("Edit a question"), _("Question edited")),
        ("quizzes.question_status", _("Change the status of a question"), _("Status of the question changed")),
        ("quizzes.question_category", _("Move a question"), _("Question moved to another category")),
        ("quizzes.question_tags", _("Change the tags of a question"), _("Tags of the question changed")),
        ("quizzes.objective", _("Change an objective"), _("Objective created or changed")),
    ):
        actions.register_action(name, label, message)


# --- Item analysis --------------------------------------------------------------------------------------


@hooks.register("register_admin_urls")
def analysis_addresses() -> list[URLPattern]:
    return [
        path("quiz-analysis/", analysis.overview, name="quizzes_analysis"),
        path("quiz-analysis/<int:quiz_id>/", analysis.quiz, name="quizzes_analysis_quiz"),
        path(
            "quiz-analysis/<int:quiz_id>/suspend/<int:question_id>/", analysis.suspend, name="quizzes_analysis_suspend"
        ),
    ]


class _AnalysisItem(MenuItem):  # type: ignore[misc]
    def is_shown(self, request: HttpRequest) -> bool:
        return analysis.may_look(request.user)


@hooks.register("register_question_bank_menu_item")
def analysis_in_the_menu() -> MenuItem:
    return _AnalysisItem(
        _("Analysis of questions"), reverse_lazy("quizzes_analysis"), name="quiz-analysis", icon_name="view", order=60
    )


@hooks.register("register_log_actions")
def name_regrade_actions(actions: LogActionRegistry) -> None:
    for name, label, message in (
        ("quizzes.regrade_ask", _("Ask for marking again"), _("Marking again was asked for")),
        ("quizzes.regrade", _("Mark again"), _("Quiz marked again")),
        ("quizzes.regrade_drop", _("Drop marking again"), _("Marking again was dropped")),
    ):
        actions.register_action(name, label, message)


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


@hooks.register("register_log_actions")
def name_import_actions(actions: LogActionRegistry) -> None:
    for name, label, message in (
        ("quizzes.import_questions", _("Enter questions from a file"), _("Questions entered from a file")),
        ("quizzes.undo_import", _("Undo an import of questions"), _("Import of questions undone")),
    ):
        actions.register_action(name, label, message)


# --- Files of questions ---------------------------------------------------------------------------------


@hooks.register("register_admin_urls")
def import_addresses() -> list[URLPattern]:
    return [
        path("question-imports/", imports.batches, name="quizzes_imports"),
        path("question-imports/<int:pk>/", imports.batch, name="quizzes_import"),
        path("question-imports/template/<str:format>/", imports.template, name="quizzes_import_template"),
        path("question-export/", imports.export, name="quizzes_export"),
    ]


class _ImportItem(MenuItem):  # type: ignore[misc]
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(imports.PERMISSION))


@hooks.register("register_question_bank_menu_item")
def imports_in_the_menu() -> MenuItem:
    return _ImportItem(
        _("Questions from a file"), reverse_lazy("quizzes_imports"), name="quiz-imports", icon_name="upload", order=40
    )


@hooks.register("register_question_bank_menu_item")
def export_in_the_menu() -> MenuItem:
    return _ImportItem(
        _("Questions into a file"), reverse_lazy("quizzes_export"), name="quiz-export", icon_name="download", order=50
    )
