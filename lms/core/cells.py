"""Cells of tables that leave the site, and of those that come back. No Django."""

import re

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


# What no sheet of Excel may hold.
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def neutral(value: object) -> str:
    """``value`` as text that no spreadsheet takes for a formula: an apostrophe in front of what might be one.

    Characters that a sheet cannot hold are dropped.
    """
    written = _ILLEGAL.sub("", str(value))
    return f"'{written}" if written.startswith(_FORMULA) else written


def restored(written: str) -> str:
    """What ``neutral`` was given; a name that begins with an apostrophe keeps it."""
    return written[1:] if written[:1] == "'" and written[1:].startswith(_FORMULA) else written
