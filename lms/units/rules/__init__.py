"""How lists of units become one tree over time (``lists``), and what a plan of changes makes of a tree (``changes``).
Plain Python; the rules of DESIGN §3.4 and of ``data/README.md``.
"""

from lms.units.rules.lists import (
    Boundary,
    Change,
    Difference,
    Gap,
    History,
    ListStep,
    Named,
    Node,
    Unresolved,
    difference,
    tell,
)

__all__ = [
    "Boundary",
    "Change",
    "Difference",
    "Gap",
    "History",
    "ListStep",
    "Named",
    "Node",
    "Unresolved",
    "difference",
    "tell",
]
