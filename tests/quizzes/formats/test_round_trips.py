"""Export → import loses nothing, whatever stands in a question (no database)."""

from dataclasses import fields, replace
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizzes import types
from quizzes.formats import gift, moodle_xml, qti
from quizzes.formats.item import Item, Trouble
from quizzes.services.bank import content_hash
from quizzes.types.exchanges import hooks
from tests.quizzes.formats.strategies import CONTENTS, illustrated, items

TYPES = [kind.NAME for kind in types.all_types()]
FORMATS = {"gift": gift, "moodle-xml": moodle_xml, "qti": qti}
# What a format cannot ask at all; Moodle XML can ask everything.
NOT_CARRIED = {
    "gift": set(TYPES) - {hook.NAME for hook in hooks("gift") if hasattr(hook, "gift_write")},
    "moodle-xml": set(),
    "qti": set(TYPES) - {hook.NAME for hook in hooks("qti") if hasattr(hook, "qti_write")},
}


def carried(name: str, item: Item) -> bool:
    """QTI has no inline interaction in which several may be chosen; one list, or one field, is another type there."""
    if item.type in NOT_CARRIED[name]:
        return False
    if (name, item.type) != ("qti", "cloze"):
        return True
    kinds = {gap["kind"] for gap in item.content["gaps"]}
    return "several" not in kinds and kinds != {"choice"} and len(item.content["gaps"]) > 1


_OWN = {"line", "source", "notes"}


def told(item: Item) -> dict[str, object]:
    return {field.name: getattr(item, field.name) for field in fields(Item) if field.name not in _OWN}


def back(format_: ModuleType, rows: list[Item]) -> list[Item]:
    written = format_.write(rows, hooks(format_.NAME))
    assert not written.left_out
    reading = format_.read(written.data, hooks(format_.NAME))
    assert not reading.problems
    return list(reading.items)


def digest(item: Item) -> str:
    return content_hash(
        type_name=item.type, stem=item.stem, content=dict(item.content), reason=item.reason, hints=item.hints
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name in FORMATS for kind in TYPES if kind not in NOT_CARRIED[name]],
)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_question_that_went_out_comes_back_the_same(name: str, kind: str, data: st.DataObject) -> None:
    item = data.draw(items(kind).filter(lambda found: carried(name, found)))

    (found,) = back(FORMATS[name], [item])

    assert told(found) == told(item)
    assert digest(found) == digest(item)
    assert not [note for note in found.notes if note.code == "changed_outside"]


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in FORMATS for kind in sorted(NOT_CARRIED[name])])
@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_what_a_format_cannot_ask_is_told_and_does_not_spoil_the_rest(
    name: str, kind: str, data: st.DataObject
) -> None:
    left, kept = data.draw(items(kind)), data.draw(items("true_false"))
    format_ = FORMATS[name]

    written = format_.write([left, kept], hooks(name))

    assert written.left_out == ((left.code, Trouble.TYPE_NOT_CARRIED),)
    assert [told(item) for item in format_.read(written.data, hooks(name)).items] == [told(kept)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name in ("moodle-xml", "qti") for kind in TYPES if kind not in NOT_CARRIED[name]],
)
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_pictures_of_texts_and_contents_travel_too(name: str, kind: str, data: st.DataObject) -> None:
    item = data.draw(illustrated(kind).filter(lambda found: carried(name, found)))

    (found,) = back(FORMATS[name], [item])

    assert told(found) == told(item)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(st.sampled_from(sorted(CONTENTS)).flatmap(items), min_size=2, max_size=6))
def test_a_whole_bank_comes_back_in_its_order(rows: list[Item]) -> None:
    numbered = [replace(item, code=f"MT-{number}") for number, item in enumerate(rows, start=1)]

    for name, format_ in FORMATS.items():
        able = [item for item in numbered if carried(name, item)]
        if able:
            assert [told(item) for item in back(format_, able)] == [told(item) for item in able]
