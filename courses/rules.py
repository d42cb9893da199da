"""When something is done. Plain Python: the caller brings the facts."""

from collections.abc import Iterable, Set
from typing import NamedTuple


class ModuleFacts(NamedTuple):
    """``required``: keys of the activities that must be done; ``requires``: keys of the modules that open this one."""

    key: object
    required: Set[object]
    requires: Set[object]


def is_complete(*, required: Set[object], done: Set[object]) -> bool:
    """A course without required activities is never complete: an empty course certifies nobody."""
    return bool(required) and required <= done


def module_is_done(module: ModuleFacts, done: Set[object]) -> bool:
    """A module without required activities holds nobody up."""
    return module.required <= done


def modules_in_the_way(module: ModuleFacts, modules: Iterable[ModuleFacts], done: Set[object]) -> list[object]:
    """Keys of the modules that must be finished before ``module`` opens, in the order of ``modules``."""
    return [other.key for other in modules if other.key in module.requires and not module_is_done(other, done)]
