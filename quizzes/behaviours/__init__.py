"""How questions are answered: one module a behaviour, of one shape, apart from the types (requirements Q2).

A new one is a module beside these with a ``BEHAVIOUR``, and its name among ``QuizSettings.Behaviour``.
"""

import importlib
import pkgutil

from quizzes.behaviours.base import Behaviour, Verdict

__all__ = ["Behaviour", "Verdict", "get"]

_BEHAVIOURS: dict[str, Behaviour] = {}
for _found in pkgutil.iter_modules(__path__):
    if _found.name != "base":
        _behaviour = importlib.import_module(f"{__name__}.{_found.name}").BEHAVIOUR
        _BEHAVIOURS[_behaviour.NAME] = _behaviour


def get(name: str) -> Behaviour:
    """KeyError for one that is not installed."""
    return _BEHAVIOURS[name]
