"""Cells of tables that leave the site, and of those that come back. No Django."""

import re

# A line break too: the next line of a cell may be taken for a cell of its own.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# What some spreadsheets skip before they look whether it is a formula, and nobody sees.
_SKIPPED = " \u00a0\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
# What no sheet of Excel may hold, and halves of characters, which no file may.
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Excel's own limit of characters in a cell.
LONGEST = 32_767


def plain(value: object) -> str:
    """``value`` as text that a cell of a sheet can hold. Only for cells that are typed as text: see ``neutral``."""
    return _ILLEGAL.sub("", str(value))[:LONGEST]


def neutral(value: object) -> str:
    """``value`` as text that no spreadsheet takes for a formula: an apostrophe in front of what might be one.

    Characters that a sheet cannot hold are dropped.
    """
    written = plain(value)
    return f"'{written}"[:LONGEST] if _is_like_a_formula(written) else written


def restored(written: str) -> str:
    """What ``neutral`` was given; a name that begins with an apostrophe keeps it."""
    return written[1:] if written[:1] == "'" and _is_like_a_formula(written[1:]) else written


def _is_like_a_formula(written: str) -> bool:
    return written.startswith(_FORMULA) or written.lstrip(_SKIPPED).startswith(_FORMULA)
