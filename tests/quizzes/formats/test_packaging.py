"""Whatever bytes are sent: the right code table, the right format, or a clear refusal."""

import io
import unicodedata
import zipfile

import pytest

from lms.core import legacy
from quizzes.formats import packaging
from quizzes.formats.item import Trouble, UnreadableError
from tests.quizzes.formats.test_legacy import FRENCH, VIETNAMESE, in_tcvn3, in_vni

GIFT = f"::cd1-01::{VIETNAMESE} {{=Đúng ~Sai}}\n"


def refused(data: bytes) -> Trouble:
    with pytest.raises(UnreadableError) as raised:
        packaging.decode(data)
    return raised.value.problem.code


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (GIFT.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + GIFT.encode(), "utf-8"),
        (unicodedata.normalize("NFD", GIFT).encode(), "utf-8"),
        (GIFT.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + GIFT.encode("utf-16-be"), "utf-16"),
        (GIFT.encode("utf-16-le"), "utf-16"),
    ],
)
def test_unicode_in_all_its_dresses_is_read(data: bytes, encoding: str) -> None:
    assert packaging.decode(data) == (GIFT, encoding)


def windows_1258(text: str) -> bytes:
    """Letters with their roof or horn, the tones behind them: as Vietnamese Windows stores it."""
    found = b""
    for char in text:
        try:
            found += char.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", char)
            tone = next(part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323")
            found += unicodedata.normalize("NFC", parts.replace(tone, "")).encode("cp1258") + tone.encode("cp1258")
    return found


def test_cp1258_is_composed() -> None:
    assert packaging.decode(windows_1258(GIFT)) == (GIFT, "cp1258")


def test_bytes_of_an_old_font_keep_every_letter_so_that_they_can_be_converted() -> None:
    for typed, table in ((in_tcvn3(VIETNAMESE), "tcvn3"), (in_vni(VIETNAMESE), "vni")):
        text, encoding = packaging.decode(typed.encode("latin-1"))
        assert (text, encoding) == (typed, "cp1252")
        assert legacy.detect(text) == table


def test_french_in_its_old_encoding_stays_french() -> None:
    assert packaging.decode(FRENCH.encode("cp1252"))[0] == FRENCH


def test_two_encodings_in_one_file_are_refused_with_the_line() -> None:
    data = GIFT.encode() * 3 + "Thêm câu cuối".encode("utf-16-le")[:20].replace(b"\0", b"\xea")
    with pytest.raises(UnreadableError) as raised:
        packaging.decode(data)
    assert (raised.value.problem.code, raised.value.problem.line) == (Trouble.MIXED_ENCODING, 4)


def test_what_is_no_text_is_refused() -> None:
    assert refused(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x01\x02\x03") == Trouble.NOT_TEXT
    assert refused(b"\xff\xfe" + GIFT.encode("utf-16-le") + b"\x41") == Trouble.TRUNCATED


def zipped(**parts: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return held.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (GIFT.encode(), "de.txt", "gift"),
        (GIFT.encode("utf-16"), "de.txt", "gift"),
        ("Ai đăng?\nA. Một\nB. Hai\nANSWER: B\n".encode(), "de.txt", "aiken"),
        (b'<?xml version="1.0"?>\n<!-- a -->\n<quiz></quiz>', "de.xml", "moodle-xml"),
        (b'<?xml version="1.0"?><qti-assessment-item/>', "cau.xml", "qti"),
        (zipped(word__document_xml=b"<a/>"), "de", "docx"),
        (zipped(xl__workbook_xml=b"<a/>"), "de.zip", "xlsx"),
        (zipped(imsmanifest_xml=b"<a/>"), "de.zip", "qti"),
        ("Một bài văn không có câu hỏi nào.".encode(), "bai.txt", ""),
    ],
)
def test_the_format_is_told_by_what_is_in_the_file(data: bytes, name: str, expected: str) -> None:
    assert packaging.sniff(data, name) == expected


def test_an_archive_that_grows_is_refused_before_it_has_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaging, "MAX_UNPACKED", 100_000)
    bomb = zipped(word__document_xml=b"0" * 200_000)
    assert len(bomb) < 2_000
    with pytest.raises(UnreadableError) as raised:
        packaging.Archive(bomb)
    assert raised.value.problem.code == Trouble.TOO_LARGE
    # One that lies about its size is stopped while it is unpacked.
    several = packaging.Archive(zipped(a=b"0" * 60_000))
    several._left = 1_000
    with pytest.raises(UnreadableError):
        several.read("a")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (zipped(word__document_xml=b"<a/>")[:60], Trouble.TRUNCATED),
        (b"\xd0\xcf\x11\xe0 Word", Trouble.OLD_OFFICE),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), Trouble.LOCKED),
        (b"Khong phai", Trouble.UNREADABLE),
    ],
    # An archive holds the time of its making, which two processes do not share.
    ids=["cut off", "old office", "locked", "something else"],
)
def test_a_broken_or_foreign_archive_says_what_it_is(data: bytes, code: Trouble) -> None:
    with pytest.raises(UnreadableError) as raised:
        packaging.Archive(data)
    assert raised.value.problem.code == code
