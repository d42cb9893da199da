"""Word files made for tests, by python-docx and by raw XML, and what programs put on the clipboard."""

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

from docx import Document
from docx.oxml import parse_xml
from PIL import Image

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NAMESPACES = (
    f'xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"'
)


def picture(*, size: tuple[int, int] = (120, 80), kind: str = "PNG", color: str = "red") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, color).save(stream, kind)
    return stream.getvalue()


def bytes_of(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def docx(*paragraphs: str) -> bytes:
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    return bytes_of(document)


def xml(inner: str) -> Any:
    """One element of a document, its namespaces declared."""
    return parse_xml(re.sub(r"^<([\w:]+)", rf"<\1 {NAMESPACES}", inner.strip(), count=1))


def docx_of_xml(*elements: str) -> bytes:
    """A document whose body begins with ``elements``."""
    document = Document()
    for element in elements:
        document.element.body.insert(len(document.element.body) - 1, xml(element))
    return bytes_of(document)


def changed(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same archive with one part rewritten."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry.filename, change(content) if entry.filename == part else content)
    return stream.getvalue()


def added(data: bytes, name: str, content: bytes) -> bytes:
    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def lesson() -> bytes:
    """What a trainer writes: title, headings, lists in lists, a table with merged cells, a described picture."""
    document = Document()
    document.add_heading("Phân quyền cho Tổ quản trị", 0)
    document.add_heading("Vì sao phải phân quyền", 1)
    opening = document.add_paragraph("Trang không có ")
    opening.add_run("mật khẩu riêng").bold = True
    opening.add_run(", ai quản trị là do ").italic = False
    opening.add_run("được cấp quyền").italic = True
    opening.add_run(".")
    document.add_heading("Ba việc đầu tiên", 3)
    document.add_paragraph("Chọn người", style="List Number")
    document.add_paragraph("Cấp quyền", style="List Number")
    document.add_paragraph("Có thể:", style="List Bullet")
    document.add_paragraph("toàn quyền", style="List Bullet 2")
    document.add_paragraph("một phần", style="List Bullet 2")
    document.add_heading("Ai giữ quyền gì", 2)
    table = document.add_table(rows=3, cols=2)
    for row, cells in enumerate([("Người", "Quyền"), ("Tổ trưởng", "Toàn quyền"), ("Người dự phòng", "")]):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(1, 1).merge(table.cell(2, 1))
    document.add_picture(io.BytesIO(picture()))
    document.inline_shapes[0]._inline.docPr.set("descr", "Màn hình cấp quyền, ba mức.")
    document.add_paragraph("Hình 1. Ba mức quyền", style="Caption")
    document.add_paragraph("Hết bài.")
    return bytes_of(document)


# Copied from a document in Word 2016, by the look of it: conditional comments, mso-list, o:p, v:imagedata, font soup.
WORD_2016 = """<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"
xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40">
<head><meta http-equiv=Content-Type content="text/html; charset=utf-8"><meta name=Generator content="Microsoft Word 15">
<link rel=File-List href="file:///C:/Users/ADMIN/AppData/Local/Temp/msohtmlclip1/01/clip_filelist.xml">
<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View><w:LidThemeOther>VI</w:LidThemeOther></w:WordDocument>
</xml><![endif]-->
<style><!-- @font-face {font-family:"Times New Roman"; panose-1:2 2 6 3 5 4 5 2 3 4;}
p.MsoNormal {margin:0cm; mso-pagination:widow-orphan;} @list l0:level1 {mso-level-number-format:bullet;} --></style>
</head><body lang=EN-US style='tab-interval:36.0pt;word-wrap:break-word'>
<!--StartFragment-->
<p class=MsoTitle><span lang=VI style='font-size:18.0pt'>Xử lý bình luận<o:p></o:p></span></p>
<h1><span lang=VI style='font-size:16.0pt;font-family:"Times New Roman",serif;
mso-fareast-font-family:"Times New Roman"'>Nguyên tắc<o:p></o:p></span></h1>
<p class=MsoNormal style='text-align:justify'><span lang=VI style='font-size:13.0pt;line-height:107%;
font-family:"Times New Roman",serif'>Không xóa bình luận <b style='mso-bidi-font-weight:normal'>góp ý</b>, chỉ ẩn
bình luận <i>vi phạm</i>; xem <a href="https://example.org/quy-dinh?a=1&amp;b=2">quy định</a>.<o:p></o:p></span></p>
<p class=MsoListParagraphCxSpFirst style='margin-left:36.0pt;text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if
!supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New
Roman"'>&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp; </span></span></span><![endif]><span lang=VI>Ẩn trước<o:p></o:p></span></p>
<p class=MsoListParagraphCxSpMiddle style='margin-left:72.0pt;text-indent:-18.0pt;mso-list:l0 level2 lfo1'><!--[if
!supportLists]--><span style='font-family:"Courier New"'><span style='mso-list:Ignore'>o<span style='font:7.0pt'>&nbsp;
</span></span></span><!--[endif]--><span>Chụp lại màn hình</span></p>
<p class=MsoListParagraphCxSpLast style='margin-left:36.0pt;text-indent:-18.0pt;mso-list:l1 level1 lfo2'><![if
!supportLists]><span style='mso-list:Ignore'>1.<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;
</span></span><![endif]>Báo cáo tổ trưởng</p>
<p class=MsoNormal style='mso-outline-level:3'>Mẫu trả lời</p>
<table class=MsoTableGrid border=1 cellspacing=0 style='border-collapse:collapse;mso-yfti-tbllook:1184'>
 <tr style='mso-yfti-irow:0'><td width=200 valign=top><p class=MsoNormal><b>Loại<o:p></o:p></b></p></td>
 <td width=200><p class=MsoNormal><b>Cách làm</b></p></td></tr>
 <tr style='mso-yfti-irow:1'><td rowspan=2><p class=MsoNormal>Góp ý</p></td><td><p class=MsoNormal>Cảm ơn</p>
 <p class=MsoNormal>Trả lời trong 24 giờ</p></td></tr>
 <tr><td><p class=MsoNormal>Chuyển người phụ trách<o:p>&nbsp;</o:p></p></td></tr>
</table>
<p class=MsoNormal><span style='mso-no-proof:yes'><!--[if gte vml 1]><v:shape id="Picture_x0020_1" type="#_x0000_t75">
<v:imagedata src="file:///C:/Users/ADMIN/AppData/Local/Temp/msohtmlclip1/01/clip_image001.png" o:title="man hinh"/>
</v:shape><![endif]--><![if !vml]><img width=300 height=200
src="file:///C:/Users/ADMIN/AppData/Local/Temp/msohtmlclip1/01/clip_image002.png" alt="Màn hình bình luận"
v:shapes="Picture_x0020_1"><![endif]></span></p>
<p class=MsoNormal>Theo <ins cite="mailto:A" datetime="2026-11-01T08:00">quy định mới</ins><del cite="mailto:A"
datetime="2026-11-01T08:00">quy định cũ</del><a style='mso-footnote-id:ftn1' href="#_ftn1" name="_ftnref1"
title=""><span class=MsoFootnoteReference>[1]</span></a><span class=MsoCommentReference><span
style='font-size:8.0pt'><a class=msocomanchor id="_anchor_1" href="#_msocom_1" language=JavaScript
name="_msoanchor_1">[A1]</a></span></span>.</p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<div style='mso-element:footnote-list'><hr align=left size=1 width="33%"><div style='mso-element:footnote' id=ftn1>
<p class=MsoFootnoteText><a style='mso-footnote-id:ftn1' href="#_ftnref1" name="_ftn1" title="">[1]</a> Chú thích.</p>
</div></div>
<div style='mso-element:comment-list'><div style='mso-element:comment'><p class=MsoCommentText>Xem lại</p></div></div>
<!--EndFragment--></body></html>"""  # noqa: E501

LIBRE_OFFICE = """<!DOCTYPE html><html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"/>
<title></title><meta name="generator" content="LibreOffice 7.4.7.2 (Linux)"/>
<style type="text/css">@page { size: 21cm 29.7cm; margin: 2cm } p { line-height: 115%; background: transparent }</style>
</head><body lang="vi-VN" link="#000080" vlink="#800000" dir="ltr">
<h2 class="western"><font face="Times New Roman, serif"><font size="4">Chuẩn bị</font></font></h2>
<p style="line-height: 100%; margin-bottom: 0cm"><font face="Times New Roman"><font size="3"><b>Việc cần làm</b>
trước<sup><a class="sdfootnoteanc" name="sdfootnote1anc" href="#sdfootnote1sym"><sup>1</sup></a></sup></font></font></p>
<ol><li><p style="margin-bottom: 0cm">Xin chủ trương</p></li>
<li><p style="margin-bottom: 0cm">Chọn người</p></li>
<ul><li><p style="margin-bottom: 0cm">ít nhất hai người</p></li></ul>
<li><p>Đặt tên</p></li></ol>
<p><img src="data:image/png;base64,@@PICTURE@@" name="Image1" alt="Ảnh bìa" align="left" width="300" border="0"/></p>
<table width="100%" cellpadding="4" cellspacing="0"><col width="128*"/><col width="128*"/><thead><tr valign="top">
<th colspan="2"><p>Hồ sơ</p></th></tr></thead><tbody><tr><td><p>Tên</p></td><td><p>Mặt trận xã</p></td></tr></tbody></table>
<div id="sdfootnote1"><p class="sdfootnote-western"><a class="sdfootnotesym" name="sdfootnote1sym"
href="#sdfootnote1anc">1</a>Theo kế hoạch.</p></div></body></html>"""  # noqa: E501

GOOGLE_DOCS = """<meta charset='utf-8'><meta charset="utf-8"><b style="font-weight:normal;"
id="docs-internal-guid-0a1b2c3d-7fff"><h1 dir="ltr" style="line-height:1.38;margin-top:20pt;"><span
style="font-size:20pt;font-family:Arial,sans-serif;font-weight:400;white-space:pre-wrap;">Viết tin</span></h1>
<p dir="ltr" style="line-height:1.38;"><span style="font-weight:400;font-style:normal;white-space:pre-wrap;">Tin </span><span
style="font-weight:700;white-space:pre-wrap;">ngắn</span><span style="font-weight:400;font-style:italic;"> và đúng, xem </span><a
href="https://www.google.com/url?q=https://example.org/huong-dan&amp;sa=D" style="text-decoration:none;"><span
style="font-weight:400;color:#1155cc;text-decoration:underline;">hướng dẫn</span></a></p>
<ul style="margin-top:0;padding-inline-start:48px;"><li dir="ltr" aria-level="1" style="list-style-type:disc;"><p dir="ltr"
role="presentation"><span style="font-weight:400;">Ai</span></p></li><ul><li dir="ltr" aria-level="2"><p dir="ltr"><span>làm
gì</span></p></li></ul></ul><br><h2 dir="ltr"><span style="font-weight:400;">Bảng</span></h2>
<div dir="ltr" style="margin-left:0pt;" align="left"><table style="border:none;"><colgroup><col width="100"/><col/></colgroup>
<tbody><tr style="height:0pt"><td><p dir="ltr"><span>Ngày</span></p></td><td><p><span>Việc</span></p></td></tr>
<tr><td><p><span>Thứ Hai</span></p></td><td><p><span>Đăng tin</span></p></td></tr></tbody></table></div><p><span><span
style="border:none;display:inline-block;"><img src="https://lh7-rt.googleusercontent.com/docsz/abc" width="600"
alt="Lịch đăng"/></span></span></p></b><br class="Apple-interchange-newline">"""  # noqa: E501
