"""Vietnamese typed in fonts of the time before Unicode: TCVN3 (.VnTime) and VNI (VNI-Times). No Django.

Such a text is Latin letters by code and Vietnamese by its font alone: "NguyÔn V¨n" in .VnTime reads Nguyễn Văn. It is
told by its words: most of those with a letter that is not ASCII are no Vietnamese as they stand, and become Vietnamese
syllables by the table.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

TCVN3, VNI = "tcvn3", "vni"
TABLES = (TCVN3, VNI)

# TCVN 5712:1993, VN3: a code for each small letter; for the capitals only those without a tone, the others are small
# letters in a font of capitals (.VnTimeH).
_TCVN3_SMALL = dict(
    zip(
        "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵ",
        "µ¶·¸¹¨»¼½¾Æ©ÇÈÉÊË®ÌÎÏÐÑªÒÓÔÕÖ×ØÜÝÞßáâãä«åæçèé¬êëìíîïñòóô\u00adõö÷øùúûüýþ",
        strict=True,
    )
)
_TCVN3_CAPITAL = dict(zip("ĂÂÊÔƠƯĐ", "¡¢£¤¥¦§", strict=True))

# VNI-Windows: a tone, or a sign with its tone, is a letter of its own behind the vowel.
_MARKS = dict(zip("áàảãạ", "ùøûõï", strict=True))
_ROOF = dict(zip("âấầẩẫậ", "âáàåãä", strict=True))
_BREVE = dict(zip("ăắằẳẵặ", "êéèúüë", strict=True))
_ALONE = dict(zip("íìỉĩịỵđơư", "íìæóòîñôö", strict=True))


def detect(text: str) -> str:
    """The table that ``text`` was typed in, "" for Unicode, and for too few words to tell."""
    words = [word for word in _WORD.findall(unicodedata.normalize("NFC", text[:200_000])) if not word.isascii()]
    if len(words) < 2:
        return ""
    sound = sum(map(_is_vietnamese, words))
    best, most = "", 0
    for table in TABLES:
        right = sum(_is_vietnamese(changed) for changed in (convert(word, table) for word in words))
        # Two words alone must both come out right, and neither read as it stands.
        if right > most and right >= 2 and right * 10 >= len(words) * 8 and sound * 2 <= right:
            best, most = table, right
    return best


def vietnamese(text: str) -> tuple[int, int]:
    """(words that are Vietnamese syllables with letters or tones of their own, all words that are not ASCII)."""
    words = [word for word in _WORD.findall(unicodedata.normalize("NFC", text[:200_000])) if not word.isascii()]
    return sum(map(_is_vietnamese, words)), len(words)


def convert(text: str, table: str) -> str:
    """``text`` in Unicode (NFC). Only for a text that is in this table: another is spoilt. KeyError for no table."""
    text = unicodedata.normalize("NFC", text)
    return unicodedata.normalize("NFC", {TCVN3: _from_tcvn3, VNI: _from_vni}[table](text))


def _from_tcvn3(text: str) -> str:
    """A letter with a tone inside a word of capitals is a capital: the table has none of its own."""
    letters = _tcvn3()
    if not any(char in letters for char in text):
        return text

    def one(found: re.Match[str]) -> str:
        word = found[0]
        kept = [letters.get(char, char) for char in word]
        plain = [char for char in word if char.isascii() and char.isalpha()]
        capitals = [new for old, new in zip(word, kept, strict=True) if old in letters and new.isupper()]
        others = [new for old, new in zip(word, kept, strict=True) if old in letters and not new.isupper()]
        is_shouted = bool(others) and not any(char.islower() for char in plain) and len(plain) + len(capitals) > 1
        return "".join(kept).upper() if is_shouted else "".join(kept)

    return _TCVN3_WORD.sub(one, text)


def _from_vni(text: str) -> str:
    pairs = _vni()
    return _vni_pattern().sub(lambda found: pairs[found[0]], text)


@cache
def _tcvn3() -> dict[str, str]:
    return {code: letter for letter, code in (_TCVN3_SMALL | _TCVN3_CAPITAL).items()}


@cache
def _vni() -> dict[str, str]:
    small: dict[str, str] = {code: letter for letter, code in _ALONE.items()}
    tones = [unicodedata.normalize("NFD", letter)[1] for letter in _MARKS]
    for vowel in "aeouy":
        for tone, mark in zip(tones, _MARKS.values(), strict=True):
            small[vowel + mark] = unicodedata.normalize("NFC", vowel + tone)
    for vowel, code in (("ơ", "ô"), ("ư", "ö")):
        for tone, mark in zip(tones, _MARKS.values(), strict=True):
            small[code + mark] = unicodedata.normalize("NFC", vowel + tone)
    for vowel in "aeo":
        for letter, mark in _ROOF.items():
            tone = unicodedata.normalize("NFD", unicodedata.normalize("NFC", letter)).replace("a", "", 1)
            small[vowel + mark] = unicodedata.normalize("NFC", vowel + tone)
    for letter, mark in _BREVE.items():
        small["a" + mark] = letter
    capital = {code.upper(): letter.upper() for code, letter in small.items()}
    # "Hoaù" at the beginning of a line: the capital decides.
    mixed = {code[0].upper() + code[1]: letter.upper() for code, letter in small.items() if len(code) == 2}
    del small["yï"]
    return {**mixed, **capital, **small}


@cache
def _vni_pattern() -> "re.Pattern[str]":
    return re.compile("|".join(re.escape(code) for code in sorted(_vni(), key=len, reverse=True)))


# --- What a Vietnamese syllable is -------------------------------------------------------------------

# Letters, and the signs that the old tables use for letters.
_WORD = re.compile(r"[^\W\d_¡-¿×÷]*(?:[^\W\d_]|[¡-¿×÷])+", re.UNICODE)
_TCVN3_WORD = re.compile(r"(?:[^\W\d_]|[¡-¿×÷])+", re.UNICODE)
_ONSETS = "ngh|nh|ng|gh|gi|kh|ph|th|tr|ch|qu|b|c|d|đ|g|h|k|l|m|n|p|r|s|t|v|x|"
_RHYMES = (
    "a|ai|ao|au|ay|ac|ach|am|an|ang|anh|ap|at|ă|ăc|ăm|ăn|ăng|ăp|ăt|â|âu|ây|âc|âm|ân|âng|âp|ât|"
    "e|eo|ec|em|en|eng|ep|et|ê|êu|êch|êm|ên|ênh|êp|êt|i|ia|iu|ich|im|in|inh|ip|it|iêu|iêc|iêm|iên|iêng|iêp|iêt|"
    "o|oi|oc|om|on|ong|op|ot|oa|oai|oao|oay|oac|oach|oam|oan|oang|oanh|oap|oat|oăc|oăm|oăn|oăng|oăt|oe|oeo|oen|oet|"
    "ooc|oong|ô|ôi|ôc|ôm|ôn|ông|ôp|ôt|ơ|ơi|ơm|ơn|ơp|ơt|u|ua|ui|uc|um|un|ung|up|ut|uân|uâng|uât|uây|uê|uêch|uênh|"
    "uôi|uôc|uôm|uôn|uông|uôt|uơ|uy|uya|uych|uynh|uyt|uyu|uyên|uyêt|ư|ưa|ưi|ưu|ưc|ưm|ưn|ưng|ưt|ươi|ươu|ươc|ươm|ươn|"
    "ương|ươp|ươt|y|yêu|yêm|yên|yêng|yêt|a|yt|ynh|iê"
)
_SYLLABLE = re.compile(rf"(?:{_ONSETS})(?:{_RHYMES})")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")


@cache
def _is_vietnamese(word: str) -> bool:
    """A syllable that can be spelled in Vietnamese, with at least one letter or tone of its own."""
    parts = unicodedata.normalize("NFD", word.casefold())
    tones = sum(char in _TONES for char in parts)
    bare = unicodedata.normalize("NFC", "".join(char for char in parts if char not in _TONES))
    if tones > 1 or not (tones or any(char in "ăâđêôơư" for char in bare)):
        return False
    found = _SYLLABLE.fullmatch(bare)
    if not found:
        return False
    # p, t, c, ch take sắc or nặng only: this keeps much French out.
    stopped = re.search(r"[ptc]h?$", bare)
    return not stopped or any(tone in parts for tone in ("\u0301", "\u0323"))


def samples(texts: Iterable[str], table: str, count: int = 3) -> list[tuple[str, str]]:
    """(as it stands, converted) of the first few texts that the table changes."""
    found: list[tuple[str, str]] = []
    for text in texts:
        changed = convert(text[:300], table)
        if changed != unicodedata.normalize("NFC", text[:300]):
            found.append((text[:300], changed))
        if len(found) == count:
            break
    return found
