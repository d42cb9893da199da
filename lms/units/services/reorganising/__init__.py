"""Reorganising units. Units are never moved (DESIGN §3.4), so paths and past totals stay true."""

from lms.units.services.reorganising.direct import close, merge, rename

__all__ = ["close", "merge", "rename"]
