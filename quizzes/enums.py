"""Sentences of what is wrong with a file of questions, or with one question in it (quizzes.formats.item.Trouble)."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quizzes.formats.item import Problem, Trouble

TROUBLES: dict[Trouble, Promise] = {
    Trouble.UNREADABLE: _("The file cannot be read: it is damaged, cut off, or not of this format."),
    Trouble.OLD_OFFICE: _("This is a file of Word or Excel before 2007. Open it and save it as .docx or .xlsx."),
    Trouble.LOCKED: _("The file is protected by a password. Save it without one and send it again."),
    Trouble.MACROS: _("The file contains macros. Save it as .docx or .xlsx (without macros) and send that."),
    Trouble.NO_HEADER: _("No header row was found: one row must hold “Câu hỏi” and “Đáp án”. Use our template."),
    Trouble.OLD_FONT: _(
        "The text is typed in an old font (%(table)s), for example “%(sample)s”. Choose to convert it to Unicode."
    ),
    Trouble.ANSWER_OF_NO_OPTION: _("The key names the option “%(key)s”, which the question does not have."),
    Trouble.TWO_KEYS: _("The key is told twice and differently: “%(first)s” and “%(second)s”."),
    Trouble.CELL_TOO_LONG: _("The cell %(cell)s holds more than %(limit)s characters."),
    Trouble.FORMULA: _("The cell %(cell)s holds a formula without a result. Type the text itself."),
    Trouble.WRITTEN_TWICE: _("The code “%(code)s” stands already at line %(line)s of this file."),
    Trouble.UNKNOWN_LEVEL: _("“%(value)s” is no cognitive level that we know; the level chosen for the file is taken."),
    Trouble.CODE_CHANGED: _("The code “%(code)s” has signs that a code cannot have; “%(new)s” is taken."),
    Trouble.CELLS_WIN: _("The cells were changed since the file was written; the column for machines was not used."),
    Trouble.BROKEN_DATA: _("The column for machines cannot be read; the question was read from its cells."),
    Trouble.LABEL_UNKNOWN: _("“%(value)s” is not a word that we know here; it was left out."),
}


def sentence(code: str, values: Mapping[str, Any] | None = None) -> str:
    """The sentence of a code, its places filled; an unknown code is told as it is, a missing value stays open."""
    try:
        text = str(TROUBLES[Trouble(code)])
    except (ValueError, KeyError):
        return code
    try:
        return text % dict(values or {})
    except (KeyError, ValueError, TypeError):
        return text


def sentence_of(problem: Problem) -> str:
    return sentence(problem.code, problem.values)
