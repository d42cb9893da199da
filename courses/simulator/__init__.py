"""The fanpage simulator: what a task is, the state of a try, and the rules that look at it. No Django.

``lms/static/lms/js/simulator.js`` evaluates the same in the browser; tests/courses/simulator/vectors.json holds both to
one answer.
"""

from courses.simulator.checks import Finding, findings, passes
from courses.simulator.states import State, read_state
from courses.simulator.tasks import Check, Fault, Kind, Rule, Task, TaskError, read_task

__all__ = [
    "Check",
    "Fault",
    "Finding",
    "Kind",
    "Rule",
    "State",
    "Task",
    "TaskError",
    "findings",
    "passes",
    "read_state",
    "read_task",
]
