"""Who may begin now, beside the attempts that are left: one module a rule, of one shape (requirements Q7).

A new rule is a module beside these with a ``RULE``. Dates and limits are in quizzes.rules.timing; one device is kept
by services.attempts, since it binds during the attempt too.
"""

import importlib
import pkgutil

from quizzes.access.base import Asked, Held, Rule

__all__ = ["Asked", "Held", "Rule", "asked_for", "refuse"]

_RULES: list[Rule] = sorted(
    (
        importlib.import_module(f"{__name__}.{found.name}").RULE
        for found in pkgutil.iter_modules(__path__)
        if found.name != "base"
    ),
    key=lambda rule: rule.ORDER,
)


def asked_for(held: Held) -> tuple[str, ...]:
    """What the page of the quiz has to ask for: fields of ``Asked``."""
    return tuple(field for rule in _RULES if (field := rule.asks_for(held)))


def refuse(held: Held, asked: Asked) -> str:
    """The first sentence against it, "" if there is none."""
    return next((sentence for rule in _RULES if (sentence := rule.refuse(held, asked))), "")
