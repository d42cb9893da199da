"""A sample of every type of question: a module named like the type with CONTENT and RIGHT (an answer worth all).

MARKED_BY_A_PERSON = True where ``mark`` answers None for RIGHT.
"""

import importlib
import pkgutil
from typing import Any

_MODULES = {found.name: importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)}
CONTENT: dict[str, dict[str, Any]] = {name: module.CONTENT for name, module in _MODULES.items()}
RIGHT: dict[str, Any] = {name: module.RIGHT for name, module in _MODULES.items()}
MARKED_BY_A_PERSON = {name for name, module in _MODULES.items() if getattr(module, "MARKED_BY_A_PERSON", False)}
