"""Reorganising units. Units are never moved (DESIGN §3.4), so paths and past totals stay true.

A plan is drafted (``draft``, ``add_step`` …), looked at (``lms.units.queries.preview``, ``problems``) and carried out
(``apply``); ``rename``, ``close`` and ``merge`` are the same for one unit without a plan, for loading and tests.
"""

from lms.units.services.reorganising.applying import apply, carry_on, take_up
from lms.units.services.reorganising.direct import close, merge, rename
from lms.units.services.reorganising.drafting import add_step, cancel, change_step, draft, redraft, remove_step
from lms.units.services.reorganising.following import decide_moves, renew_grants

__all__ = [
    "add_step",
    "apply",
    "cancel",
    "carry_on",
    "change_step",
    "close",
    "decide_moves",
    "draft",
    "merge",
    "redraft",
    "remove_step",
    "rename",
    "renew_grants",
    "take_up",
]
