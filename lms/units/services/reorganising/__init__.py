"""Reorganising units. Units are never moved (DESIGN §3.4), so paths and past totals stay true.

A plan is drafted (``draft``, ``add_step`` …), looked at (``lms.units.queries.preview``, ``problems``) and carried out
(``apply``); ``rename``, ``close`` and ``merge`` are the same for one unit without a plan, for loading and tests.
"""

from lms.units.services.reorganising.direct import close, merge, rename
from lms.units.services.reorganising.drafting import add_step, cancel, change_step, draft, redraft, remove_step

__all__ = ["add_step", "cancel", "change_step", "close", "draft", "merge", "redraft", "remove_step", "rename"]
