"""What the database refuses by trigger (see lms.core.triggers): a version that was used is what it was."""

from lms.core.triggers import Trigger

_USED = "EXISTS (SELECT 1 FROM quizzes_attemptquestion used WHERE used.version_id = OLD.id)"

TRIGGERS = (
    Trigger(
        name="used_question_version_is_never_changed",
        table="quizzes_questionversion",
        event="UPDATE OF type, stem, content, reason, question_id, number",
        when=_USED,
        message="a question version that was used is immutable: make the next version",
    ),
)
