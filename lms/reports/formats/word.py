"""A paper as a Word document that the clerk's office goes on writing in: named styles, fields, real tables.

Everything has a style of its own ("BC …"), so that changing one style changes the paper; nothing is placed by spaces.
Rules are borders of paragraphs and stay where they are when a line is edited; both Word and LibreOffice draw them.
"""

import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt

from lms.reports.formats.layout import Layout
from lms.reports.formats.paper import Annex, Paper, Para, Run, Table, printable
from lms.reports.formats.widths import width

CENTER, LEFT, RIGHT, JUSTIFY = (
    WD_ALIGN_PARAGRAPH.CENTER,
    WD_ALIGN_PARAGRAPH.LEFT,
    WD_ALIGN_PARAGRAPH.RIGHT,
    WD_ALIGN_PARAGRAPH.JUSTIFY,
)
MOTTO_1 = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO_2 = "Độc lập - Tự do - Hạnh phúc"
HINT = "BC Gợi ý"
# Twentieths of a point, on either side within a cell of the head: its columns are as wide as their words.
_HEAD_CELL_MARGIN = 0
_TABLE_CELL_MARGIN = 60


@dataclass(frozen=True)
class _Look:
    """A paragraph style: its identifier (letters only) and its name, as it stands in Word's list of styles."""

    id: str
    name: str
    size: float
    align: WD_ALIGN_PARAGRAPH = CENTER
    bold: bool = False
    italic: bool = False
    first_line: float = 0
    before: float = 0
    after: float = 0
    spacing: float = 1
    keep: bool = False
    outline: int | None = None


def _looks(layout: Layout) -> dict[str, _Look]:
    body: dict[str, Any] = {"first_line": layout.first_line, "after": layout.paragraph_gap}
    body["spacing"] = layout.line_spacing
    return {
        "motto_1": _Look("BCQuocHieu", "BC Quốc hiệu", layout.motto_1_size, bold=True),
        "motto_2": _Look("BCTieuNgu", "BC Tiêu ngữ", layout.motto_2_size, bold=True),
        "governing": _Look("BCChuQuan", "BC Cơ quan chủ quản", layout.governing_size),
        "issuing": _Look("BCBanHanh", "BC Cơ quan ban hành", layout.issuing_size, bold=True),
        "rule": _Look("BCGachDuoi", "BC Đường kẻ", 2, spacing=0),
        "number": _Look("BCSoKyHieu", "BC Số, ký hiệu", layout.number_size, before=6),
        "date": _Look("BCDiaDanh", "BC Địa danh, ngày tháng", layout.date_size, italic=True, before=6),
        "kind": _Look("BCTenLoai", "BC Tên loại văn bản", layout.kind_size, bold=True, before=18, keep=True),
        "abstract": _Look("BCTrichYeu", "BC Trích yếu", layout.abstract_size, bold=True, keep=True),
        "label": _Look("BCMinhHoa", "BC Nhãn số liệu", layout.body_size, italic=True, before=6),
        "basis": _Look("BCCanCu", "BC Căn cứ", layout.basis_size, JUSTIFY, italic=True, **body),
        "body": _Look("BCNoiDung", "BC Nội dung", layout.body_size, JUSTIFY, **body),
        "heading": _Look(
            "BCDeMuc", "BC Đề mục lớn", layout.body_size, JUSTIFY, bold=True, before=6, keep=True, outline=0, **body
        ),
        "subheading": _Look(
            "BCDeMucNho", "BC Đề mục nhỏ", layout.body_size, JUSTIFY, bold=True, keep=True, outline=1, **body
        ),
        "caption": _Look("BCTenBang", "BC Tên bảng", layout.table_size + 1, italic=True, before=6, after=6, keep=True),
        "note": _Look("BCGhiChu", "BC Ghi chú bảng", layout.note_size, JUSTIFY, italic=True, before=6, after=6),
        "cell": _Look("BCBang", "BC Bảng: chữ", layout.table_size, LEFT, before=2, after=2),
        "number_cell": _Look("BCBangSo", "BC Bảng: số", layout.table_size, CENTER, before=2, after=2),
        "head_cell": _Look("BCBangDau", "BC Bảng: đầu cột", layout.table_size, bold=True, before=2, after=2),
        "sign": _Look("BCKy", "BC Quyền hạn, chức vụ người ký", layout.signature_size, bold=True, keep=True),
        "sign_name": _Look(
            "BCHoTenKy", "BC Họ tên người ký", layout.signature_size, bold=True,
            before=round(layout.signing_room * 72 / 25.4),
        ),
        "to_label": _Look(
            "BCNoiNhan", "BC Nơi nhận", layout.recipients_label_size, LEFT, bold=True, italic=True, keep=True
        ),
        "to": _Look("BCNoiNhanDong", "BC Nơi nhận: dòng", layout.recipients_size, LEFT, keep=True),
        "annex": _Look("BCPhuLuc", "BC Phụ lục", layout.annex_size, bold=True, keep=True, outline=0),
        "annex_title": _Look("BCPhuLucTen", "BC Phụ lục: tên", layout.annex_size, bold=True, keep=True),
        "annex_reference": _Look(
            "BCKemTheo", "BC Phụ lục: kèm theo", layout.annex_size, italic=True, after=6, keep=True
        ),
        "page_number": _Look("BCSoTrang", "BC Số trang", layout.page_number_size),
    }  # fmt: skip


