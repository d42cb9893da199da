"""The layout of Nghị định 30/2020/NĐ-CP, Phụ lục I, measured: in the Word file, in our PDF, and in what LibreOffice
makes of the Word file. Points and millimetres; nothing here needs a database.
"""

import datetime as dt
import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml.ns import qn
from PIL import Image

from lms.reports import rendering
from lms.reports.formats import messages, report, widths, word
from lms.reports.formats.issuers import Issuer, issuer_of, with_settings, within
from lms.reports.formats.layout import BadLayoutError, Layout
from lms.reports.formats.messages import Appeal, Reason
from lms.reports.formats.paper import Paper, Table
from lms.reports.rules import Figures, Kind, Row

VIETNAM = dt.timezone(dt.timedelta(hours=7))
READ_AT = dt.datetime(2026, 11, 22, 17, 5, tzinfo=VIETNAM)
LAYOUT = Layout()
MM = 72 / 25.4

# requirements §11 and domain §4.2: lowest and highest size, bold, italic, alignment.
ELEMENTS = {
    "BC Quốc hiệu": (12, 13, True, False, ALIGN.CENTER),
    "BC Tiêu ngữ": (13, 14, True, False, ALIGN.CENTER),
    "BC Cơ quan chủ quản": (12, 13, False, False, ALIGN.CENTER),
    "BC Cơ quan ban hành": (12, 13, True, False, ALIGN.CENTER),
    "BC Số, ký hiệu": (13, 13, False, False, ALIGN.CENTER),
    "BC Địa danh, ngày tháng": (13, 14, False, True, ALIGN.CENTER),
    "BC Tên loại văn bản": (13, 14, True, False, ALIGN.CENTER),
    "BC Trích yếu": (13, 14, True, False, ALIGN.CENTER),
    "BC Căn cứ": (13, 14, False, True, ALIGN.JUSTIFY),
    "BC Nội dung": (13, 14, False, False, ALIGN.JUSTIFY),
    "BC Đề mục lớn": (13, 14, True, False, ALIGN.JUSTIFY),
    "BC Quyền hạn, chức vụ người ký": (13, 14, True, False, ALIGN.CENTER),
    "BC Họ tên người ký": (13, 14, True, False, ALIGN.CENTER),
    "BC Nơi nhận": (12, 12, True, True, ALIGN.LEFT),
    "BC Nơi nhận: dòng": (11, 11, False, False, ALIGN.LEFT),
    "BC Phụ lục": (13, 14, True, False, ALIGN.CENTER),
    "BC Phụ lục: tên": (13, 14, True, False, ALIGN.CENTER),
    "BC Phụ lục: kèm theo": (13, 14, False, True, ALIGN.CENTER),
    "BC Số trang": (13, 14, False, False, ALIGN.CENTER),
}


def facts_of(rows: int = 8, **changed: Any) -> report.Facts:
    units = tuple(
        Row(
            Kind.UNIT,
            f"Xã Thần Sa {number}",
            Figures(people=40, done=number % 41, under_way=0, units=12, covered=number % 13, with_page=5),
            number,
        )
        for number in range(1, rows + 1)
    )
    plan = report.Document("Kế hoạch", "141/KH-MTTQ-BTT", "12/4/2022", "Ban Thường trực", "triển khai Trang")
    values: dict[str, Any] = {
        "issuer": issuer_of("province", "Tỉnh Thái Nguyên", "Thái Nguyên"),
        "unit_id": 17,
        "unit": "Tỉnh Thái Nguyên",
        "day": READ_AT.date(),
        "read_at": READ_AT,
        "course_id": 1,
        "course": "Vận hành Trang cộng đồng",
        "rows": units,
        "total": Figures(people=450, done=300, under_way=50, units=177, covered=116, with_page=110, without_page=30),
        "is_single": False,
        "counted": "cấp xã",
        "overlap": 0,
        "only": "",
        "note": "",
        "label": "",
        "documents": (plan, replace(plan, reference="05/HD-MTTW")),
        "tasks": (),
        "site": "hệ thống tập huấn",
    }
    return report.Facts(**(values | changed))


def paper_of(rows: int = 8, layout: Layout = LAYOUT, **changed: Any) -> Paper:
    return report.compose(facts_of(rows, **changed), layout)


