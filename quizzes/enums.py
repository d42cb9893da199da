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
    Trouble.GIVEN_UP: _(
        "Reading the file broke off on our side. Try again; if it breaks off again, tell an administrator."
    ),
    Trouble.NO_LEVEL: _("The cognitive level is missing. Add “Mức độ: …”, or choose a level for the whole file."),
    Trouble.NO_CATEGORY: _("The category is missing. Choose one for the whole file."),
    Trouble.CHANGED_MEANWHILE: _("A question with this code was entered meanwhile: send the file again."),
    Trouble.SAME_AS_LINE: _("It asks the same as the question at line %(line)s of this file."),
    Trouble.PICTURE_REFUSED: _("A picture was left out. %(reason)s"),
    Trouble.SEVERAL_MARKED: _("Several options are marked as right, so it became a question with several answers."),
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
    # Text and XML (formats/).
    Trouble.EMPTY: _("The file is empty."),
    Trouble.TOO_LARGE: _("The file is larger than %(most)s MB. Split it and send the parts."),
    Trouble.NOT_TEXT: _("This is not a text file. Check that the right file and the right format were chosen."),
    Trouble.MIXED_ENCODING: _(
        "Line %(line)s is in another character encoding than the lines before it. Save the whole file as UTF-8."
    ),
    Trouble.WRONG_ENCODING: _(
        "The file says that it is %(encoding)s, but it is not. Save it as UTF-8 and send it again."
    ),
    Trouble.BROKEN_XML: _("The file is no valid XML: the fault is at line %(line)s."),
    Trouble.TRUNCATED: _("The file breaks off in the middle. Export it anew and send it whole."),
    Trouble.DOCTYPE: _("The file declares a document type (DOCTYPE), which is not accepted for reasons of safety."),
    Trouble.TOO_DEEP: _("The file is nested too deeply to be a file of questions."),
    Trouble.TOO_MANY: _("The file holds too many parts to be a file of questions."),
    Trouble.WRONG_KIND: _("The file is XML, but not of this format (it begins with “%(name)s”)."),
    Trouble.NOTHING_FOUND: _("No question was found in the file."),
    Trouble.NO_STEM: _("The question has no text."),
    Trouble.BRACES: _(
        "The braces { } do not match: each question has one pair. Write \\{ and \\} for braces in a text."
    ),
    Trouble.NO_ANSWERS: _("The question has no answers."),
    Trouble.NO_RIGHT_ANSWER: _("No answer is marked as right."),
    Trouble.NO_ARROW: _("“%(text)s” is not a pair: write “left -> right”."),
    Trouble.BAD_NUMBER: _("“%(text)s” is not a number."),
    Trouble.BAD_CLOZE: _("The gap “%(text)s” cannot be read."),
    Trouble.BAD_KEY: _("The key “%(key)s” is none of the options."),
    Trouble.NO_KEY: _("The key is missing: add a line “ANSWER: …”."),
    Trouble.STRAY_TEXT: _("“%(text)s” belongs to no question."),
    Trouble.UNKNOWN_TYPE: _("Questions of the type “%(name)s” are not known here."),
    Trouble.BAD_CONTENT: _("The content of the question is damaged."),
    Trouble.WEIGHTS_DROPPED: _(
        "Marks for parts of an answer, or marks taken away, do not exist for this type and were left out."
    ),
    Trouble.FEEDBACK_DROPPED: _(
        "Explanations at single answers were left out: this type has one explanation for the whole question."
    ),
    Trouble.MARKUP_DROPPED: _("Formatting that is not known here was left out, its words were kept: %(names)s."),
    Trouble.PICTURE_DROPPED: _(
        "A picture was left out because the file does not bring it or it has no place here: %(names)s."
    ),
    Trouble.SEVERAL_RIGHT: _(
        "Several answers earn the whole mark; the first counts as the right one, the others still earn it."
    ),
    Trouble.METRIC_CHANGED: _("The way of marking “%(name)s” does not exist here; another was taken."),
    Trouble.SETTING_DROPPED: _("The setting “%(name)s” (%(value)s) was left out."),
    Trouble.PENALTY_IGNORED: _("The penalty of %(percent)s%% was left out: penalties belong to the quiz."),
    Trouble.VERSIONS_COLLAPSED: _("The file holds %(count)s versions of this question; the latest was taken."),
    Trouble.CHANGED_OUTSIDE: _(
        "The question was changed in another program; what only this system knows about it was not taken over."
    ),
    Trouble.ALT_MISSING: _("The picture has no description; the question stands in for it. Say what it shows."),
    Trouble.TYPE_NOT_CARRIED: _("The format cannot hold questions of this type."),
    Trouble.PICTURES_NOT_CARRIED: _("The format cannot hold pictures."),
}


def sentence(code: str, values: Mapping[str, Any] | None = None) -> str:
    """The sentence of a code, its places filled; an unknown code is told as it is, a missing value stays open."""
    if code == Trouble.INVALID:
        return str((values or {}).get("reason", ""))
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