def write(paper: Paper, layout: Layout, *, made_at: dt.datetime) -> bytes:
    """The .docx. ``made_at``: written into its properties."""
    return _Writer(paper, layout).write(made_at)


class _Writer:
    def __init__(self, paper: Paper, layout: Layout) -> None:
        self.paper, self.layout = paper, layout
        self.looks = _looks(layout)
        self.document: Any = docx.Document()

    def write(self, made_at: dt.datetime) -> bytes:
        self._defaults()
        for look in self.looks.values():
            self._add_style(look)
        self._add_hint_style()
        self._page(self.document.sections[0])
        self._head()
        self._title()
        for block in (*self.paper.basis, *self.paper.body[:-1]):
            self._block(block)
        last = self.paper.body[-1]
        # The last paragraph goes with the signature: a signature never stands alone on a page.
        self._para(last, keep=True)  # type: ignore[arg-type]
        self._signature()
        if self.paper.annex:
            self._annex(self.paper.annex)
        self._properties(made_at)
        buffer = io.BytesIO()
        self.document.save(buffer)
        return buffer.getvalue()

    # --- Styles and pages ---------------------------------------------------------------------------

    def _defaults(self) -> None:
        """The template's theme fonts and its language give way, so that nothing falls back to Calibri."""
        defaults = self.document.styles.element.find(qn("w:docDefaults"))
        rpr = defaults.find(qn("w:rPrDefault")).find(qn("w:rPr"))
        for child in list(rpr):
            rpr.remove(child)
        rpr.append(_fonts(self.layout.font))
        for tag in ("w:sz", "w:szCs"):
            rpr.append(_element(tag, val=str(round(2 * self.layout.body_size))))
        rpr.append(_element("w:lang", val="vi-VN", eastAsia="vi-VN", bidi="ar-SA"))
        spacing = defaults.find(qn("w:pPrDefault")).find(qn("w:pPr")).find(qn("w:spacing"))
        spacing.set(qn("w:after"), "0")
        spacing.set(qn("w:line"), "240")
        normal = self.document.styles["Normal"]
        normal.font.name = self.layout.font
        normal.font.size = Pt(self.layout.body_size)
        _set_fonts(normal, self.layout.font)

    def _add_style(self, look: _Look) -> None:
        style = self.document.styles.add_style(look.name, WD_STYLE_TYPE.PARAGRAPH)
        style.element.styleId = look.id
        style.base_style = self.document.styles["Normal"]
        style.quick_style = True
        font, form = style.font, style.paragraph_format
        font.size, font.bold, font.italic = Pt(look.size), look.bold, look.italic
        font.name = self.layout.font
        _set_fonts(style, self.layout.font)
        form.alignment = look.align
        form.first_line_indent = Mm(look.first_line)
        form.space_before, form.space_after = Pt(look.before), Pt(look.after)
        form.keep_with_next = look.keep
        form.widow_control = True
        if look.spacing:
            form.line_spacing = look.spacing
        else:
            form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(3)
        if look.outline is not None:
            style.element.get_or_add_pPr().append(_element("w:outlineLvl", val=str(look.outline)))

    def _add_hint_style(self) -> None:
        """Shaded, until somebody writes over it."""
        style = self.document.styles.add_style(HINT, WD_STYLE_TYPE.CHARACTER)
        style.element.styleId = "BCGoiY"
        style.font.italic = True
        style.quick_style = True
        style.element.get_or_add_rPr().append(_element("w:shd", val="clear", color="auto", fill="FFF2CC"))

    def _page(self, section: Any, *, landscape: bool = False) -> None:
        layout = self.layout
        sides = (layout.page_height, layout.page_width) if landscape else (layout.page_width, layout.page_height)
        section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = Mm(sides[0]), Mm(sides[1])
        section.top_margin, section.bottom_margin = Mm(layout.top), Mm(layout.bottom)
        section.left_margin, section.right_margin = Mm(layout.left), Mm(layout.right)
        section.header_distance = section.footer_distance = Mm(layout.number_from_edge)
        section.gutter = Mm(0)
        # Page 1 of the paper and of an annex shows no number.
        section.different_first_page_header_footer = True
        section.header.is_linked_to_previous = False
        section.first_page_header.is_linked_to_previous = False
        number = section.header.paragraphs[0]
        number.style = self._style("page_number")
        _add_field(number, "PAGE")
        section.first_page_header.paragraphs[0].style = self._style("page_number")
        _add_child_in_order(section._sectPr, _element("w:pgNumType", start="1"))

    def _style(self, key: str) -> Any:
        return self.document.styles[self.looks[key].name]

    # --- Parts --------------------------------------------------------------------------------------

    def _head(self) -> None:
        layout, issuer = self.layout, self.paper.issuer
        table = self._plain_table([layout.head_left, layout.head_right], rows=2)
        left, right = table.rows[0].cells
        lines = [("governing", line) for line in issuer.governing] + [("issuing", line) for line in issuer.issuing]
        _fill(left, [(self._style(key), line) for key, line in lines])
        last = issuer.issuing[-1]
        self._rule(left, width(last, layout.issuing_size, bold=True) * layout.rule_share, layout.head_left)
        _fill(right, [(self._style("motto_1"), MOTTO_1), (self._style("motto_2"), MOTTO_2)])
        self._rule(right, width(MOTTO_2, layout.motto_2_size, bold=True), layout.head_right)
        left, right = table.rows[1].cells
        _fill(left, [(self._style("number"), self.paper.number)])
        _fill(right, [(self._style("date"), self.paper.dateline)])

    def _rule(self, container: Any, length: float, room: float, *, weight: float | None = None) -> None:
        """A line ``length`` points long in the middle of ``room`` mm: the upper border of a very low paragraph."""
        paragraph = container.add_paragraph(style=self._style("rule"))
        side = max(Mm(room).pt - length, 0) / 2
        paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(round(side, 1))
        paragraph.paragraph_format.space_before = Pt(3)
        border = OxmlElement("w:pBdr")
        eighths = str(round(8 * (weight or self.layout.rule_weight)))
        border.append(_element("w:top", val="single", sz=eighths, space="0", color="000000"))
        paragraph._p.get_or_add_pPr().insert_element_before(
            border, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc"
        )

    def _title(self) -> None:
        self.document.add_paragraph(self.paper.kind, style=self._style("kind"))
        for line in self.paper.abstract:
            self._text(self.document.add_paragraph(style=self._style("abstract")), [Run(line)])
        longest = max(width(line, self.layout.abstract_size, bold=True) for line in self.paper.abstract)
        length = min(longest, Mm(self.layout.text_width).pt) * self.layout.rule_share
        self._rule(self.document, length, self.layout.text_width)
        if self.paper.label:
            self.document.add_paragraph(self.paper.label, style=self._style("label"))
        self.document.add_paragraph(style=self._style("rule")).paragraph_format.space_after = Pt(9)

    def _block(self, block: Para | Table) -> None:
        if isinstance(block, Table):
            self._figures(block, self.layout.text_width)
        else:
            self._para(block)

    def _para(self, block: Para, *, keep: bool = False) -> None:
        paragraph = self.document.add_paragraph(style=self._style(block.style.value))
        if keep:
            paragraph.paragraph_format.keep_with_next = True
            paragraph.paragraph_format.keep_together = True
        self._text(paragraph, block.runs)

    def _text(self, paragraph: Any, runs: Iterable[Run]) -> None:
        for run in runs:
            made = paragraph.add_run(printable(run.text), style=self.document.styles[HINT] if run.is_hint else None)
            if run.is_bold:
                made.bold = True

    def _signature(self) -> None:
        layout, paper = self.layout, self.paper
        half = layout.text_width / 2
        table = self._plain_table([half, half], rows=1)
        _not_split(table.rows[0])
        left, right = table.rows[0].cells
        _fill(left, [(self._style("to_label"), "Nơi nhận:")])
        for recipient in paper.recipients:
            self._text(left.add_paragraph(style=self._style("to")), [Run("- "), recipient, Run(";")])
        last = left.add_paragraph(style=self._style("to"))
        self._text(last, [Run("- Lưu: VT, "), Run("[đơn vị soạn thảo]", is_hint=True), Run(".")])
        last.paragraph_format.keep_with_next = False
        issuer = paper.issuer
        _fill(right, [(self._style("sign"), line) for line in (issuer.signs_for, issuer.signs_as)])
        # Here stands the signature, and the name below it: left to the office.
        right.add_paragraph(style=self._style("sign_name"))

    def _annex(self, annex: Annex) -> None:
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        self._page(section, landscape=annex.is_landscape)
        room = self.layout.landscape_width if annex.is_landscape else self.layout.text_width
        self.document.add_paragraph(annex.label, style=self._style("annex"))
        for line in annex.title:
            self.document.add_paragraph(printable(line), style=self._style("annex_title"))
        self.document.add_paragraph(printable(annex.reference), style=self._style("annex_reference"))
        self._figures(annex.table, room)
        for note in annex.notes:
            self._para(note)

    # --- Tables -------------------------------------------------------------------------------------

    def _plain_table(self, widths: list[float], *, rows: int) -> Any:
        table = self.document.add_table(rows=rows, cols=len(widths))
        _lay_out(table, widths, _HEAD_CELL_MARGIN)
        return table

    def _figures(self, table: Table, room: float) -> None:
        """With a thousand rows python-docx's cells cost minutes: the rows are written as elements."""
        stretch = room / table.width
        widths = [column.width * stretch for column in table.columns]
        made = self.document.add_table(rows=0, cols=len(widths))
        _lay_out(made, widths, _TABLE_CELL_MARGIN, borders=True)
        styles = {key: self.looks[key].id for key in ("cell", "number_cell", "head_cell")}
        heads = ["head_cell"] * len(widths)
        kinds = ["number_cell" if column.is_number else "cell" for column in table.columns]
        body = made._tbl
        body.append(_row([column.title for column in table.columns], widths, [styles[key] for key in heads], head=True))
        style_ids = [styles[key] for key in kinds]
        for row in table.rows:
            body.append(_row(row, widths, style_ids))
        if table.total:
            body.append(_row(table.total, widths, style_ids, bold=True))

    # --- Properties ---------------------------------------------------------------------------------

    def _properties(self, made_at: dt.datetime) -> None:
        core, origin = self.document.core_properties, self.paper.provenance
        core.title = printable(self.paper.title)[:255]
        core.author = core.last_modified_by = printable(self.paper.issuer.full)[:255]
        core.identifier = origin.mark
        core.comments = origin.sentence
        core.subject = self.paper.kind
        core.language = "vi-VN"
        core.created = core.modified = made_at.astimezone(dt.UTC).replace(tzinfo=None)
        core.keywords = ""


