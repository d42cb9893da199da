"""What types bring for the formats: ``exchange.py`` (text and XML) and ``sheets.py`` (Word, Excel) of their folders."""

import importlib
import importlib.util
import pkgutil
from functools import cache
from types import ModuleType

# How the functions of a hook begin, by the name of the format.
PREFIXES = {
    "gift": "gift",
    "moodle-xml": "moodle",
    "moodle": "moodle",
    "aiken": "aiken",
    "cloze": "cloze",
    "qti": "qti",
    "docx": "docx",
    "xlsx": "xlsx",
}
_MODULES = ("exchange", "sheets")


@cache
def hooks(format_name: str) -> tuple[ModuleType, ...]:
    """The modules that hold ``<prefix>_read`` or ``<prefix>_write`` for this format, by name of their type.

    Each has a ``NAME``. Found by looking into the folders, so that a type is added by its folder alone. KeyError for a
    format that is not known.
    """
    wanted = tuple(f"{PREFIXES[format_name]}_{way}" for way in ("read", "write"))
    return tuple(module for module in _modules() if any(hasattr(module, name) for name in wanted))


@cache
def _modules() -> tuple[ModuleType, ...]:
    package = importlib.import_module("quizzes.types")
    folders = sorted(found.name for found in pkgutil.iter_modules(package.__path__) if found.ispkg)
    names = [f"quizzes.types.{folder}.{part}" for folder in folders for part in _MODULES]
    return tuple(importlib.import_module(name) for name in names if importlib.util.find_spec(name))
