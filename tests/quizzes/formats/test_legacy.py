"""Text in TCVN3 or VNI is told by its words, converted exactly, and never seen where there is none."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.core import legacy

SMALL = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
LETTERS = SMALL + SMALL.upper()

# The other way round, from the published tables: of each letter its bytes in TCVN3 (VN3), and its signs in VNI-Windows.
TCVN3 = {
    "à": 0xB5, "ả": 0xB6, "ã": 0xB7, "á": 0xB8, "ạ": 0xB9, "ă": 0xA8, "ằ": 0xBB, "ẳ": 0xBC, "ẵ": 0xBD, "ắ": 0xBE,
    "ặ": 0xC6, "â": 0xA9, "ầ": 0xC7, "ẩ": 0xC8, "ẫ": 0xC9, "ấ": 0xCA, "ậ": 0xCB, "đ": 0xAE, "è": 0xCC, "ẻ": 0xCE,
    "ẽ": 0xCF, "é": 0xD0, "ẹ": 0xD1, "ê": 0xAA, "ề": 0xD2, "ể": 0xD3, "ễ": 0xD4, "ế": 0xD5, "ệ": 0xD6, "ì": 0xD7,
    "ỉ": 0xD8, "ĩ": 0xDC, "í": 0xDD, "ị": 0xDE, "ò": 0xDF, "ỏ": 0xE1, "õ": 0xE2, "ó": 0xE3, "ọ": 0xE4, "ô": 0xAB,
    "ồ": 0xE5, "ổ": 0xE6, "ỗ": 0xE7, "ố": 0xE8, "ộ": 0xE9, "ơ": 0xAC, "ờ": 0xEA, "ở": 0xEB, "ỡ": 0xEC, "ớ": 0xED,
    "ợ": 0xEE, "ù": 0xEF, "ủ": 0xF1, "ũ": 0xF2, "ú": 0xF3, "ụ": 0xF4, "ư": 0xAD, "ừ": 0xF5, "ử": 0xF6, "ữ": 0xF7,
    "ứ": 0xF8, "ự": 0xF9, "ỳ": 0xFA, "ỷ": 0xFB, "ỹ": 0xFC, "ý": 0xFD, "ỵ": 0xFE, "Ă": 0xA1, "Â": 0xA2, "Ê": 0xA3,
    "Ô": 0xA4, "Ơ": 0xA5, "Ư": 0xA6, "Đ": 0xA7,
}  # fmt: skip
_VNI_ROWS = {
    "a": ("aù", "aø", "aû", "aõ", "aï"), "ă": ("aé", "aè", "aú", "aü", "aë"), "â": ("aá", "aà", "aå", "aã", "aä"),
    "e": ("eù", "eø", "eû", "eõ", "eï"), "ê": ("eá", "eà", "eå", "eã", "eä"), "i": ("í", "ì", "æ", "ó", "ò"),
    "o": ("où", "oø", "oû", "oõ", "oï"), "ô": ("oá", "oà", "oå", "oã", "oä"), "ơ": ("ôù", "ôø", "ôû", "ôõ", "ôï"),
    "u": ("uù", "uø", "uû", "uõ", "uï"), "ư": ("öù", "öø", "öû", "öõ", "öï"), "y": ("yù", "yø", "yû", "yõ", "î"),
}  # fmt: skip
VNI = {"ă": "aê", "â": "aâ", "ê": "eâ", "ô": "oâ", "ơ": "ô", "ư": "ö", "đ": "ñ"} | {
    unicodedata.normalize("NFC", vowel + tone): code
    for vowel, row in _VNI_ROWS.items()
    for tone, code in zip(("\u0301", "\u0300", "\u0309", "\u0303", "\u0323"), row, strict=True)
}
VNI |= {letter.upper(): code.upper() for letter, code in list(VNI.items())}


def in_tcvn3(text: str) -> str:
    """Capitals with a tone have no code of their own: they are typed as small ones in a font of capitals."""
    return "".join(chr(TCVN3[c]) if c in TCVN3 else chr(TCVN3[c.lower()]) if c.lower() in TCVN3 else c for c in text)


def in_vni(text: str) -> str:
    return "".join(VNI.get(char, char) for char in text)


VIETNAMESE = (
    "Ủy ban Mặt trận Tổ quốc Việt Nam các cấp lập Trang cộng đồng để thông tin, tuyên truyền; mọi bài viết phải được "
    "người có thẩm quyền duyệt trước khi đăng, nguồn tin phải chính thống."
)
FRENCH = (
    "L'été dernier, où étiez-vous allés ? À côté de l'élève, le maître a déjà lu né, ça et là, naïf, Noël, où, pâté. "
    "Thé, blé, né, à, là, dès, très, près, forêt, tôt, côte, sûr, mûr, dû."
)
ENGLISH = "The café's naïve façade – a résumé, “déjà vu”, £5, ½ price, 20 °C ± 2, § 3, © 2026, coöperate, rôle."


def test_tcvn3_is_exact_for_every_letter_that_it_has() -> None:
    for letter in SMALL + "ĂÂÊÔƠƯĐ":
        assert legacy.convert(in_tcvn3(letter), "tcvn3") == letter
    assert legacy.convert("".join(map(in_tcvn3, SMALL)), "tcvn3") == SMALL


def test_vni_is_exact_for_every_letter_small_and_large() -> None:
    for letter in LETTERS:
        assert legacy.convert(in_vni(letter), "vni") == letter


@settings(max_examples=200)
@given(st.text(alphabet=SMALL + " .,?0123456789", max_size=60))
def test_what_was_typed_in_small_letters_comes_back(text: str) -> None:
    assert legacy.convert(in_tcvn3(text), "tcvn3") == text


def syllables(case: str) -> st.SearchStrategy[str]:
    words = sorted({word.strip(".,;") for word in VIETNAMESE.casefold().split()})
    return st.lists(st.sampled_from(words), min_size=1, max_size=12).map(
        lambda found: " ".join(getattr(word, case)() for word in found)
    )


@pytest.mark.parametrize("case", ["lower", "upper", "capitalize"])
def test_words_come_back_from_both_tables_whatever_their_case(case: str) -> None:
    @settings(max_examples=60)
    @given(syllables(case))
    def check(text: str) -> None:
        assert legacy.convert(in_vni(text), "vni") == text
        if case != "capitalize":
            assert legacy.convert(in_tcvn3(text), "tcvn3") in (text, _without_lonely_capitals(text))

    check()


def _without_lonely_capitals(text: str) -> str:
    """A word of one letter, or of letters with a tone alone, says nothing of its case in TCVN3."""
    kept = []
    for word in text.split(" "):
        tells = sum((char.isascii() and char.isalpha()) or char in "ĂÂÊÔƠƯĐ" for char in word)
        kept.append(word if tells >= 2 else "".join(c if c in "ĂÂÊÔƠƯĐ" or c.isascii() else c.lower() for c in word))
    return " ".join(kept)


def test_a_heading_in_capitals_keeps_them() -> None:
    assert legacy.convert("VIÖT NAM", "tcvn3") == "VIỆT NAM"
    assert legacy.convert("ViÖt Nam", "tcvn3") == "Việt Nam"


@pytest.mark.parametrize("table", ["tcvn3", "vni"])
def test_a_text_in_an_old_font_is_told(table: str) -> None:
    typed = {"tcvn3": in_tcvn3, "vni": in_vni}[table](VIETNAMESE)
    assert legacy.detect(typed) == table
    assert legacy.samples([typed], table)[0][1] == legacy.convert(typed[:300], table)
    assert legacy.convert(typed, table) == VIETNAMESE.replace("Ủ", "ủ" if table == "tcvn3" else "Ủ")


@pytest.mark.parametrize("text", [VIETNAMESE, VIETNAMESE.upper(), FRENCH, ENGLISH, "Trang", "", "Grüße aus München"])
def test_real_vietnamese_french_and_english_are_left_alone(text: str) -> None:
    assert legacy.detect(text) == ""
    assert legacy.detect(unicodedata.normalize("NFD", text)) == ""


def test_a_few_french_words_in_a_vietnamese_text_change_nothing() -> None:
    assert legacy.detect(f"{VIETNAMESE} {FRENCH}") == ""
