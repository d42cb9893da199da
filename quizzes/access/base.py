"""The one shape of an access rule. A module of this package with a ``RULE`` is one."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Asked:
    """What came with the wish to begin: what was typed, where it came from, on which device."""

    password: str = ""
    ticket: str = ""
    address: str = ""
    device: str = ""


class Held(Protocol):
    """As much of the settings of a quiz (with exceptions applied) as a rule may read."""

    @property
    def password(self) -> str: ...

    @property
    def networks(self) -> str: ...

    @property
    def needs_ticket(self) -> bool: ...


class Rule(Protocol):
    @property
    def NAME(self) -> str: ...  # noqa: N802  a constant

    @property
    def ORDER(self) -> int: ...  # noqa: N802

    def asks_for(self, held: Held) -> str:
        """The field of ``Asked`` that the page has to ask for, "" for none."""
        ...

    def refuse(self, held: Held, asked: Asked) -> str:
        """The sentence that says why not, "" if there is nothing against it."""
        ...