def docx_of(paper: Paper, layout: Layout = LAYOUT) -> Any:
    return docx.Document(io.BytesIO(word.write(paper, layout, made_at=READ_AT)))


# --- The Word file -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ELEMENTS)
def test_every_official_element_has_a_named_style_of_the_right_size_weight_and_place(name):
    low, high, bold, italic, align = ELEMENTS[name]
    style = docx_of(paper_of(60)).styles[name]
    assert low <= style.font.size.pt <= high
    assert (style.font.bold, style.font.italic, style.paragraph_format.alignment) == (bold, italic, align)
    fonts = style.element.rPr.rFonts
    assert {fonts.get(qn(f"w:{side}")) for side in ("ascii", "hAnsi", "eastAsia", "cs")} == {"Times New Roman"}


def test_every_paragraph_has_one_of_our_styles_and_no_type_of_its_own():
    document = docx_of(paper_of(60, label="Số liệu minh họa"))
    cells = [cell for table in document.tables for row in table.rows for cell in row.cells]
    paragraphs = [*document.paragraphs, *(paragraph for cell in cells for paragraph in cell.paragraphs)]
    # The one paragraph that holds the end of the first section has nothing else in it.
    styles = {paragraph.style.name for paragraph in paragraphs if paragraph.text}
    assert all(name.startswith("BC ") for name in styles)
    assert not [run for paragraph in paragraphs for run in paragraph.runs if run.font.size or run.font.name]


def test_the_sheet_and_its_margins():
    section = docx_of(paper_of()).sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert 20 <= section.top_margin.mm <= 25
    assert 20 <= section.bottom_margin.mm <= 25
    assert 30 <= section.left_margin.mm <= 35
    assert 15 <= round(section.right_margin.mm, 1) <= 20
    assert section.header_distance.mm + 14 / MM < section.top_margin.mm


def test_body_paragraphs_are_indented_spaced_and_set_as_the_decree_says():
    form = docx_of(paper_of()).styles["BC Nội dung"].paragraph_format
    assert 10 <= round(form.first_line_indent.mm, 1) <= 12.7
    assert form.space_after.pt >= 6
    assert 1 <= form.line_spacing <= 1.5


def test_the_head_is_a_table_of_two_columns_without_borders():
    table = docx_of(paper_of()).tables[0]
    share = table.rows[0].cells[0].width / (table.rows[0].cells[0].width + table.rows[0].cells[1].width)
    assert 0.38 <= share <= 0.42
    borders = table._tbl.tblPr.find(qn("w:tblBorders"))
    assert {edge.get(qn("w:val")) for edge in borders} == {"nil"}
    left, right = table.rows[0].cells
    assert [paragraph.style.name for paragraph in left.paragraphs] == [
        "BC Cơ quan chủ quản", "BC Cơ quan chủ quản", "BC Cơ quan ban hành", "BC Đường kẻ",
    ]  # fmt: skip
    assert [paragraph.text for paragraph in right.paragraphs] == [word.MOTTO_1, word.MOTTO_2, ""]


def rule_length(paragraph: Any, room: float) -> float:
    """In points; 0 for a paragraph without an upper border."""
    border = paragraph._p.pPr.find(qn("w:pBdr"))
    if border is None or border.find(qn("w:top")) is None:
        return 0
    form = paragraph.paragraph_format
    assert form.left_indent == form.right_indent
    return room * MM - form.left_indent.pt - form.right_indent.pt


def test_rules_are_as_long_as_the_motto_and_a_third_to_a_half_of_the_other_texts():
    document = docx_of(paper_of())
    left, right = document.tables[0].rows[0].cells
    motto = widths.width(word.MOTTO_2, LAYOUT.motto_2_size, bold=True)
    assert rule_length(right.paragraphs[2], LAYOUT.head_right) == pytest.approx(motto, abs=2)
    issuing = widths.width("BAN THƯỜNG TRỰC", LAYOUT.issuing_size, bold=True)
    assert 1 / 3 <= rule_length(left.paragraphs[3], LAYOUT.head_left) / issuing <= 1 / 2
    abstract = max(widths.width(line, LAYOUT.abstract_size, bold=True) for line in paper_of().abstract)
    under = next(p for p in document.paragraphs if p.style.name == "BC Đường kẻ")
    assert 1 / 3 <= rule_length(under, LAYOUT.text_width) / abstract <= 1 / 2


