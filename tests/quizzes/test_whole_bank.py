"""The whole bank goes out as a file and comes back into another bank without loss."""

import pytest
from django.core.files.base import ContentFile

from lms.accounts.models import User
from quizzes.models import ImportBatch, Question
from quizzes.services import bank, exports, imports
from tests.conftest import NOON
from tests.factories.questions import CONTENT
from tests.factories.quizzes import make_category, make_question


def told() -> dict[str, tuple[object, ...]]:
    """All that the bank says of each question, by code."""
    return {
        question.code: (
            question.latest.type,
            question.latest.stem,
            question.latest.content_hash,
            question.latest.reason,
            question.latest.hints,
            question.level,
            question.objective.name if question.objective else "",
            sorted(question.tags.names()),
        )
        for question in Question.objects.select_related("latest", "objective")
    }


@pytest.mark.parametrize("format_name", ["moodle-xml", "xlsx"])
def test_a_bank_with_every_type_comes_back_as_it_went(db: None, centre: User, format_name: str) -> None:
    drawer = make_category("kho")
    law = bank.save_objective(key="luat", name="Pháp luật")
    for name in CONTENT:
        make_question(
            drawer,
            name,
            code=f"kho-{name}",
            objective=law,
            tags=["mới", "tình huống"],
            hints=["Xem lại bài 1.", "Bài 2."],
        )
    before = told()
    assert set(before) == {f"kho-{name}" for name in CONTENT}
    written = exports.export(questions=exports.chosen(), format=format_name)
    assert written.left_out == ()
    for question in Question.objects.all():
        question.latest = question.ready = None
        question.save(update_fields=["latest", "ready"])
        question.versions.all().delete()
        question.delete()
    batch = imports.receive(
        file=ContentFile(written.data), name=f"kho.{'xml' if format_name == 'moodle-xml' else format_name}", by=centre,
        at=NOON, category=make_category("khác"),
    )  # fmt: skip
    imports.read(batch_id=batch.pk)
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.READ, batch.report
    assert list(batch.items.filter(outcome="refused").values_list("item", "problems")) == []
    assert imports.confirm(batch=batch, by=centre, at=NOON)
    imports.enter(batch_id=batch.pk)
    assert told() == before
