"""What both sides must find: tests/courses/simulator/vectors.json, and the exercises of the course."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from courses.formats.sources import read_table
from courses.simulator import Task, findings, read_state, read_task

HERE = Path(__file__).parent
CONTENT = Path(__file__).resolve().parents[3] / "courses" / "content"
VECTORS: list[dict[str, Any]] = json.loads((HERE / "vectors.json").read_text(encoding="utf-8"))


def exercises() -> Iterator[tuple[Path, Task, dict[str, Any]]]:
    """Every exercise of the packages with its solution."""
    for file in sorted(CONTENT.rglob("mo-phong*.toml")):
        data = dict(read_table(file).data)
        solution = data.pop("solution")
        yield file, read_task(data), solution


def cases() -> Iterator[tuple[str, Task, Any, list[dict[str, Any]]]]:
    """(name, task, what the browser sends, what must be found), for the test in the browser."""
    for vector in VECTORS:
        task = read_task(vector["task"])
        for case in vector["cases"]:
            yield vector["name"], task, case["state"], found_by_python(task, case["state"])
    for file, task, solution in exercises():
        for state in ({}, solution):
            yield file.parent.name, task, state, found_by_python(task, state)


def found_by_python(task: Task, raw: Any) -> list[dict[str, Any]]:
    return [asdict(finding) for finding in findings(task, read_state(task, raw))]
