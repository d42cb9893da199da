"""Vietnamese text: cleaning, folding for search, and the order of the dictionary. No Django.

Order: CLDR ``vi``. Letters ă â đ ê ô ơ ư are letters of their own (primary); the tones decide only when all letters
are equal, in the order ngang, huyền, hỏi, ngã, sắc, nặng, and after them the marks of other languages of Việt Nam
(Y Sŏ, Kpă Čư); lower case stands before upper case at the end. Space, then punctuation ("H'Hen"), then digits come
before all letters. ``tests/core/order_of_names.txt`` holds what ICU says.
"""

import re
import unicodedata

_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
# Codes of the first level. None is the beginning of another, so that keys compare letter by letter.
_RANK = {letter: f"{index + 100}" for index, letter in enumerate(_LETTERS)}
_RANK["ƀ"] = f"{_RANK['b']}~"
_RANK |= {" ": "001"} | {digit: f"{20 + value:03d}" for value, digit in enumerate("0123456789")}
_RANK |= {sign: f"{index:03d}" for index, sign in enumerate("_-–—,;:!?.…·'\"«»", start=2)}
_RANK |= {sign: f"019{chr(65 + index)}" for index, sign in enumerate("()[]{}@*/\\&#%`^°+<=>|~$")}
# Typographic quotation marks differ from the plain ones no more than tones do.
_QUOTES = {"‘": ("'", "1"), "’": ("'", "2"), "‚": ("'", "3"), "“": ('"', "1"), "”": ('"', "2"), "„": ('"', "3")}
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
# breve, caron, ring, diaeresis, double acute, dot above, cedilla … in the order of the root collation
_MARKS = {mark: chr(54 + index) for index, mark in enumerate("\u0306\u030c\u030a\u0308\u030b\u0307\u0327\u0328\u0304")}
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """``text`` in NFC, without zero-width characters, every run of white space one space, none at the ends."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text.translate(_INVISIBLE))).strip()


def fold(text: str) -> str:
    """``text`` for searching: lower case, no diacritics, đ → d. Never for deciding that two names are one."""
    decomposed = unicodedata.normalize("NFD", clean(text).casefold().replace("đ", "d"))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def upper(text: str) -> str:
    """``text`` in capitals, as names stand on certificates."""
    return unicodedata.normalize("NFC", text).upper()


def sort_key(text: str) -> str:
    """A string whose code-point order is the Vietnamese order of ``text``: letters | tones | case."""
    letters: list[str] = []
    tones: list[str] = []
    cases: list[str] = []
    for char in clean(text):
        lowered = char.lower()
        if char in _QUOTES:
            plain, difference = _QUOTES[char]
            letters.append(_RANK[plain])
            tones.append(difference)
            cases.append("0")
            continue
        parts = unicodedata.normalize("NFD", lowered)
        tone = "".join(_TONES[part] for part in parts if part in _TONES)
        base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
        if base not in _RANK and len(base) == 1:
            # A letter of ours under a mark that is not: "ŏ" is an o, "ơ̆" an ơ.
            tone += "".join(_MARKS.get(part, "") for part in parts)
            base = unicodedata.normalize(
                "NFC", "".join(part for part in parts if part not in _TONES and part not in _MARKS)
            )
        elif base in _MARKS:
            # It stands alone where no letter could take it in; it marks the letter before.
            tones.append(_MARKS[base])
            continue
        letters.append(_RANK.get(base) or f"9{ord(base[:1] or ' '):06d}")
        tones.append(tone or "0")
        cases.append("1" if char != lowered else "0")
    return "".join(letters) + "!" + "".join(tones) + "!" + "".join(cases)


def name_sort_key(full_name: str) -> str:
    """The order of a list of people: given name (the last word) first, then họ and đệm."""
    before, _, given = clean(full_name).rpartition(" ")
    return f"{sort_key(given)} {sort_key(before)}"[:600]