# --- Elements -------------------------------------------------------------------------------------------


def _element(tag: str, **attributes: str) -> Any:
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    return element


def _fonts(name: str) -> Any:
    return _element("w:rFonts", ascii=name, hAnsi=name, eastAsia=name, cs=name)


def _set_fonts(style: Any, name: str) -> None:
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for side in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{side}"), name)


def _add_field(paragraph: Any, code: str) -> None:
    """A field that Word computes: begin, code, separator, a first value, end."""
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("text", "2"), ("end", "")):
        run = paragraph.add_run()
        if kind == "":
            instruction = _element("w:instrText")
            instruction.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            instruction.text = f" {text} "
            run._r.append(instruction)
        elif kind == "text":
            run.text = text
        else:
            run._r.append(_element("w:fldChar", fldCharType=kind))


# The children of a w:sectPr that come behind page numbering, in the order of the schema.
_AFTER_NUMBERING = ("w:cols", "w:formProt", "w:vAlign", "w:noEndnote", "w:titlePg", "w:textDirection", "w:bidi",
                    "w:rtlGutter", "w:docGrid", "w:printerSettings", "w:sectPrChange")  # fmt: skip


def _add_child_in_order(section: Any, child: Any) -> None:
    for old in section.findall(qn("w:pgNumType")):
        section.remove(old)
    section.insert_element_before(child, *_AFTER_NUMBERING)


