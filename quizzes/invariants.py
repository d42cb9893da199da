"""What the database refuses by trigger (see lms.core.triggers): used versions change as little as histories do."""

from lms.core.triggers import Trigger

_USED = "EXISTS (SELECT 1 FROM quizzes_attemptquestion used WHERE used.version_id = OLD.id)"

TRIGGERS = (
    Trigger(
        name="used_question_version_is_never_changed",
        table="quizzes_questionversion",
        event="UPDATE OF type, stem, content, reason, hints, question_id, number",
        when=_USED,
        message="a question version that was used is immutable: make the next version",
    ),
    *(
        Trigger(
            name=f"{table.removeprefix('quizzes_')}_{verb}",
            table=table,
            event=event,
            when="1 = 1",
            message=f"{table} is a history: rows are added and never {verb.removeprefix('is_never_')}",
        )
        for table in ("quizzes_gradechange", "quizzes_attemptstep", "quizzes_attemptevent", "quizzes_examincident")
        for verb, event in (("is_never_changed", "UPDATE"), ("is_never_deleted", "DELETE"))
    ),
)
