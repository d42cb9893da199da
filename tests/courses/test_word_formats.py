"""Word files and pastes → pieces → drafts of blocks, and what is told of the rest. No database."""

import base64
import contextlib
import io
import re
import unicodedata
import zipfile
from html import unescape

import pytest
from docx import Document
from docx.enum.text import WD_BREAK
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.formats.drafts import Draft, PictureDraft, TableDraft, TextDraft, drafts, title_of
from courses.formats.html_blocks import read_html
from courses.formats.pieces import FileFault, Found, Heading, Item, LossKind, Paragraph, Run, Table, WordRefusedError
from courses.formats.word import read_word
from tests.courses.word_samples import (
    GOOGLE_DOCS,
    LIBRE_OFFICE,
    WORD_2016,
    added,
    bytes_of,
    changed,
    docx,
    docx_of_xml,
    picture,
)


def blocks(data: bytes | str) -> tuple[Draft, ...]:
    found = read_word(data) if isinstance(data, bytes) else read_html(data)
    return drafts(found, keeps_title=True)


def losses(data: bytes | str) -> dict[LossKind, tuple[int, tuple[str, ...]]]:
    found = read_word(data) if isinstance(data, bytes) else read_html(data)
    drafts(found, keeps_title=True)
    return {loss.kind: (loss.count, loss.samples) for loss in found.losses.all()}


def text(data: bytes | str) -> str:
    """The HTML of a text that makes one block."""
    [block] = blocks(data)
    assert isinstance(block, TextDraft)
    return block.html


def fault(data: bytes | str) -> FileFault:
    with pytest.raises(WordRefusedError) as refused:
        blocks(data)
    return refused.value.fault


def p(inner: str, marks: str = "") -> str:
    return f"<w:p><w:pPr>{marks}</w:pPr>{inner}</w:p>"


def r(words: str, marks: str = "") -> str:
    return f'<w:r><w:rPr>{marks}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'


# --- Structure -------------------------------------------------------------------------------------------


def test_headings_one_and_two_begin_blocks_and_deeper_ones_stand_in_the_text():
    document = Document()
    for level, words in ((1, "Một"), (2, "Hai"), (3, "Ba"), (4, "Bốn")):
        document.add_heading(words, level)
        document.add_paragraph(f"Dưới {words}.")
    assert blocks(bytes_of(document)) == (
        TextDraft("Một", "<p>Dưới Một.</p>"),
        TextDraft("Hai", "<p>Dưới Hai.</p><h3>Ba</h3><p>Dưới Ba.</p><h4>Bốn</h4><p>Dưới Bốn.</p>"),
    )


@pytest.mark.parametrize("name", ["Đầu đề 1", "đầu đề 2", "Tiêu đề 1", "heading 2"])
def test_headings_are_known_by_vietnamese_style_names(name):
    document = Document()
    style = document.styles.add_style("Của tôi", 1)
    style.element.find(qn("w:name")).set(qn("w:val"), name)
    document.add_paragraph("Mở đầu").style = style
    document.add_paragraph("Chữ.")
    assert blocks(bytes_of(document)) == (TextDraft("Mở đầu", "<p>Chữ.</p>"),)


def test_an_outline_level_makes_a_heading_and_level_nine_none():
    data = docx_of_xml(
        p(r("Mở đầu"), '<w:outlineLvl w:val="0"/>'),
        p(r("Chữ."), '<w:outlineLvl w:val="9"/>'),
        p(r("In đậm ngắn", "<w:b/>")),
    )
    assert blocks(data) == (TextDraft("Mở đầu", "<p>Chữ.</p><p><b>In đậm ngắn</b></p>"),), "bold alone is no heading"


def test_a_heading_without_text_becomes_one_of_what_follows_or_a_line_of_the_text():
    document = Document()
    document.add_heading("Chương I", 1)
    document.add_heading("Mục 1", 2)
    document.add_paragraph("Chữ.")
    document.add_heading("Cuối", 1)
    assert blocks(bytes_of(document)) == (
        TextDraft("Chương I", "<h3>Mục 1</h3><p>Chữ.</p>"),
        TextDraft("", "<h3>Cuối</h3>"),
    )


