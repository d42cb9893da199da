"""Vietnamese text: cleaning, folding for search, and the order of the dictionary. No Django.

Order: CLDR ``vi``. Letters ă â đ ê ô ơ ư are letters of their own (primary); the tones decide only when all letters
are equal, in the order ngang, huyền, hỏi, ngã, sắc, nặng; lower case stands before upper case at the end.
"""

import re
import unicodedata

_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_RANK = {letter: index + 100 for index, letter in enumerate(_LETTERS)}
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
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
        tone = 0
        base = ""
        for part in unicodedata.normalize("NFD", lowered):
            if part in _TONES:
                tone = _TONES[part]
            else:
                base += part
        base = unicodedata.normalize("NFC", base)
        rank = _RANK.get(base)
        if rank is None:
            # Space before digits before letters; what is no letter of ours keeps its code point after "z".
            rank = 1 if char == " " else 20 + ord(char) - 48 if char.isdigit() and ord(char) < 58 else None
        letters.append(f"{rank:03d}" if rank is not None else f"9{ord(base[:1] or ' '):06d}")
        tones.append(str(tone))
        cases.append("1" if char != lowered else "0")
    return "".join(letters) + "!" + "".join(tones) + "!" + "".join(cases)


def name_sort_key(full_name: str) -> str:
    """The order of a list of people: given name (the last word) first, then họ and đệm."""
    before, _, given = clean(full_name).rpartition(" ")
    return f"{sort_key(given)} {sort_key(before)}"[:600]
