"""Questions that rest on a document of the register. Registered in courses.citing."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from courses.citing import Use
from courses.formats.markdown import plain_text
from quizzes.models import Question, QuestionVersion


def of_documents(keys: Iterable[str]) -> dict[str, list[Use]]:
    """Questions that are not retired, by key of the document, in the order of their codes. One query."""
    keys = list(keys)
    found: dict[str, list[Use]] = {key: [] for key in keys}
    rows = (
        Question.documents.through.objects.filter(legaldocument__key__in=keys)
        .exclude(question__latest__status=QuestionVersion.Status.RETIRED)
        .order_by("question__code")
        .values_list(
            "legaldocument__key",
            "question_id",
            "question__code",
            "question__latest__stem",
            "question__latest__created_at",
        )
    )
    for key, pk, code, stem, since in rows:
        title = f"{code}: {Truncator(plain_text(stem or '')).chars(90)}"
        found[key].append(Use(_("Question"), title, reverse("questions:edit", args=[pk]), since=since))
    return found
