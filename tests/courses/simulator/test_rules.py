"""What the rules find, by hand and whatever a browser sends."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.formats.sources import read_table
from courses.simulator import Check, Fault, TaskError, findings, passes, read_state, read_task
from tests.courses.simulator.vectors import VECTORS, exercises

EXERCISES = list(exercises())
NAMES = [file.parent.name for file, _task, _solution in EXERCISES]
PLAIN = next(vector["task"] for vector in VECTORS if vector["name"] == "a picture is chosen")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_rule_finds_what_the_vectors_say(vector: dict[str, Any]) -> None:
    task = read_task(vector["task"])
    for case in vector["cases"]:
        found = findings(task, read_state(task, case["state"]))
        assert [finding.ok for finding in found] == case["ok"], case["state"]


def test_the_vectors_try_every_check_both_ways() -> None:
    seen: dict[str, set[bool]] = {}
    for vector in VECTORS:
        for case in vector["cases"]:
            for rule, ok in zip(vector["task"]["rule"], case["ok"], strict=False):
                seen.setdefault(rule["check"], set()).add(ok)
    assert seen == {check.value: {True, False} for check in Check}


def test_a_finding_says_the_trainers_own_sentence() -> None:
    task = read_task(PLAIN)
    assert [finding.sentence for finding in findings(task, read_state(task, {}))] == ["sai"]
    assert [finding.sentence for finding in findings(task, read_state(task, {"pictures": ["a"]}))] == ["đúng"]


def test_a_situation_of_a_drill_says_what_came_of_the_choice() -> None:
    drill = next(vector["task"] for vector in VECTORS if vector["task"]["kind"] == "drill")
    task = read_task(drill)
    found = findings(task, read_state(task, {"choices": {"x": 0}}))
    assert [finding.sentence for finding in found] == ["Hỏng", ""]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=15,
)
FIELDS = ("text", "pictures", "alternatives", "identity", "audience", "when", "day", "time", "comments", "people",
          "requests", "settings", "choices", "steps")  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(EXERCISES), JSON | st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_state_makes_the_rules_fail(exercise: tuple[Path, Any, Any], raw: Any) -> None:
    _file, task, _solution = exercise
    found = findings(task, read_state(task, raw))
    assert len(found) == len(task.situations) + len(task.rules)


@pytest.mark.parametrize(("file", "task", "solution"), EXERCISES, ids=NAMES)
def test_an_exercise_of_the_course_is_not_solved_by_doing_nothing_and_can_be_solved(
    file: Path, task: Any, solution: dict[str, Any]
) -> None:
    assert not passes(task, read_state(task, {}))
    assert passes(task, read_state(task, solution))


def test_there_is_an_exercise_in_each_of_the_topics_one_to_four_and_there_are_two_drills() -> None:
    places = {file.parent.parent.name for file, _task, _solution in EXERCISES}
    assert {f"chuyen-de-{number}" for number in range(1, 5)} <= places
    assert sorted(file.parent.name for file, task, _solution in EXERCISES if task.kind == "drill") == [
        "4-6-ung-cuu",
        "5-4-tin-gia-khung-hoang",
    ]


BROKEN = [
    ({"kind": "game"}, Fault.UNKNOWN_CHOICE, ""),
    ({"scene": " "}, Fault.MISSING, ""),
    ({"goals": []}, Fault.MISSING, ""),
    ({"colour": "red"}, Fault.UNKNOWN_KEY, ""),
    ({"rule": []}, Fault.NO_RULE, ""),
    ({"picture": []}, Fault.NO_PART, ""),
    ({"request": [{"key": "r", "who": "a", "text": "b"}]}, Fault.WRONG_PART, ""),
]
BROKEN_RULES = [
    ({"check": "guess"}, Fault.UNKNOWN_CHOICE),
    ({"check": "person_removed", "subject": "a"}, Fault.WRONG_CHECK),
    ({"subject": ""}, Fault.NO_SUBJECT),
    ({"subject": "zzz"}, Fault.UNKNOWN_SUBJECT),
    ({"check": "text_avoids", "subject": ""}, Fault.NO_WORDS),
    ({"check": "sent_as", "subject": "", "words": ["soon"]}, Fault.BAD_WORD),
    ({"check": "scheduled_between", "subject": "", "words": ["mai", "mốt"]}, Fault.BAD_WORD),
    ({"check": "length_between", "subject": "", "least": 5, "most": 2}, Fault.BAD_RANGE),
    ({"least": "two"}, Fault.NOT_NUMBER),
    ({"right": ""}, Fault.MISSING),
    ({"wrong": "x" * 501}, Fault.TOO_LONG),
]


@pytest.mark.parametrize(("change", "fault", "table"), BROKEN)
def test_a_task_that_cannot_be_is_refused(change: dict[str, Any], fault: Fault, table: str) -> None:
    with pytest.raises(TaskError) as raised:
        read_task({**PLAIN, **change})
    assert (raised.value.fault, raised.value.table) == (fault, table)


@pytest.mark.parametrize(("change", "fault"), BROKEN_RULES)
def test_a_rule_that_looks_at_nothing_is_refused_and_named(change: dict[str, Any], fault: Fault) -> None:
    with pytest.raises(TaskError) as raised:
        read_task({**PLAIN, "rule": [PLAIN["rule"][0], {**PLAIN["rule"][0], **change}]})
    assert (raised.value.fault, raised.value.table, raised.value.index) == (fault, "rule", 1)


def test_two_parts_with_one_key_are_refused() -> None:
    with pytest.raises(TaskError) as raised:
        read_task({**PLAIN, "picture": [PLAIN["picture"][0], PLAIN["picture"][0]]})
    assert (raised.value.fault, raised.value.index) == (Fault.DOUBLE_KEY, 1)


def test_a_situation_has_one_right_choice() -> None:
    drill = next(vector["task"] for vector in VECTORS if vector["task"]["kind"] == "drill")
    wrong = [{**choice, "is_right": True} for choice in drill["situation"][0]["choice"]]
    with pytest.raises(TaskError) as raised:
        read_task({**drill, "situation": [{**drill["situation"][0], "choice": wrong}]})
    assert raised.value.fault == Fault.NO_RIGHT


def test_what_is_read_holds_every_sentence_of_the_file() -> None:
    for file, task, _solution in EXERCISES:
        texts = " ".join(task.texts())
        for sentence in (table["right"] for table in read_table(file).data.get("rule", [])):
            assert sentence in texts
