"""Who rests on the register of documents: an app above courses tells courses what of its own names a document.

``courses`` itself looks through its pages (queries.citations).
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Use:
    """One place that would have to be looked at. ``url``: where it is edited; ``part``: the heading it stands under;
    ``since``: when it was published, or saved as a draft.
    """

    kind: str | Promise
    title: str
    url: str
    part: str = ""
    since: dt.datetime | None = None


# Keys of documents → the uses of each. Few queries, whatever the number of keys.
Find = Callable[[Iterable[str]], Mapping[str, list[Use]]]

_finders: dict[str, Find] = {}


def register(name: str, find: Find) -> None:
    _finders[name] = find


def elsewhere(keys: Iterable[str]) -> dict[str, list[Use]]:
    """What the registered apps name, in the order of their registration."""
    keys = list(keys)
    found: dict[str, list[Use]] = {key: [] for key in keys}
    for find in _finders.values():
        for key, uses in find(keys).items():
            found[key].extend(uses)
    return found
