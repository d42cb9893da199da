"""Ordering in files of other programs."""

from quizzes.formats import qti
from quizzes.formats.item import Parsed, RefusedError, Trouble
from quizzes.formats.moodle_xml import Source, Target
from quizzes.types.base import Content
from quizzes.types.ordering import TYPE

NAME = "ordering"

# Ours → Moodle's, by name and by the number that older files have.
_METRICS = {
    "neighbours": ("RELATIVE_NEXT_EXCLUDE_LAST", "1"),
    "all_or_nothing": ("ALL_OR_NOTHING", "-1"),
    "absolute": ("ABSOLUTE_POSITION", "0"),
    "longest_subset": ("LONGEST_ORDERED_SUBSET", "5"),
    "longest_run": ("LONGEST_CONTIGUOUS_SUBSET", "6"),
}
_BY_NAME = {name: ours for ours, names in _METRICS.items() for name in names}


def moodle_read(source: Source) -> Parsed | None:
    if source.kind != "ordering":
        return None
    answers = source.answers()
    places = [answer.fraction for answer in answers]
    if len(set(places)) == len(places):
        answers = [answer for _, answer in sorted(zip(places, answers, strict=True), key=lambda pair: pair[0])]
    theirs = source.value("gradingtype").upper()
    metric = _BY_NAME.get(theirs, "neighbours")
    is_changed = theirs not in _BY_NAME and bool(theirs)
    notes = ((Trouble.METRIC_CHANGED, {"name": theirs}),) if is_changed else ()
    return Parsed(TYPE.from_source({"items": [answer.text for answer in answers], "metric": metric}), notes=notes)


def moodle_write(content: Content, target: Target) -> bool:
    target.kind = "ordering"
    target.add("layouttype", "VERTICAL")
    target.add("selecttype", "ALL")
    target.add("selectcount", "0")
    target.add("gradingtype", _METRICS.get(content.get("metric", ""), _METRICS["neighbours"])[0])
    target.add("showgrading", "SHOW")
    for number, item in enumerate(content["items"], start=1):
        target.add_words("answer", item["text"], fraction=f"{number}.0000000")
    return True


def qti_read(body: qti.Body) -> Parsed | None:
    if len(body.interactions) != 1 or body.interactions[0].kind != qti.ORDER:
        return None
    found = body.interactions[0]
    texts = {choice.id: choice.text for choice in found.choices}
    if set(found.right) != set(texts):
        raise RefusedError(Trouble.NO_RIGHT_ANSWER)
    return Parsed(TYPE.from_source({"items": [texts[key] for key in found.right], "metric": "all_or_nothing"}))


def qti_write(content: Content) -> qti.Body:
    """QTI's template knows all or nothing; any other metric travels beside."""
    # Numbered by their texts: neither place nor number tells the right order.
    keys = {
        item["id"]: f"i{number}"
        for number, item in enumerate(sorted(content["items"], key=lambda item: item["text"]), start=1)
    }
    choices = sorted(
        (qti.Choice(keys[item["id"]], item["text"]) for item in content["items"]), key=lambda row: row.text
    )
    return qti.Body(
        (qti.Interaction(qti.ORDER, tuple(choices), right=tuple(keys[item["id"]] for item in content["items"])),)
    )