def test_number_and_date_are_left_open_and_nobody_is_named_as_signer():
    document = docx_of(paper_of())
    number, date = (cell.text.replace("\u00a0", " ") for cell in document.tables[0].rows[1].cells)
    assert re.fullmatch(r"Số: +/BC-MTTQ-BTT", number)
    assert re.fullmatch(r"Thái Nguyên, ngày +tháng +năm *", date)
    signature = [paragraph.text for paragraph in document.tables[-1].rows[0].cells[1].paragraphs]
    assert signature == ["TM. BAN THƯỜNG TRỰC", "CHỦ TỊCH", ""]
    assert document.tables[-1].rows[0].cells[1].paragraphs[-1].paragraph_format.space_before is None
    assert document.styles["BC Họ tên người ký"].paragraph_format.space_before.mm >= 25


def test_recipients_end_with_the_file_copy_and_a_full_stop():
    lines = [paragraph.text for paragraph in docx_of(paper_of()).tables[-1].rows[0].cells[0].paragraphs]
    assert lines[0] == "Nơi nhận:"
    assert all(re.fullmatch(r"- .+;", line) for line in lines[1:-1])
    assert re.fullmatch(r"- Lưu: VT, .+\.", lines[-1])


def test_the_text_ends_with_its_mark_and_the_signature_never_stands_alone():
    document = docx_of(paper_of())
    last = [paragraph for paragraph in document.paragraphs if paragraph.text][-1]
    assert last.text.endswith("./.")
    assert last.paragraph_format.keep_with_next
    assert last._p.getnext().tag == qn("w:tbl")
    row = document.tables[-1].rows[0]._tr
    assert row.trPr.find(qn("w:cantSplit")) is not None


def test_grounds_stand_one_a_line_and_end_with_semicolon_and_full_stop():
    grounds = [p.text for p in docx_of(paper_of()).paragraphs if p.style.name == "BC Căn cứ"]
    assert [ground[-1] for ground in grounds] == [";", "."]


def fields(header: Any) -> list[str]:
    return [text.text.strip() for text in header._element.iter(qn("w:instrText"))]


def test_page_numbers_stand_in_the_top_margin_from_page_two_and_start_anew_in_the_annex():
    document = docx_of(paper_of(60))
    assert len(document.sections) == 2
    for section in document.sections:
        assert section.different_first_page_header_footer
        assert fields(section.header) == ["PAGE"]
        assert fields(section.first_page_header) == []
        assert section.header.paragraphs[0].style.name == "BC Số trang"
        assert section._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"


def test_a_short_table_stands_in_the_text_and_a_long_one_in_an_annex_laid_on_its_side():
    short, long = docx_of(paper_of(25)), docx_of(paper_of(26))
    assert [len(document.sections) for document in (short, long)] == [1, 2]
    annex = long.sections[1]
    assert (round(annex.page_width.mm), round(annex.page_height.mm)) == (297, 210)
    said = "\n".join(paragraph.text for paragraph in long.paragraphs).replace("\u00a0", " ")
    assert "Phụ lục I\n" in said
    assert re.search(r"\(Kèm theo Báo cáo số +/BC-MTTQ-BTT ngày +tháng +năm +của Ban Thường trực", said)


def test_a_table_that_does_not_fit_upright_goes_into_the_annex_however_short():
    narrow = Layout(left=35, right=20)
    assert docx_of(paper_of(3, narrow), narrow).sections[-1].page_width.mm > 290


