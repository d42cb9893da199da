"""Ordering in files of other programs."""

from quizzes.formats.item import Parsed, Trouble
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
