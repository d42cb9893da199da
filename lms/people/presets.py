"""Rights as an office speaks of them: a handful of roles with a plain name, each a set of rights.

Nothing keeps a role: rights are given and ended one by one, and a role is read out of what somebody holds.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Preset:
    """``rights``: keys of ``Grant.Right``."""

    key: str
    name: str | Promise
    meaning: str | Promise
    rights: frozenset[str]


HEAD = "head"
# From the least to the most.
PRESETS = (
    Preset(
        "follower",
        _("Follower of results"),
        _("Reads the results of the unit and of all units below it, and changes nothing. For leaders and inspectors."),
        frozenset({"view"}),
    ),
    Preset(
        "marker",
        _("Marker of practical tasks"),
        _("Marks practical tasks and confirms community pages, and sees the results for it."),
        frozenset({"view", "mark"}),
    ),
    Preset(
        "second",
        _("Second person for approvals"),
        _("Confirms what another one has asked for: reorganisations, erasures, a manager's lost sign-in. May also give "
          "on the rights of this role."),
        frozenset({"view", "approve"}),
    ),
    Preset(
        "training",
        _("Training officer of the unit"),
        _("The daily work: brings in people and issues accounts, assigns training with its deadline, calls and "
          "reminds."),
        frozenset({"view", "remind", "import", "assign"}),
    ),
    Preset(
        HEAD,
        _("Head of training of the unit"),
        _("All of it: the daily work, marking, approving, and giving rights to others."),
        frozenset({"view", "remind", "import", "approve", "mark", "assign"}),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Role:
    """What a set of rights is called. ``beyond``: rights that the role does not have; in the order they were asked."""

    preset: Preset | None
    beyond: tuple[str, ...]


def role_of(rights: Iterable[str]) -> Role:
    """The largest role of which nothing is missing, and what comes on top; no role for, say, "remind" alone."""
    held = list(dict.fromkeys(rights))
    fitting = [preset for preset in PRESETS if preset.rights <= set(held)]
    best = max(fitting, key=lambda preset: len(preset.rights), default=None)
    has = best.rights if best else frozenset[str]()
    return Role(best, tuple(right for right in held if right not in has))


def offered(rights: Collection[str]) -> list[Preset]:
    """The roles that somebody may give who may give ``rights``."""
    return [preset for preset in PRESETS if preset.rights <= set(rights)]
