"""Files that a learner answers with: how they come in, and how an answer names them.

The protocol, for views of an attempt. ``<field>`` is the name of the question's form field; a type takes files if it
has ``file_rules(content)`` (types.answer_files.FileRules), e.g. "essay" and "upload".

1. The form around the questions is ``enctype="multipart/form-data"`` where ``takes_files(question.version)`` is true
   for one of them (always is fine too). In it, from the type's own template:
   ``<field>-file``   the file input, may hold several;
   ``<field>-files``  a hidden field for each file that the answer has already;
   ``<field>-remove`` a tick box for each of those, its value the id of the file.
2. Before ``save_answer`` or ``check_answer`` (and autosave, and an answer out of the journal) the view calls, for each
   question that was posted,

       taken = responses.take_files(user=…, attempt_id=…, position=…, files=request.FILES, post=request.POST,
                                    name=<field>, at=…)

   and gives ``taken.post`` to ``save_answer`` instead of ``request.POST``. New files are kept (ResponseFile), removed
   ones are left out, and the ``<field>-files`` in ``taken.post`` are written anew from the database: a file of
   somebody else or of another question falls out, and name, kind and size are never what a browser claims. No query
   where neither a file nor one of these fields was posted.
3. ``taken.problems`` are sentences about files that were refused: show them (messages.warning). The rest is saved.
   Without a script the learner who chose a file presses a button of the form as with any answer. After a post with
   ``taken.attached`` that came by htmx, show the question anew: the file input would send the same file again (which
   would find the row that is there).
4. With a script (static/files.js of "upload") a chosen file goes at once to ``quizzes:response-upload``
   (POST /quizzes/attempts/<attempt>/files/<position>/, field ``file``), the input is emptied, the hidden field is added
   and ``change`` is fired on it: autosave has only fields to send and needs no multipart.

Who reads: ``quizzes:response-file`` (/quizzes/answers/<id>/), the learner and whoever may mark the attempt.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from lms.accounts.models import User
from quizzes import types
from quizzes.models import Attempt, AttemptQuestion, QuestionVersion, ResponseFile
from quizzes.queries import responses as queries
from quizzes.types import answer_files
from quizzes.types.answer_files import FileRefusedError, FileRules

__all__ = ["FileRefusedError", "Taken", "attach", "take_files", "takes_files"]

# Files that were ever sent for one question, also those taken out again: nobody fills the disk by trying.
MOST_EVER = 20


@dataclass(frozen=True)
class Taken:
    """``post`` for ``save_answer``; ``problems`` to be shown; ``attached``: how many files came in."""

    post: types.Post
    problems: tuple[str, ...] = ()
    attached: int = 0


def rules_of(version: QuestionVersion) -> FileRules | None:
    """What a question takes; None where it takes no files."""
    find = getattr(types.get(version.type), "file_rules", None) if types.is_known(version.type) else None
    rules: FileRules | None = find(version.content) if find else None
    return rules if rules and rules.most else None


def takes_files(version: QuestionVersion) -> bool:
    return rules_of(version) is not None


def attach(*, question: AttemptQuestion, data: bytes, name: str, at: dt.datetime) -> ResponseFile:
    """Keep a file for ``question``; the answer does not name it yet. FileRefusedError says why not.

    Pictures are drawn anew, a PDF may only show (types.answer_files.check). The same file again is the same row.
    The caller has made sure that it is the learner who sends (queries.responses.open_question).
    """
    rules = rules_of(question.version)
    if rules is None:
        raise FileRefusedError(_("This question takes no files."))
    if question.attempt.state not in (Attempt.State.IN_PROGRESS, Attempt.State.OVERDUE):
        raise FileRefusedError(_("This attempt has already been handed in."))
    checked = answer_files.check(data, name, rules)
    sha256 = hashlib.sha256(checked.data).hexdigest()
    found = question.files.filter(sha256=sha256).first()
    if found is not None:
        return found
    if question.files.count() >= MOST_EVER:
        raise FileRefusedError(_("Too many files were sent for this question."))
    row = ResponseFile(
        question=question,
        name=checked.name,
        media_type=checked.media_type,
        size=len(checked.data),
        sha256=sha256,
        uploaded_at=at,
    )
    # Nothing of the name on somebody's phone, and nothing to be guessed.
    row.file.save(f"{row.pk.hex}.{checked.name.rpartition('.')[2]}", ContentFile(checked.data), save=False)
    try:
        row.save(force_insert=True)
    except Exception:
        row.file.storage.delete(str(row.file.name))
        raise
    return row


def take_files(
    *, user: User, attempt_id: uuid.UUID, position: int, files: Any, post: Any, name: str, at: dt.datetime
) -> Taken:
    """See the top of this module. ``files`` and ``post`` are request.FILES and request.POST.

    Nothing is kept where the question is not ``user``'s or may no longer be answered: saving says so itself.
    """
    sent, kept = files.getlist(f"{name}-file"), post.getlist(f"{name}-files")
    if not sent and not kept:
        return Taken(post)
    question = queries.open_question(user, attempt_id, position, at)
    rules = rules_of(question.version) if question else None
    if question is None or rules is None:
        return Taken(_with_files(post, name, []))
    removed = {answer_files.id_in(value) for value in post.getlist(f"{name}-remove")}
    ids = dict.fromkeys(file_id for file_id in map(answer_files.id_in, kept) if file_id and file_id not in removed)
    rows = queries.own_files(question, list(ids))[: rules.most]
    problems, attached = [], 0
    for upload in sent:
        try:
            row = _attach_upload(question, upload, rules, len(rows), at)
        except FileRefusedError as refusal:
            problems.append(f"{upload.name}: {refusal}")
            continue
        attached += 1
        if row not in rows:
            rows.append(row)
    return Taken(_with_files(post, name, rows), tuple(problems), attached)


def _attach_upload(
    question: AttemptQuestion, upload: Any, rules: FileRules, count: int, at: dt.datetime
) -> ResponseFile:
    if count >= rules.most:
        raise FileRefusedError(_("No more than %(most)s files are taken. Remove one first.") % {"most": rules.most})
    # Judged before it is read into memory.
    if upload.size > answer_files.FILE_BYTES:
        raise FileRefusedError(_("The file is larger than 10 MB. Send a smaller copy."))
    return attach(question=question, data=upload.read(), name=upload.name or "", at=at)


def token_of(row: ResponseFile) -> str:
    """The value of its hidden field."""
    return answer_files.token_of(row.pk, row.media_type, row.size, row.name)


def _with_files(post: Any, name: str, rows: Iterable[ResponseFile]) -> types.Post:
    found = post.copy()
    found.setlist(f"{name}-files", [token_of(row) for row in rows])
    result: types.Post = found
    return result