@pytest.mark.parametrize("rows", [8, 60])
def test_the_head_of_the_table_is_repeated_no_row_is_split_and_the_total_comes_last(rows):
    table = docx_of(paper_of(rows)).tables[1 if rows < 26 else 2]
    settings = [row._tr.trPr for row in table.rows]
    assert [setting.find(qn("w:tblHeader")) is not None for setting in settings] == [True] + [False] * (rows + 1)
    assert all(setting.find(qn("w:cantSplit")) is not None for setting in settings)
    assert [cell.text for cell in table.rows[0].cells][:2] == ["TT", "Đơn vị"]
    assert [row.cells[0].text for row in table.rows[1:-1]] == [str(number) for number in range(1, rows + 1)]
    assert table.rows[-1].cells[1].text == "Tổng cộng"
    assert all(run.bold for cell in table.rows[-1].cells for run in cell.paragraphs[0].runs)
    widths_given = [column.get(qn("w:w")) for column in table._tbl.tblGrid.findall(qn("w:gridCol"))]
    room = LAYOUT.text_width if rows < 26 else LAYOUT.landscape_width
    assert sum(map(int, widths_given)) / 20 <= room * MM + 1


def test_what_only_a_person_can_write_is_marked_and_the_rest_is_not():
    document = docx_of(paper_of())
    hints = [run.text for p in document.paragraphs for run in p.runs if run.style.name == word.HINT]
    assert len(hints) == 7
    assert all(hint.startswith("[") and hint.endswith("]") for hint in hints)
    rest = "".join(run.text for p in document.paragraphs for run in p.runs if run.style.name != word.HINT)
    assert "[" not in rest


def test_the_elements_of_a_section_stand_in_the_order_that_word_demands():
    content = word.write(paper_of(60), LAYOUT, made_at=READ_AT)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        body = package.read("word/document.xml").decode()
    for section in re.findall(r"<w:sectPr.*?</w:sectPr>", body, flags=re.S):
        found = re.findall(r"<w:(headerReference|type|pgSz|pgMar|pgNumType|cols|titlePg|docGrid)\b", section)
        order = ["headerReference", "type", "pgSz", "pgMar", "pgNumType", "cols", "titlePg", "docGrid"]
        assert found == sorted(found, key=order.index)
    for properties in re.findall(r"<w:tblPr>.*?</w:tblPr>", body, flags=re.S):
        found = re.findall(r"<w:(tblW|jc|tblBorders|tblLayout|tblCellMar)\b", properties)
        assert found == ["tblW", "jc", "tblBorders", "tblLayout", "tblCellMar"]


def test_three_thousand_rows_are_written_in_seconds_not_minutes():
    begun = dt.datetime.now(tz=dt.UTC)
    content = word.write(paper_of(3321), LAYOUT, made_at=READ_AT)
    assert dt.datetime.now(tz=dt.UTC) - begun < dt.timedelta(seconds=60)
    assert len(docx.Document(io.BytesIO(content)).tables[2]._tbl.findall(qn("w:tr"))) == 3323


# --- The PDF -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Word:
    """In points from the upper left corner."""

    page: int
    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