def _fill(cell: Any, lines: list[tuple[Any, str]]) -> None:
    """A new cell holds one empty paragraph: the first line takes it."""
    for index, (style, line) in enumerate(lines):
        paragraph = cell.add_paragraph() if index else cell.paragraphs[0]
        paragraph.style = style
        paragraph.add_run(printable(line))


def _lay_out(table: Any, widths: list[float], margin: int, *, borders: bool = False) -> None:
    """Fixed columns in mm, no style of Word's own, borders only where asked for."""
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    properties = table._tbl.tblPr
    for tag in ("w:tblStyle", "w:tblW", "w:tblLook"):
        for old in properties.findall(qn(tag)):
            properties.remove(old)
    twips = [round(Emu(Mm(width)).twips) for width in widths]
    properties.insert(0, _element("w:tblW", w=str(sum(twips)), type="dxa"))
    layout = properties.find(qn("w:tblLayout"))
    edges = _element("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        value = {"val": "single", "sz": "4", "space": "0", "color": "000000"} if borders else {"val": "nil"}
        edges.append(_element(f"w:{side}", **value))
    layout.addprevious(edges)
    margins = _element("w:tblCellMar")
    for side in ("left", "right"):
        margins.append(_element(f"w:{side}", w=str(margin), type="dxa"))
    layout.addnext(margins)
    for column, width_ in zip(table._tbl.tblGrid.findall(qn("w:gridCol")), twips, strict=True):
        column.set(qn("w:w"), str(width_))
    for row in table.rows:
        for cell, width_ in zip(row.cells, widths, strict=True):
            cell.width = Mm(width_)


def _not_split(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:cantSplit"))


def _row(
    cells: Iterable[str], widths: list[float], styles: list[str], *, head: bool = False, bold: bool = False
) -> Any:
    row = _element("w:tr")
    properties = _element("w:trPr")
    properties.append(_element("w:cantSplit"))
    if head:
        properties.append(_element("w:tblHeader"))
    row.append(properties)
    for text, width_, style in zip(cells, widths, styles, strict=True):
        cell = _element("w:tc")
        setting = _element("w:tcPr")
        setting.append(_element("w:tcW", w=str(round(Emu(Mm(width_)).twips)), type="dxa"))
        setting.append(_element("w:vAlign", val="center"))
        cell.append(setting)
        paragraph = _element("w:p")
        form = _element("w:pPr")
        form.append(_element("w:pStyle", val=style))
        paragraph.append(form)
        run = _element("w:r")
        if bold:
            look = _element("w:rPr")
            look.append(_element("w:b"))
            run.append(look)
        written = _element("w:t")
        written.text = printable(text)
        written.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        run.append(written)
        paragraph.append(run)
        cell.append(paragraph)
        row.append(cell)
    return row
