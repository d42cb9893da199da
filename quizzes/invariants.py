"""What the database refuses by trigger (see lms.core.triggers): used versions change as little as histories do."""

from lms.core.triggers import Trigger

_USED = "EXISTS (SELECT 1 FROM quizzes_attemptquestion used WHERE used.version_id = OLD.id)"

# Table → its figures, and its words with what is left of them when the person is erased (of JSON, as it is stored).
_HISTORIES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "quizzes_gradechange": (
        ("id", "enrolment_id", "quiz_id", "attempt_id", "kind", "score", "passed", "source_key", "by_id", "at"),
        {"reason": ""},
    ),
    "quizzes_attemptstep": (
        ("id", "question_id", "kind", "before", "fraction", "version_id", "by_id", "at"),
        {"answer": "null", "comment": ""},
    ),
    "quizzes_attemptevent": (("id", "attempt_id", "kind", "by_id", "at"), {"reason": "", "data": "{}"}),
    "quizzes_examincident": (("id", "session_id", "at", "ticket_id", "by_id"), {"text": ""}),
}

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
            name=f"{table.removeprefix('quizzes_')}_is_never_deleted",
            table=table,
            event="DELETE",
            when="1 = 1",
            message=f"{table} is a history: rows are added and never deleted",
        )
        for table in _HISTORIES
    ),
    *(
        Trigger(
            name=f"{table.removeprefix('quizzes_')}_is_never_changed",
            table=table,
            event=f"UPDATE OF {', '.join(figures)}",
            when="1 = 1",
            message=f"{table} is a history: rows are added and never changed",
        )
        for table, (figures, _) in _HISTORIES.items()
    ),
    # Erasing a person empties what somebody wrote; nothing else touches it.
    *(
        Trigger(
            name=f"words_of_{table.removeprefix('quizzes_')}_are_only_erased",
            table=table,
            event=f"UPDATE OF {', '.join(words)}",
            when=" OR ".join(f"NEW.{column} <> '{empty}'" for column, empty in words.items()),
            message=f"{table} is a history: its words are erased with the person and never changed",
        )
        for table, (_, words) in _HISTORIES.items()
    ),
)
