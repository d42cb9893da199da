"""The page as a reader meets it: its text, its picture read back by OCR, its QR, its fonts."""

import re
import subprocess
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest
import segno
from PIL import Image

from certificates import rendering
from certificates.rendering import CannotRenderError, to_pdf
from tests.factories.certificates import PAYLOAD

LONGEST_NAME = "H’HEN NIÊ KSƠR Y THÔNG MLÔ DUÔN DU ÊBAN KPĂ RƠ CHĂM H’LINH BUÔN YĂ KNUL ADRƠNG A LÝ SIU PƯI Ê NUÔL MƠ"
LONG = {
    **PAYLOAD,
    "name": LONGEST_NAME[:100],
    "position": "Phó Chủ tịch thường trực kiêm Trưởng ban Tuyên giáo, phụ trách công tác dân tộc, tôn giáo, đối ngoại "
    "nhân dân và truyền thông của Ủy ban Mặt trận",
    "unit": "Cơ quan Ủy ban Mặt trận Tổ quốc Việt Nam và các tổ chức chính trị – xã hội, hội quần chúng trực tiếp phục "
    "vụ nhân dân phường Nam Đông Hà, thị xã Đông Hòa Hiệp Thượng, tỉnh Bà Rịa – Vũng Tàu",
    "modules": [
        "Thành lập “Trang cộng đồng” của Ủy ban Mặt trận Tổ quốc Việt Nam các cấp",
        "Biên tập tin, bài, ảnh và video ngắn theo quy định của pháp luật và của hệ thống Mặt trận",
        "Đăng bài, lên lịch, chia sẻ và đo lường hiệu quả truyền thông trên không gian mạng",
        "Quản trị hệ thống thông tin trên fanpage, bảo mật và xử lý sự cố",
        "Quy chế thông tin, tuyên truyền và xử lý vướng mắc thường gặp",
    ],
}


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def text_of(pdf: bytes, folder: Path) -> str:
    (folder / "page.pdf").write_bytes(pdf)
    return " ".join(run("pdftotext", "-raw", str(folder / "page.pdf"), "-").split())


def picture_of(pdf: bytes, folder: Path, *, dots: int = 200) -> Path:
    (folder / "page.pdf").write_bytes(pdf)
    run("pdftoppm", "-r", str(dots), "-png", "-singlefile", str(folder / "page.pdf"), str(folder / "page"))
    return folder / "page.png"


def seen_in(picture: Path, layout: str = "3") -> str:
    return " ".join(run("tesseract", str(picture), "-", "-l", "vie", "--psm", layout).split())


def nearest(wanted: str, seen: str) -> float:
    """How much of ``wanted`` stands somewhere in ``seen``, letter by letter with its marks: 1 is all of it."""
    starts = [match.start() for match in re.finditer(r"\b\w", seen)]
    return max(SequenceMatcher(None, wanted, seen[at : at + len(wanted)], autojunk=False).ratio() for at in starts)


def pages(folder: Path) -> str:
    return run("pdfinfo", str(folder / "page.pdf"))


@pytest.mark.parametrize("payload", [PAYLOAD, LONG], ids=["ordinary", "as long as it gets"])
def test_every_frozen_word_stands_in_the_text_of_one_landscape_page(payload: dict[str, Any], tmp_path: Path) -> None:
    words = text_of(to_pdf(payload), tmp_path)
    printed = [value for key, value in payload.items() if isinstance(value, str) and key != "form"]
    assert [value for value in [*printed, *payload["modules"]] if " ".join(value.split()) not in words] == []
    for fixed in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "GIẤY CHỨNG NHẬN", "Số: 0001/2026/GCN",
        "Sinh ngày: 01/02/1985", "Vào sổ cấp giấy chứng nhận số: 0001/2026", "Mã tra cứu: K7QX-2M4T-9RHC",
        "Bản điện tử do hệ thống tạo, chưa ký", "Thời lượng: 8,5 giờ",
    ):  # fmt: skip
        assert fixed in words
    assert "Pages:           1" in pages(tmp_path)
    assert "841.89 x 595.276 pts (A4)" in pages(tmp_path)


