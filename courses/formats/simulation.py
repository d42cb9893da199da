"""A TOML file beside a lesson → a task of the simulator that can be solved and is not solved yet. No Django."""

import re
from dataclasses import dataclass
from pathlib import Path

from courses.formats.errors import PackageError
from courses.formats.sources import Table, read_table
from courses.simulator import Fault, Task, TaskError, findings, passes, read_state, read_task

REASONS: dict[Fault, str] = {
    Fault.MISSING: "“{key}” is missing",
    Fault.UNKNOWN_KEY: "unknown key “{key}”",
    Fault.NOT_TEXT: "“{key}” must be a text",
    Fault.NOT_LIST: "“{key}” must be a list",
    Fault.NOT_NUMBER: "“{key}” must be a whole number, not below 0",
    Fault.NOT_BOOLEAN: "“{key}” must be true or false",
    Fault.TOO_LONG: "“{key}” is longer than {word} characters",
    Fault.UNKNOWN_CHOICE: "“{key}” cannot be “{word}”",
    Fault.BAD_KEY: "the key “{word}” may hold small letters, digits and dashes only",
    Fault.DOUBLE_KEY: "“{word}” stands twice in “{key}”",
    Fault.WRONG_PART: "a task of this kind has no “{word}”",
    Fault.NO_PART: "a task of this kind needs at least one [[{word}]]",
    Fault.NO_RULE: "the task has no rule",
    Fault.WRONG_CHECK: "the check “{word}” does not belong to this kind of task",
    Fault.NO_SUBJECT: "the check “{word}” needs a subject",
    Fault.UNKNOWN_SUBJECT: "the task has nothing with the key “{word}” that this check can look at",
    Fault.NO_WORDS: "the check “{word}” needs words",
    Fault.BAD_WORD: "“{word}” is not among the words that this check knows",
    Fault.BAD_RANGE: "the check “{word}” needs “least” or “most”, the first not above the second",
    Fault.NO_RIGHT: "exactly one choice of a situation is right",
    Fault.PASSES_UNTOUCHED: "whoever does nothing has already solved this task",
    Fault.SOLUTION_FAILS: "the solution does not satisfy the rule “{word}”",
}


@dataclass(frozen=True)
class TaskSource:
    file: Path
    task: Task


def read_simulation(file: Path) -> TaskSource:
    """PackageError with the line for whatever is wrong, also when the solution solves nothing."""
    table = read_table(file)
    solution = table.data.get("solution")
    if not isinstance(solution, dict):
        raise PackageError(
            file, None, "“solution” is missing: a table [solution] with a state that satisfies every rule"
        )
    try:
        task = read_task({key: value for key, value in table.data.items() if key != "solution"})
    except TaskError as error:
        raise PackageError(
            file, _line(table, error), REASONS[error.fault].format(key=error.key, word=error.word)
        ) from None
    if passes(task, read_state(task, {})):
        raise PackageError(file, table.line_of("kind"), REASONS[Fault.PASSES_UNTOUCHED])
    count = len(task.situations)
    for number, finding in enumerate(findings(task, read_state(task, solution))):
        if finding.ok:
            continue
        if number < count:
            reason = f"the solution does not choose right in “{task.situations[number].key}”"
            raise PackageError(file, _header(table, "situation", number), reason)
        rule = task.rules[number - count]
        reason = REASONS[Fault.SOLUTION_FAILS].format(word=rule.check)
        raise PackageError(file, _header(table, "rule", number - count), reason)
    return TaskSource(file, task)


def _line(table: Table, error: TaskError) -> int | None:
    """The key inside the part that is meant, else where the part begins."""
    lines = table.text.split("\n")
    start = _header(table, error.table, error.index) if error.table else 1
    if start is None:
        return table.line_of(error.key)
    end = next(
        (number for number, line in enumerate(lines[start:], start=start + 1) if re.match(r"\[", line)), len(lines) + 1
    )
    for number in range(start, end):
        if re.match(rf"\s*{re.escape(error.key)}\s*=", lines[number - 1]):
            return number
    return start if error.table else None


def _header(table: Table, name: str, index: int) -> int | None:
    """The line of the ``index``-th [[name]], from 0."""
    headers = [number for number, line in enumerate(table.text.split("\n"), start=1) if line.strip() == f"[[{name}]]"]
    return headers[index] if index < len(headers) else None
