"""How wide words are in Times New Roman, for the rules under them. Plain Python.

The widths are facts of the typeface (and of every font made to its measure), in 1/2048 of its size. A letter with a
tone or a hat is as wide as the letter without.
"""

import unicodedata

_REGULAR = {
    369: "'",
    512: " .,",
    569: "ijlt/:",
    682: "Ifr-()",
    797: "Js",
    836: '"',
    909: "acez“”",
    1024: "bdghknopquvxy0123456789đ–",
    1083: "ơ",
    1110: "ư",
    1139: "FPS",
    1251: "ELTZ",
    1366: "BCR",
    1479: "ADGHKNOQUVXYwƠĐ",
    1589: "Ư",
    1593: "m&",
    1821: "M",
    1933: "W",
}

_BOLD = {
    512: " .,",
    569: "il/'",
    682: "fjt-:()",
    797: "Is",
    909: "cerz",
    1024: "Jagovxy0123456789“”–",
    1134: "ơ",
    1137: '"',
    1139: "Sbdhknpquđ",
    1229: "ư",
    1251: "FP",
    1366: "BELTZ",
    1479: "ACDNRUVXYwĐ",
    1593: "GHKOQƠ",
    1630: "Ư",
    1706: "m&",
    1933: "M",
    2048: "W",
}

_UNITS = 2048
_OTHER = 1024


def _by_letter(widths: dict[int, str]) -> dict[str, int]:
    return {letter: width for width, letters in widths.items() for letter in letters}


_WIDTHS = {False: _by_letter(_REGULAR), True: _by_letter(_BOLD)}


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The width in points of ``text`` on one line."""
    known = _WIDTHS[bold]
    total = 0
    for char in unicodedata.normalize("NFC", text).replace("\u00a0", " "):
        base = char
        while base not in known:
            shorter = unicodedata.normalize("NFC", unicodedata.normalize("NFD", base)[:-1])
            if not shorter or shorter == base:
                break
            base = shorter
        total += known.get(base, _OTHER)
    return total * size / _UNITS