# Every vowel that carries two marks, and each of the tones on it. One of them fell prey to "Chông nhân" fonts.
@pytest.mark.parametrize(
    "name",
    [
        "ĐẶNG THỊ NGUYỆT ÁNH",
        "ƯƠNG HỮU NGHĨA",
        "NGUYỄN TRẦN HẬU ƠN",
        "PHẠM ĐỨC ĐẠT",
        "LƯỜNG VĂN QUYỄN",
        "LÒ THỊ PHƯỢNG",
        "TRẦN VĂN ẤM",
        "ĐỖ THỊ LỄ",
    ],
)
def test_a_name_is_read_back_from_the_picture_with_all_its_marks(name: str, tmp_path: Path) -> None:
    picture = picture_of(to_pdf({**PAYLOAD, "name": name}), tmp_path)
    # The line alone: in a whole page tesseract now and then overlooks a short line of large capitals.
    with Image.open(picture) as page:
        millimetre = 200 / 25.4
        page.crop(tuple(round(edge * millimetre) for edge in (20, 72, 277, 87.5))).save(picture)
    assert seen_in(picture, "7") == name


def test_the_whole_page_is_read_back_from_the_picture(tmp_path: Path) -> None:
    seen = seen_in(picture_of(to_pdf(PAYLOAD), tmp_path))
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "GIẤY CHỨNG NHẬN",
        PAYLOAD["name"], PAYLOAD["course"], PAYLOAD["unit"], PAYLOAD["place_and_date"],
    ):  # fmt: skip
        assert nearest(words, seen) > 0.95, words


def test_the_picture_of_the_longest_words_can_be_read(tmp_path: Path) -> None:
    seen = seen_in(picture_of(to_pdf(LONG), tmp_path, dots=300))
    # OCR is unsure of H’ and of words that are no Vietnamese: nearly all of it, never half a line cut off.
    assert nearest(LONG["name"], seen) > 0.9
    assert nearest(LONG["unit"], seen) > 0.95


def test_only_the_three_whole_faces_of_one_family_are_in_the_file(tmp_path: Path) -> None:
    text_of(to_pdf(PAYLOAD), tmp_path)
    fonts = run("pdffonts", str(tmp_path / "page.pdf")).splitlines()[2:]
    assert sorted(line.split()[0].partition("+")[2] for line in fonts) == [
        "Noto-Serif", "Noto-Serif-Bold", "Noto-Serif-Italic",
    ]  # fmt: skip
    assert [line for line in fonts if line.split()[-5:-2] != ["yes", "yes", "yes"]] == []


def test_the_qr_of_the_picture_is_that_of_the_printed_address(tmp_path: Path) -> None:
    dots = 200
    picture = Image.open(picture_of(to_pdf(PAYLOAD), tmp_path, dots=dots)).convert("L")
    wanted = segno.make_qr(PAYLOAD["url"], error="m", mask=rendering.QR_MASK, boost_error=False).matrix
    left, top, side = (length * dots / 25.4 for length in rendering.QR_PLACE)
    unit = side / (len(wanted) + 2 * rendering.QUIET)

    def is_dark(column: int, row: int) -> int:
        x, y = (int(start + (rendering.QUIET + at + 0.5) * unit) for start, at in ((left, column), (top, row)))
        return int(picture.getpixel((x, y)) < 128)

    assert [[is_dark(x, y) for x in range(len(wanted))] for y in range(len(wanted))] == [list(row) for row in wanted]


def test_the_foot_never_covers_the_words_above_it(tmp_path: Path) -> None:
    (tmp_path / "page.pdf").write_bytes(to_pdf(LONG))
    lines = re.findall(r'yMin="([\d.]+)"[^>]*yMax="([\d.]+)"[^>]*>([^<]+)</word>', run(
        "pdftotext", "-bbox", str(tmp_path / "page.pdf"), "-"
    ))  # fmt: skip
    until = max(float(bottom) for _, bottom, word in lines if word == LONG["completed_on"])
    foot = min(float(top) for top, _, word in lines if word == "Nội,")
    assert until < foot


def test_what_no_page_could_hold_is_refused_with_a_sentence() -> None:
    with pytest.raises(CannotRenderError, match="0001/2026/GCN-MTTW-BTT do not fit on one page"):
        to_pdf({**PAYLOAD, "modules": ["Một chuyên đề có tên rất dài"] * 120})


def test_markup_in_a_name_is_only_text(tmp_path: Path) -> None:
    words = text_of(to_pdf({**PAYLOAD, "name": "<IMG SRC=X> & <B>A"}), tmp_path)
    assert "<IMG SRC=X> & <B>A" in words


def test_nothing_is_fetched_from_the_network_or_the_disk(tmp_path: Path) -> None:
    press = rendering._press()
    for address in ("http://localhost:1/x.png", "https://localhost:1/x.png", (tmp_path / "x.png").as_uri()):
        with pytest.raises(ValueError, match="disallowed protocol"):
            press.fetcher.fetch(address)


def test_the_press_is_set_up_once_a_process() -> None:
    assert rendering._press() is rendering._press()
    assert rendering._press().form("gcn-1") is rendering._press().form("gcn-1")
