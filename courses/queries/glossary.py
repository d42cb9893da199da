"""The glossary as a page shows it."""

import unicodedata
from collections import defaultdict
from dataclasses import dataclass

from courses.models import GlossaryTerm
from lms.core import text

# Grave, hook above, tilde, acute, dot below: a tone makes no letter of its own, Á is filed under A, Ă is not.
_TONES = "\u0300\u0309\u0303\u0301\u0323"


@dataclass(frozen=True)
class Letter:
    """Terms that begin with one letter of the Vietnamese alphabet. ``anchor``: unique on the page."""

    letter: str
    anchor: str
    terms: tuple[GlossaryTerm, ...]


def letters() -> list[Letter]:
    """The whole glossary in the order of the dictionary. One query."""
    by_letter: dict[str, list[GlossaryTerm]] = defaultdict(list)
    for term in GlossaryTerm.objects.order_by("sort_key"):
        by_letter[_letter(term.term)].append(term)
    return [Letter(letter, f"chu-{index}", tuple(rows)) for index, (letter, rows) in enumerate(by_letter.items())]


def found(typed: str) -> list[GlossaryTerm]:
    """Terms that ``typed`` occurs in, with or without its diacritics: as typed before without, in the term before the
    definition. One query.
    """
    exact, folded = text.clean(typed).casefold(), text.fold(typed)
    if not folded:
        return []
    ranked = []
    for term in GlossaryTerm.objects.order_by("sort_key"):
        places = (term.term, term.definition)
        ranks = [index for index, place in enumerate(places) if exact in text.clean(place).casefold()]
        ranks += [2 + index for index, place in enumerate(places) if folded in text.fold(place)]
        if ranks:
            ranked.append((min(ranks), term))
    return [term for _rank, term in sorted(ranked, key=lambda row: row[0])]


def _letter(words: str) -> str:
    first = unicodedata.normalize("NFD", text.upper(text.clean(words)[:1]))
    return unicodedata.normalize("NFC", "".join(sign for sign in first if sign not in _TONES))