def words_of(pdf: bytes, folder: Path) -> tuple[list[Word], list[tuple[float, float]]]:
    """The words, and the sizes of the pages."""
    (folder / "page.pdf").write_bytes(pdf)
    out = subprocess.run(
        ["pdftotext", "-bbox-layout", folder / "page.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    words, pages = [], []
    for line in out.splitlines():
        if found := re.search(r'<page width="([\d.]+)" height="([\d.]+)"', line):
            pages.append((float(found[1]), float(found[2])))
        elif found := re.search(r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*)</word>', line):
            words.append(Word(len(pages), found[5], *map(float, found.groups()[:4])))
    return words, pages


def line_of(words: list[Word], text: str, page: int = 1) -> Word:
    """The first run of words that says ``text``, as one box."""
    wanted = text.split()
    here = [word_ for word_ in words if word_.page == page]
    for start in range(len(here)):
        found = here[start : start + len(wanted)]
        if [word_.text for word_ in found] == wanted:
            return Word(page, text, found[0].left, found[0].top, found[-1].right, found[-1].bottom)
    raise AssertionError(f"{text!r} does not stand on page {page}")


@pytest.fixture(scope="module")
def printed(tmp_path_factory) -> tuple[list[Word], list[tuple[float, float]], Path]:
    folder = tmp_path_factory.mktemp("pdf")
    return *words_of(rendering.report(paper_of(60, label="Số liệu minh họa"), LAYOUT), folder), folder / "page.pdf"


# Height of a line's box to the size of its type, in the fonts that may be taken.
HEIGHTS = {"Tinos": 1.107, "Noto Serif": 1.362}
HEAD = {
    "ỦY BAN MTTQ VIỆT NAM": (12, 13, "left"),
    "TỈNH THÁI NGUYÊN": (12, 13, "left"),
    "BAN THƯỜNG TRỰC": (12, 13, "left"),
    word.MOTTO_1: (12, 13, "right"),
    word.MOTTO_2: (13, 14, "right"),
    "BÁO CÁO": (13, 14, "middle"),
    "của tỉnh Thái Nguyên": (13, 14, "middle"),
    "Nơi nhận:": (12, 12, ""),
    "TM. BAN THƯỜNG TRỰC": (13, 14, "signature"),
    "CHỦ TỊCH": (13, 14, "signature"),
}


@pytest.mark.parametrize("text", HEAD)
def test_official_elements_stand_where_the_decree_puts_them_in_the_size_it_gives(printed, text):
    words, _pages, _path = printed
    low, high, place = HEAD[text]
    box = line_of(words, text, 2 if place in ("", "signature") else 1)
    assert low - 0.2 <= box.height / HEIGHTS[rendering._press().family] <= high + 0.2
    left, width = LAYOUT.left * MM, LAYOUT.text_width * MM
    middle = {
        "left": left + LAYOUT.head_left * MM / 2,
        "right": left + (LAYOUT.head_left + LAYOUT.head_right / 2) * MM,
        "middle": left + width / 2,
        "signature": left + width * 3 / 4,
    }.get(place)
    if middle is not None:
        assert (box.left + box.right) / 2 == pytest.approx(middle, abs=2)


def test_text_keeps_to_the_margins_and_page_one_begins_with_the_head(printed):
    words, pages, _path = printed
    assert [(round(width / MM), round(height / MM)) for width, height in pages] == [(210, 297)] * 2 + [(297, 210)] * 3
    for found in words:
        width, height = pages[found.page - 1]
        assert found.left >= LAYOUT.left * MM - 0.5
        assert found.right <= width - LAYOUT.right * MM + 1
        assert found.bottom <= height - LAYOUT.bottom * MM + 0.5
    assert min(found.top for found in words if found.page == 1) == pytest.approx(LAYOUT.top * MM, abs=2)


def test_number_stands_level_with_the_date_and_the_motto_under_the_name_of_the_state(printed):
    words, _pages, _path = printed
    number, date = line_of(words, "/BC-MTTQ-BTT"), line_of(words, "Thái Nguyên, ngày")
    assert number.bottom == pytest.approx(date.bottom, abs=1)
    assert line_of(words, word.MOTTO_2).top > line_of(words, word.MOTTO_1).bottom - 3


def test_page_numbers_stand_in_the_middle_of_the_top_margin_but_on_first_pages(printed):
    words, pages, _path = printed
    above = [found for found in words if found.bottom < LAYOUT.top * MM]
    assert [(found.page, found.text) for found in above] == [(2, "2"), (4, "2"), (5, "3")]
    for found in above:
        width = pages[found.page - 1][0]
        middle = (LAYOUT.left * MM + width - LAYOUT.right * MM) / 2
        assert (found.left + found.right) / 2 == pytest.approx(middle, abs=2)


def test_the_head_of_the_table_stands_on_every_page_of_it_and_the_total_on_the_last(printed):
    words, _pages, _path = printed
    assert sorted({found.page for found in words if found.text == "TT"}) == [3, 4, 5]
    assert line_of(words, "Tổng cộng", 5)
    assert [found.text for found in words if re.fullmatch(r"116/177|300/450|110/177", found.text) and found.page == 5]


def test_every_letter_is_embedded_in_the_four_faces_of_one_family(printed):
    listed = subprocess.run(["pdffonts", printed[2]], capture_output=True, text=True, check=True).stdout.splitlines()[
        2:
    ]
    family = rendering._press().family.replace(" ", "-")
    assert sorted(line.split()[0].split("+")[1] for line in listed) == sorted(
        [family, f"{family}-Bold", f"{family}-Italic", f"{family}-Bold-Italic"]
    )


def test_a_signature_that_finds_no_room_takes_the_last_paragraph_along(tmp_path):
    for rows in range(6, 20, 3):
        words, _pages = words_of(rendering.report(paper_of(rows), LAYOUT), tmp_path)
        signed = next(found.page for found in words if found.text == "TM.")
        assert any(found.page == signed and found.text.endswith("./.") for found in words)


def rules_in(picture: Image.Image, dots: int, *, within_y: tuple[float, float]) -> list[tuple[float, float]]:
    """Left and right end, in points, of the dark horizontal strokes longer than 30 points in a band of the page."""
    grey = picture.convert("L")
    unit = 72 / dots
    found: list[tuple[float, float]] = []
    for y in range(int(within_y[0] / unit), int(within_y[1] / unit)):
        run = 0
        for x in range(grey.width + 1):
            dark = x < grey.width and grey.getpixel((x, y)) < 140
            if dark:
                run += 1
                continue
            if run * unit > 30 and not any(abs(left - (x - run) * unit) < 3 for left, _right in found):
                found.append(((x - run) * unit, x * unit))
            run = 0
    return sorted(found)


def picture_of(pdf: Path, page: int, dots: int = 150) -> Image.Image:
    target = pdf.with_name(f"page-{page}")
    subprocess.run(
        ["pdftoppm", "-r", str(dots), "-png", "-singlefile", "-f", str(page), "-l", str(page), pdf, target], check=True
    )
    return Image.open(target.with_suffix(".png"))


def check_rules(picture: Image.Image) -> None:
    found = rules_in(picture, 150, within_y=(LAYOUT.top * MM, 215))
    lengths = sorted(right - left for left, right in found)
    motto = widths.width(word.MOTTO_2, LAYOUT.motto_2_size, bold=True)
    issuing = widths.width("BAN THƯỜNG TRỰC", LAYOUT.issuing_size, bold=True) * LAYOUT.rule_share
    paper = paper_of()
    abstract = max(widths.width(line, LAYOUT.abstract_size, bold=True) for line in paper.abstract) * LAYOUT.rule_share
    assert lengths == [pytest.approx(length, abs=3) for length in sorted((issuing, abstract, motto))]


def test_the_three_rules_are_drawn_in_their_lengths(printed):
    check_rules(picture_of(printed[2], 1))


# --- What LibreOffice makes of the Word file -------------------------------------------------------------------

needs_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")


@pytest.fixture(scope="module")
def converted(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    (folder / "paper.docx").write_bytes(word.write(paper_of(60, label="Số liệu minh họa"), LAYOUT, made_at=READ_AT))
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf", "--outdir",
         folder, folder / "paper.docx"],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return folder / "paper.pdf"


@needs_office
def test_libreoffice_lays_the_word_file_out_as_we_print_it(converted):
    words, pages = words_of(converted.read_bytes(), converted.parent)
    assert [(round(width / MM), round(height / MM)) for width, height in pages] == [(210, 297)] * 2 + [(297, 210)] * 3
    above = [(found.page, found.text) for found in words if found.bottom < LAYOUT.top * MM]
    assert above == [(2, "2"), (4, "2"), (5, "3")]
    assert sorted({found.page for found in words if found.text == "TT"}) == [3, 4, 5]
    assert next(found.page for found in words if found.text == "TM.") == 2
    check_rules(picture_of(converted, 1))


@needs_office
def test_a_reader_of_what_libreoffice_prints_reads_every_letter(converted):
    picture_of(converted, 1, 200)
    seen = subprocess.run(
        ["tesseract", converted.with_name("page-1.png"), "-", "-l", "vie", "--psm", "4"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    seen = " ".join(seen.split())
    for wanted in (word.MOTTO_1, word.MOTTO_2, "BAN THƯỜNG TRỰC", "Kết quả tập huấn “Vận hành Trang cộng đồng”"):
        starts = [match.start() for match in re.finditer(r"\b\w", seen)]
        best = max(SequenceMatcher(None, wanted, seen[at : at + len(wanted)], autojunk=False).ratio() for at in starts)
        assert best > 0.9, (wanted, seen)


# --- Words ------------------------------------------------------------------------------------------------------


def test_a_report_of_today_gives_the_minute_and_one_of_a_past_day_the_day():
    assert report.as_of_moment(dt.date(2026, 11, 22), READ_AT) == "17 giờ 05 phút ngày 22/11/2026"
    assert report.as_of_moment(dt.date(2025, 6, 30), READ_AT) == "hết ngày 30/06/2025"


def test_shares_are_said_with_numerator_denominator_and_percent():
    said = " ".join(block.text for block in paper_of().body if not isinstance(block, Table)).replace("\u00a0", " ")
    assert "116/177 đơn vị cấp xã (65,5 %)" in said
    assert "300/450 cán bộ (66,7 %)" in said
    assert (
        "110/177 đơn vị cấp xã (62,1 %) có Trang, trong đó 0 Trang đã được xác nhận; 30 đơn vị chưa có; 37 đơn vị "
        in said
    )


@pytest.mark.parametrize(
    ("level", "name", "short", "place"),
    [
        ("province", "Tỉnh Thái Nguyên", "Thái Nguyên", "Thái Nguyên"),
        ("province", "Thành phố Hà Nội", "Hà Nội", "Hà Nội"),
        ("province", "Thành phố Hồ Chí Minh", "Hồ Chí Minh", "Thành phố Hồ Chí Minh"),
        ("commune", "Phường 3", "3", "Phường 3"),
        ("commune", "Đặc khu Vân Đồn", "Vân Đồn", "Vân Đồn"),
        ("district", "Huyện Võ Nhai", "Võ Nhai", "Võ Nhai"),
    ],
)
def test_the_place_is_written_as_the_decree_says(level, name, short, place):
    issuer = issuer_of(level, name, short)
    assert issuer.place == place
    assert issuer.governing[-1] == name.upper()


def test_a_units_name_is_small_in_a_sentence_and_another_word_is_left_alone():
    assert [within(name) for name in ("Tỉnh Quảng Ninh", "Đặc khu Cô Tô", "Trung ương", "")] == [
        "tỉnh Quảng Ninh", "đặc khu Cô Tô", "Trung ương", "",
    ]  # fmt: skip


def test_an_issuer_has_only_the_parts_it_has():
    issuer = with_settings(issuer_of("centre", "", ""), {"issuing": "BAN TUYÊN GIÁO", "place": "Huế"})
    assert isinstance(issuer, Issuer)
    assert (issuer.issuing, issuer.place) == (("BAN TUYÊN GIÁO",), "Huế")
    with pytest.raises(BadLayoutError, match="seal"):
        with_settings(issuer, {"seal": "x"})


def test_widths_are_those_of_times_new_roman():
    assert widths.width("Độc lập - Tự do - Hạnh phúc", 14, bold=True) / MM == pytest.approx(60.5, abs=0.1)
    assert widths.width("ỦY BAN MTTQ VIỆT NAM", 13) / MM == pytest.approx(55.0, abs=0.1)


def test_a_document_is_named_by_what_is_known_of_it():
    full = report.Document("", "05/HD-MTTW", "tháng 6/2022", "", "Về việc lập Trang")
    assert full.full == "Văn bản số 05/HD-MTTW tháng 6/2022 Về việc lập Trang"
    assert report.Document("Công văn", "7", "", "", "").full == "Công văn số 7"


def test_messages_break_between_lines_and_lose_none():
    lines = [f"{number}. {'x' * (number % 90)}" for number in range(300)]
    sent = messages.split("đầu", lines, "cuối", limit=500)
    assert max(map(len, sent)) <= 500
    inside = [line for message in sent for line in message.splitlines()[1:]]
    assert inside == ["đầu", *lines, "cuối"]
    assert messages.split("a", ["b"], "c", limit=5) == ("a\nb\nc",)
    assert max(map(len, messages.split("a", ["b" * 900], "c", limit=300))) <= 300


APPEAL = Appeal("xã A", "K", "nay", "còn 1", "", dt.date(2026, 11, 30), "https://x.vn/t/a/", "", "", "")


def test_what_to_say_on_the_phone_depends_on_why_and_names_the_deadline():
    said = {reason: messages.say(reason, APPEAL) for reason in Reason}
    assert len(set(said.values())) == 3
    assert all("30/11/2026" in line for line in said.values())
    assert not [
        line for reason in Reason if "hết ngày" in (line := messages.say(reason, replace(APPEAL, deadline=None)))
    ]