def test_a_heading_that_is_too_long_stays_in_the_text_and_is_told():
    document = Document()
    document.add_heading("Dài " * 50, 1)
    assert text(bytes_of(document)) == f"<h3>{('Dài ' * 50).strip()}</h3>"
    assert losses(bytes_of(document))[LossKind.LONG_HEADING][0] == 1


def test_lists_of_the_numbering_part_are_nested_and_ordered_as_it_says():
    def item(words: str, depth: int, number: int) -> str:
        return p(r(words), f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>')

    numbering = (
        b'<w:abstractNum w:abstractNumId="90"><w:lvl w:ilvl="0"><w:numFmt w:val="upperRoman"/></w:lvl>'
        b'<w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl><w:lvl w:ilvl="2"><w:numFmt w:val="none"/></w:lvl>'
        b'</w:abstractNum><w:num w:numId="90"><w:abstractNumId w:val="90"/></w:num></w:numbering>'
    )
    data = docx_of_xml(
        item("a", 0, 90), item("b", 1, 90), item("c", 1, 90), item("d", 0, 90), item("e", 2, 90), item("g", 0, 0)
    )
    data = changed(data, "word/numbering.xml", lambda part: part.replace(b"</w:numbering>", numbering))
    assert text(data) == "<ol><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ol><p>e</p><p>g</p>"


def test_a_list_that_goes_on_after_a_paragraph_is_told():
    document = Document()
    for words, style in (("a", "List Number"), ("giữa", None), ("b", "List Number")):
        document.add_paragraph(words, style=style)
    assert losses(bytes_of(document)) == {LossKind.LIST_RESTARTS: (1, ("b",))}


def test_bold_italic_links_and_breaks_stay_and_looks_go():
    document = Document()
    paragraph = document.add_paragraph()
    paragraph.add_run("đậm").bold = True
    paragraph.add_run(" thường ").underline = True
    run = paragraph.add_run("nghiêng")
    run.italic = True
    run.add_break(WD_BREAK.LINE)
    paragraph.add_run("dòng hai").font.name = "Arial"
    key = document.part.relate_to(
        "https://example.org/?a=1&b=2",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink",
        is_external=True,
    )
    from tests.courses.word_samples import xml

    document.paragraphs[0]._p.append(xml(f'<w:hyperlink r:id="{key}">{r("bấm")}</w:hyperlink>'))
    assert text(bytes_of(document)) == (
        '<p><b>đậm</b> thường <i>nghiêng</i><br/>dòng hai<a href="https://example.org/?a=1&amp;b=2">bấm</a></p>'
    ).replace("<i>nghiêng</i><br/>", "<i>nghiêng<br/></i>")


def test_a_link_written_as_a_field_stays_and_its_instruction_does_not_show():
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "https://x.vn/" </w:instrText>'
        '</w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        + r("trang")
        + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    assert text(docx_of_xml(p(field + r(" sau")))) == '<p><a href="https://x.vn/">trang</a> sau</p>'


def test_a_link_that_runs_a_script_is_words():
    assert text('<p>a <a href="javascript:alert(1)">b</a> <a href="file:///C:/x">c</a></p>') == "<p>a b c</p>"


def test_raised_numbers_stay_raised():
    data = docx_of_xml(
        p(
            r("100 m")
            + r("2", '<w:vertAlign w:val="superscript"/>')
            + r(" H")
            + r("2", '<w:vertAlign w:val="subscript"/>')
        )
    )
    assert text(data) == "<p>100 m² H₂</p>"


def test_letters_are_composed_and_what_nobody_sees_is_dropped():
    words = unicodedata.normalize("NFD", "Mặt trận") + "\u200b\u00a0Tổ\u00ad quốc"
    assert text(docx(words)) == "<p>Mặt trận Tổ quốc</p>"


# --- Tables and pictures ---------------------------------------------------------------------------------


def table(*rows: tuple[str, ...]) -> bytes:
    document = Document()
    made = document.add_table(len(rows), len(rows[0]))
    for number, row in enumerate(rows):
        for column, words in enumerate(row):
            made.cell(number, column).text = words
    return bytes_of(document)


def test_the_caption_over_a_table_is_its_heading():
    document = Document()
    document.add_paragraph("Bảng 1. Quyền", style="Caption")
    made = document.add_table(2, 2)
    for index, words in enumerate("ABCD"):
        made.cell(index // 2, index % 2).text = words
    assert blocks(bytes_of(document)) == (TableDraft("Bảng 1. Quyền", ("A", "B"), (("C", "D"),)),)


def test_a_table_that_is_too_wide_or_too_long_becomes_paragraphs_and_loses_no_word():
    wide = table(tuple("abcdefg"), tuple("1234567"))
    assert text(wide) == "<p>a – b – c – d – e – f – g</p><p>1 – 2 – 3 – 4 – 5 – 6 – 7</p>"
    assert LossKind.TABLE_WIDE in losses(wide)
    long = table(("A", "B"), ("1", "x" * 501))
    assert "x" * 501 in text(long)
    assert LossKind.TABLE_LONG in losses(long)


def test_a_frame_of_one_cell_or_one_row_is_no_table():
    assert text(table(("Chỉ một ô",))) == "<p>Chỉ một ô</p>"
    assert text(table(("ỦY BAN", "CỘNG HÒA"))) == "<p>ỦY BAN</p><p>CỘNG HÒA</p>"


def test_a_table_inside_a_table_is_text_of_its_cell():
    document = Document()
    outer = document.add_table(2, 2)
    for index, words in enumerate("ABCD"):
        outer.cell(index // 2, index % 2).text = words
    inner = outer.cell(1, 1).add_table(2, 2)
    for index, words in enumerate("wxyz"):
        inner.cell(index // 2, index % 2).text = words
    [block] = blocks(bytes_of(document))
    assert isinstance(block, TableDraft)
    assert block.rows == (("C", "D; w; x; y; z"),)
    assert LossKind.TABLE_NESTED in losses(bytes_of(document))


def test_merged_cells_are_repeated_where_they_stood():
    document = Document()
    made = document.add_table(3, 3)
    made.cell(0, 0).merge(made.cell(0, 1)).text = "Chung"
    made.cell(0, 2).text = "C"
    made.cell(1, 0).merge(made.cell(2, 0)).text = "Dọc"
    for row, column, words in ((1, 1, "1"), (1, 2, "2"), (2, 1, "3"), (2, 2, "4")):
        made.cell(row, column).text = words
    [block] = blocks(bytes_of(document))
    assert isinstance(block, TableDraft)
    assert (block.header, block.rows) == (("Chung", "Chung", "C"), (("Dọc", "1", "2"), ("Dọc", "3", "4")))


def test_a_link_in_a_table_keeps_its_address():
    html = "<table><tr><td>A</td><td>B</td></tr><tr><td>1</td><td><a href='https://x.vn/a'>xem</a></td></tr></table>"
    [block] = blocks(html)
    assert isinstance(block, TableDraft)
    assert block.rows == (("1", "xem (https://x.vn/a)"),)


def test_a_picture_cuts_the_paragraph_that_holds_it():
    document = Document()
    paragraph = document.add_paragraph("Trước ")
    paragraph.add_run().add_picture(io.BytesIO(picture()))
    paragraph.add_run(" sau")
    kinds = [type(block) for block in blocks(bytes_of(document))]
    assert kinds == [TextDraft, PictureDraft, TextDraft]


def test_a_picture_in_a_format_of_windows_is_told_to_be_saved_as_png():
    document = Document()
    document.add_paragraph("Chữ.")
    document.add_picture(io.BytesIO(picture()))
    document.inline_shapes[0]._inline.docPr.set("descr", "Sơ đồ")
    data = changed(bytes_of(document), "word/media/image1.png", lambda _: b"\x01\x00\x00\x00\x6c\x00\x00\x00 EMF")
    assert losses(data) == {LossKind.PICTURE_VECTOR: (1, ("Sơ đồ",))}
    assert text(data) == "<p>Chữ.</p>"


# --- What is left out, and said --------------------------------------------------------------------------


def test_insertions_are_accepted_and_deleted_words_are_gone():
    data = docx_of_xml(
        p(r("Theo ") + f'<w:ins w:id="1" w:author="A">{r("quy định mới")}</w:ins>'
          '<w:del w:id="2" w:author="A"><w:r><w:delText>quy định cũ</w:delText></w:r></w:del>' + r(".")),
        p(r("Đầu "), '<w:rPr><w:del w:id="3" w:author="A"/></w:rPr>'),
        p(r("nối vào đây.")),
        f'<w:moveFrom w:id="4" w:author="A">{p(r("chỗ cũ"))}</w:moveFrom>',
    )  # fmt: skip
    assert text(data) == "<p>Theo quy định mới.</p><p>Đầu nối vào đây.</p>"
    assert losses(data) == {LossKind.TRACKED: (1, ())}


def test_a_text_box_is_told_with_its_words_once():
    box = "<w:txbxContent><w:p><w:r><w:t>Trong hộp</w:t></w:r></w:p></w:txbxContent>"
    data = docx_of_xml(
        p(
            r("Chữ.") + '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor><a:graphic>'
            '<a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp><wps:txbx>'
            f"{box}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice><mc:Fallback>"
            f"<w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
        )
    )
    assert text(data) == "<p>Chữ.</p>"
    assert losses(data) == {LossKind.TEXT_BOX: (1, ("Trong hộp",))}


def test_smart_art_equations_hidden_words_and_symbols_are_told():
    smart = (
        "<w:r><w:drawing><wp:inline><a:graphic><a:graphicData "
        'uri="http://schemas.openxmlformats.org/drawingml/2006/diagram"><dgm:relIds/></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r>"
    )
    data = docx_of_xml(
        p(r("Chữ") + smart + "<m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath>" + r("ẩn", "<w:vanish/>")
          + '<w:r><w:sym w:font="Wingdings" w:char="F0E0"/></w:r><w:r><w:sym w:font="Wingdings" w:char="F04A"/></w:r>')
    )  # fmt: skip
    assert text(data) == "<p>Chữ→</p>"
    assert losses(data) == {
        LossKind.SMART_ART: (1, ()),
        LossKind.EQUATION: (1, ("x=1",)),
        LossKind.HIDDEN: (1, ("ẩn",)),
        LossKind.SYMBOL: (1, ()),
    }


def test_headers_footers_and_comments_are_told():
    document = Document()
    paragraph = document.add_paragraph("Chữ.")
    document.sections[0].header.paragraphs[0].text = "Đầu trang"
    document.sections[0].footer.paragraphs[0].text = "Trang 1"
    document.add_comment(paragraph.runs, text="Xem lại", author="A", initials="A")
    assert text(bytes_of(document)) == "<p>Chữ.</p>"
    assert losses(bytes_of(document)) == {
        LossKind.HEADER: (2, ("Đầu trang", "Trang 1")),
        LossKind.COMMENT: (1, ("Xem lại",)),
    }


def test_a_footnote_is_told_with_its_words():
    data = docx_of_xml(p(r("Chữ") + '<w:r><w:footnoteReference w:id="2"/></w:r>' + r(".")))
    notes = (
        '<w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:footnote w:id="2"><w:p>'
        "<w:r><w:t>Chú thích</w:t></w:r></w:p></w:footnote></w:footnotes>"
    )
    data = added(data, "word/footnotes.xml", notes.encode())
    relation = (
        b'<Relationship Id="rId99" Target="footnotes.xml" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"/></Relationships>'
    )
    data = changed(data, "word/_rels/document.xml.rels", lambda part: part.replace(b"</Relationships>", relation))
    assert text(data) == "<p>Chữ.</p>"
    assert losses(data) == {LossKind.FOOTNOTE: (1, ("Chú thích",))}


def test_a_table_of_contents_is_left_out():
    document = Document()
    document.styles.add_style("toc 1", 1)
    document.add_paragraph("1. Mở đầu 3", style="toc 1")
    document.add_paragraph("Chữ.")
    assert text(bytes_of(document)) == "<p>Chữ.</p>"
    assert LossKind.CONTENTS in losses(bytes_of(document))


# --- Pastes ----------------------------------------------------------------------------------------------


def test_a_paste_from_word_keeps_its_structure_and_tells_the_rest():
    assert blocks(WORD_2016) == (
        TextDraft("", "<h3>Xử lý bình luận</h3>"),
        TextDraft(
            "Nguyên tắc",
            "<p>Không xóa bình luận <b>góp ý</b>, chỉ ẩn bình luận <i>vi phạm</i>; xem "
            '<a href="https://example.org/quy-dinh?a=1&amp;b=2">quy định</a>.</p>'
            "<ul><li>Ẩn trước<ul><li>Chụp lại màn hình</li></ul></li></ul><ol><li>Báo cáo tổ trưởng</li></ol>"
            "<h3>Mẫu trả lời</h3>",
        ),
        TableDraft(
            "Mẫu trả lời",
            ("Loại", "Cách làm"),
            (("Góp ý", "Cảm ơn; Trả lời trong 24 giờ"), ("Góp ý", "Chuyển người phụ trách")),
        ),
        TextDraft("", "<p>Theo quy định mới.</p>"),
    )
    assert losses(WORD_2016) == {
        LossKind.FOOTNOTE: (1, ("[1] Chú thích.",)),
        LossKind.COMMENT: (1, ()),
        LossKind.TRACKED: (1, ()),
        LossKind.PICTURE_OUTSIDE: (1, ("Màn hình bình luận",)),
        LossKind.TABLE_MERGED: (1, ("Loại Cách làm",)),
    }


def test_a_paste_from_libre_office_keeps_its_structure_and_its_picture():
    data = LIBRE_OFFICE.replace("@@PICTURE@@", base64.b64encode(picture()).decode())
    opening, drawing, rows = blocks(data)
    assert opening == TextDraft(
        "Chuẩn bị",
        "<p><b>Việc cần làm</b> trước</p><ol><li>Xin chủ trương</li><li>Chọn người<ul><li>ít nhất hai người</li></ul>"
        "</li><li>Đặt tên</li></ol>",
    )
    assert drawing == PictureDraft("", "picture-1", "Ảnh bìa", "")
    assert isinstance(rows, TableDraft)
    assert (rows.header, rows.rows) == (("Hồ sơ", "Hồ sơ"), (("Tên", "Mặt trận xã"),))
    assert read_html(data).pictures == {"picture-1": picture()}


def test_a_paste_from_google_docs_is_not_bold_throughout():
    assert blocks(GOOGLE_DOCS) == (
        TextDraft(
            "Viết tin",
            '<p>Tin <b>ngắn</b><i> và đúng, xem </i><a href="https://example.org/huong-dan">hướng dẫn</a></p>'
            "<ul><li>Ai<ul><li>làm gì</li></ul></li></ul>",
        ),
        TableDraft("Bảng", ("Ngày", "Việc"), (("Thứ Hai", "Đăng tin"),)),
    )
    assert losses(GOOGLE_DOCS) == {LossKind.PICTURE_OUTSIDE: (1, ("Lịch đăng",))}


def test_what_the_style_says_wins_over_the_element():
    html = '<p><b style="font-weight:normal">thường</b> <span style="font-weight:700">đậm</span> <i>nghiêng</i></p>'
    assert text(html) == "<p>thường <b>đậm</b> <i>nghiêng</i></p>"


def test_words_without_markup_are_paragraphs_line_by_line():
    assert text("Dòng một.\r\n\r\n  Dòng 1 < 2\n- gạch đầu dòng") == (
        "<p>Dòng một.</p><p>Dòng 1 &lt; 2</p><p>- gạch đầu dòng</p>"
    )


@pytest.mark.parametrize("html", ["<p></p>", "<div><!-- x --></div>", "<style>p{}</style><p>&nbsp;</p>", "   "])
def test_a_paste_without_words_is_refused(html):
    assert fault(html) == FileFault.EMPTY


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="<>/&;=\"' abpdivtrouluspan!-[]\n", max_size=300))
def test_no_paste_however_broken_breaks_anything(html):
    with contextlib.suppress(WordRefusedError):
        blocks("<p>x</p>" + html)


@pytest.mark.parametrize("tag", ["div", "ul><li", "table><tr><td", "b", "p"])
def test_a_paste_of_a_thousand_elements_in_each_other_is_read_or_refused(tag):
    with contextlib.suppress(WordRefusedError):
        blocks(f"<{tag}>" * 3000 + "x")


# --- Hostile and wrong files -----------------------------------------------------------------------------


def test_files_that_are_no_word_file_are_named():
    assert fault(b"") == FileFault.EMPTY
    assert fault(b"%PDF-1.7 ...") == FileFault.OTHER_FORMAT
    assert fault(b"{\\rtf1 ...}") == FileFault.OTHER_FORMAT
    assert fault(b"\xd0\xcf\x11\xe0" + b"\0" * 600) == FileFault.OLD_WORD
    assert fault(b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le")) == FileFault.ENCRYPTED
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
    assert fault(stream.getvalue()) == FileFault.OTHER_FORMAT


def test_macros_are_refused_whatever_the_file_is_called():
    assert fault(added(docx("x"), "word/vbaProject.bin", b"x")) == FileFault.MACROS
    data = changed(
        docx("x"), "[Content_Types].xml", lambda part: part.replace(
            b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
            b"application/vnd.ms-word.document.macroEnabled.main+xml"))  # fmt: skip
    assert fault(data) == FileFault.MACROS


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_refused(share):
    data = docx("Chữ.")
    assert fault(data[: int(len(data) * share)]) == FileFault.BROKEN


def test_an_archive_that_unpacks_to_too_much_is_refused_unread(monkeypatch):
    monkeypatch.setattr("courses.formats.word_package.MAX_UNPACKED", 3_000_000)
    bomb = added(docx("x"), "word/media/a.png", b"\0" * 3_000_000)
    assert len(bomb) < 100_000
    assert fault(bomb) == FileFault.TOO_BIG
    monkeypatch.undo()
    monkeypatch.setattr("courses.formats.word_package.MAX_PART", 1_000_000)
    data = changed(docx("x"), "word/styles.xml", lambda part: part + b" " * 1_000_000)
    assert fault(data) == FileFault.TOO_BIG


def test_entities_are_neither_expanded_nor_fetched(tmp_path):
    secret = tmp_path / "bi-mat.txt"
    secret.write_text("mật khẩu")
    for declared in (
        f'<!ENTITY x SYSTEM "file://{secret}">',
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY x "&a;&a;&a;&a;&a;&a;&a;&a;">',
    ):
        data = changed(
            docx("CHỖ"), "word/document.xml",
            lambda part, declared=declared: re.sub(
                rb"(<\?xml[^>]*\?>)", lambda m: m[1] + f"<!DOCTYPE d [{declared}]>".encode(), part
            ).replace("CHỖ".encode(), b"&x;"))  # fmt: skip
        assert fault(data) == FileFault.BROKEN


def test_a_relation_that_points_out_of_the_archive_fetches_nothing():
    document = Document()
    document.add_paragraph("Chữ.")
    document.add_picture(io.BytesIO(picture()))
    for target in (b"../../../../etc/passwd", b"/etc/passwd", b"file:///etc/passwd"):
        data = changed(
            bytes_of(document),
            "word/_rels/document.xml.rels",
            lambda part, t=target: part.replace(b"media/image1.png", t),
        )
        assert text(data) == "<p>Chữ.</p>"
        assert LossKind.PICTURE_BROKEN in losses(data)


@pytest.mark.parametrize(
    "words",
    [
        "MÆt trËn Tæ quèc ViÖt Nam x· V¹n Yªn häp ngµy h«m nay",
        "Maët traän Toå quoác Vieät Nam xaõ Vaïn Yeân hoïp ngaøy hoâm nay",
    ],
)
def test_a_text_in_an_old_font_is_refused_with_a_sample(words):
    with pytest.raises(WordRefusedError) as refused:
        blocks(docx("Heading", words))
    assert refused.value.fault == FileFault.OLD_FONT
    assert refused.value.sample.split()[0] in words


@pytest.mark.parametrize(
    "words",
    [
        "Ủy ban Mặt trận Tổ quốc Việt Nam xã Vạn Yên có diện tích 120 m² và 30 km², nhiệt độ 30°C, theo §5.",
        "“Trang cộng đồng” – «Mặt trận» – quả, hoà, thuỷ, quý, khuya, ngoằn ngoèo…",
        "Françoise",
    ][:2],
)
def test_ordinary_vietnamese_is_not_taken_for_an_old_font(words):
    assert text(docx(words))


def test_a_text_that_is_too_long_for_a_lesson_is_refused():
    assert fault("\n".join(f"Dòng {number}" for number in range(2001))) == FileFault.TOO_LONG


# --- No word is lost -------------------------------------------------------------------------------------

_WORD = st.sampled_from(["Mặt", "trận", "Tổ", "quốc", "hoà", "<b>", "&amp;", "a<b", "1.", "“đăng”", "-", "x" * 70, "·"])
WORDS = st.lists(_WORD, max_size=6).map(" ".join)


def words_of_blocks(found: tuple[Draft, ...]) -> list[str]:
    parts: list[str] = []
    for block in found:
        if isinstance(block, TextDraft):
            parts.append(block.heading)
            parts.append(unescape(re.sub(r"<[^>]*>", " ", re.sub(r"</?[bia](?: [^>]*)?>", "", block.html))))
        elif isinstance(block, TableDraft):
            parts.extend([block.heading, *block.header, *(cell for row in block.rows for cell in row)])
    return " ".join(parts).split()


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["Normal", "Heading 1", "Heading 2", "Heading 3", "List Bullet", "List Number",
                                   "List Bullet 2", "Quote", "Title", "Caption"]), WORDS),
        min_size=1, max_size=9,
    )
)  # fmt: skip
def test_no_word_of_a_document_is_lost_and_the_order_stays(paragraphs):
    document = Document()
    expected = []
    for style, words in paragraphs:
        document.add_paragraph(words, style=style)
        expected.extend(words.split())
    if not expected:
        assert fault(bytes_of(document)) == FileFault.EMPTY
        return
    assert words_of_blocks(blocks(bytes_of(document))) == expected


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            WORDS.map(lambda words: Paragraph((Run(words),))),
            st.tuples(WORDS, st.integers(1, 9)).map(lambda pair: Heading(pair[1], " ".join(pair[0].split()) or "x")),
            st.tuples(WORDS, st.integers(0, 8), st.booleans()).map(lambda t: Item((Run(t[0]),), t[1], t[2])),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_no_word_is_lost_however_pieces_follow_each_other(pieces):
    from courses.formats.pieces import Losses

    expected = " ".join(
        piece.text if isinstance(piece, Heading) else "".join(run.text for run in piece.runs) for piece in pieces
    ).split()
    pieces = [piece for piece in pieces if isinstance(piece, Heading) or piece.runs[0].text]
    if not pieces:
        return
    assert words_of_blocks(drafts(Found(tuple(pieces), {}, Losses()), keeps_title=True)) == expected


def test_the_title_of_a_document_is_its_title_else_its_first_heading():
    document = Document()
    document.add_heading("Mở đầu", 1)
    assert title_of(read_word(bytes_of(document))) == "Mở đầu"
    document.add_heading("Tên bài", 0)
    assert title_of(read_word(bytes_of(document))) == "Tên bài"
    assert title_of(Found((Paragraph((Run("x"),)), Table((("a",),))), {}, read_html("x").losses)) == ""
