"""What a changed result does elsewhere: apps above tell, when they are ready, what hangs on it (requirements Q22b).

Pure registry: quizzes knows no certificate, and asks who does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ResultChange:
    """The grade of one enrolment would change. ``is_completed``: the course has been completed with it before, which
    nothing undoes; ``completes``: the course would be complete by it."""

    enrolment_id: int
    passed_before: bool
    passed_after: bool
    is_completed: bool = False
    completes: bool = False

    @property
    def is_gained(self) -> bool:
        return self.passed_after and not self.passed_before

    @property
    def is_lost(self) -> bool:
        return self.passed_before and not self.passed_after


@dataclass(frozen=True)
class ImpactLine:
    """``kind``: "certificate_due" (would be issued) or "certificate_stands" (stays valid although the pass is gone: to
    be decided by itself). ``label``: what it concerns, such as a number."""

    kind: str
    enrolment_id: int
    label: str = ""


Receiver = Callable[[Sequence[ResultChange]], list[ImpactLine]]

_receivers: dict[str, Receiver] = {}


def register(name: str, receiver: Receiver) -> None:
    """``receiver`` only reads, in a constant number of queries."""
    _receivers[name] = receiver


def impacts(changes: Sequence[ResultChange]) -> list[ImpactLine]:
    """What every app says, in the order in which they registered; nothing for no changes."""
    if not changes:
        return []
    return [line for receiver in _receivers.values() for line in receiver(changes)]
