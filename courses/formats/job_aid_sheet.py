"""A job aid → one A4 page as PDF, and the same as a picture for the phone. WeasyPrint sets both. No Django.

The words beside the author's own (version, days, where the newest is) come with the ``Sheet``.
"""

import html
import io
import logging
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nh3
import segno

# One full TTF per face (package fonts-noto-core): see certificates.rendering.
FAMILY = "Noto Sans"
# From roomy to tight; the first that fits on the sheet is taken.
DENSITIES = ("", "tight", "tighter", "tightest")
# The picture is so many pixels wide, for a phone of 360 with three to a point.
PICTURE_WIDTH = 1080
PHONE_WIDTH = 360
COLOURS = 48
_TAGS = {"p", "br", "b", "strong", "i", "em", "ul", "ol", "li", "h3", "h4"}
# Of a document: broken after a hyphen it is read as another. It stands in no tag.
_NUMBER = re.compile(r"\b\d+/\d{4}/[A-ZĐ]+\d*(?:-[A-ZĐ]+)*")
_FOLDER = Path(__file__).parent


class CannotPrintError(Exception):
    """With a sentence for the person who looks after the site, or for the author whose text is too long."""


@dataclass(frozen=True)
class Sheet:
    """``blocks``: as StreamField keeps them. ``topic``: what stands above the title. ``foot``: the lines below, the
    version first. ``address``: where the newest is, also as a QR; "" for none.
    """

    topic: str
    title: str
    summary: str
    blocks: tuple[dict[str, Any], ...]
    foot: tuple[str, ...]
    address: str = ""


@dataclass(frozen=True)
class Files:
    pdf: bytes
    picture: bytes


@dataclass(frozen=True)
class _Press:
    """What is expensive to set up, once a process: see certificates.rendering."""

    weasyprint: Any
    fonts: Any
    fetcher: Any
    paper: Any
    phone: Any

    def pages(self, markup: str, style: Any) -> Any:
        page = self.weasyprint.HTML(string=markup, url_fetcher=self.fetcher)
        return page.render(stylesheets=[style], font_config=self.fonts)


@cache
def _press() -> _Press:
    for name in ("weasyprint.progress", "fontTools"):  # a dozen lines a page
        logging.getLogger(name).setLevel(logging.WARNING)
    import weasyprint  # noqa: PLC0415, TID251  slow import: 2.5 s, only where a sheet is printed
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415, TID251  slow import
    from weasyprint.urls import URLFetcher  # noqa: PLC0415, TID251  slow import

    _demand_font()
    # A sheet is made of its own text: nothing is fetched, from the network or from the disk.
    fonts, fetcher = FontConfiguration(), URLFetcher(allowed_protocols=[])
    paper, phone = (
        weasyprint.CSS(string=(_FOLDER / name).read_text("utf-8"), font_config=fonts, url_fetcher=fetcher)
        for name in ("job_aid_sheet.css", "job_aid_phone.css")
    )
    return _Press(weasyprint, fonts, fetcher, paper, phone)


def _demand_font() -> None:
    """Without it fontconfig would quietly take another, and the sheet would not be the one that was looked at."""
    try:
        listed = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=True).stdout  # noqa: S607  ours
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotPrintError("fc-list does not run: install the package fontconfig.") from error
    if FAMILY not in {family.strip() for line in listed.splitlines() for family in line.split(",")}:
        raise CannotPrintError(f"The font {FAMILY} is missing: install the package fonts-noto-core.")


def pages_of(sheet: Sheet) -> int:
    """How many A4 pages it takes, set as tight as may be: 1 is what a job aid may have."""
    return len(_set(sheet).pages)


def print_sheet(sheet: Sheet) -> Files:
    """Both files; CannotPrintError when it does not fit on one page. Two calls with the same sheet look the same."""
    document = _set(sheet)
    if len(document.pages) != 1:
        raise CannotPrintError(f"“{sheet.title}” does not fit on one A4 page: it takes {len(document.pages)}.")
    return Files(document.write_pdf(pdf_tags=True), _picture(sheet))


def _set(sheet: Sheet) -> Any:
    """The first density that fits, else the tightest."""
    press = _press()
    document = None
    for density in DENSITIES:
        document = press.pages(markup(sheet, density), press.paper)
        if len(document.pages) == 1:
            break
    return document


def _picture(sheet: Sheet) -> bytes:
    """PNG, PICTURE_WIDTH wide, cut below the last line; few colours, so that it is small on a bad line."""
    import pypdfium2  # noqa: PLC0415  slow import, only where a sheet is printed
    from PIL import Image  # noqa: PLC0415

    press = _press()
    document = press.pages(markup(sheet, "phone"), press.phone)
    if len(document.pages) != 1:
        raise CannotPrintError(f"“{sheet.title}” is too long for a picture on a phone.")
    bottom = document.pages[0].anchors["end"][1] + PHONE_WIDTH / 20
    # A point of the PDF is 4/3 of a pixel of the page.
    scale = PICTURE_WIDTH / PHONE_WIDTH * 4 / 3
    pdf = pypdfium2.PdfDocument(document.write_pdf())
    try:
        page = pdf[0]
        page.set_cropbox(0, page.get_height() - bottom * 3 / 4, page.get_width(), page.get_height())
        image = page.render(scale=scale).to_pil().convert("RGB")
    finally:
        pdf.close()
    out = io.BytesIO()
    image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG")
    return out.getvalue()


def markup(sheet: Sheet, density: str) -> str:
    """The page as HTML; ``density`` is its class."""
    foot = "".join(f"<p{' class=site' if index else ''}>{_e(line)}</p>" for index, line in enumerate(sheet.foot))
    parts = [
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{_e(sheet.title)}</title></head>',
        f'<body class="{density}"><div class="head"><p class="of">{_e(sheet.topic)}</p><h1>{_e(sheet.title)}</h1>',
        f'<p class="summary">{_e(sheet.summary)}</p>' if sheet.summary else "",
        "</div>",
        _NUMBER.sub(r'<span class="whole">\g<0></span>', "".join(_block(block) for block in sheet.blocks)),
        '<div class="foot-room"></div>',
        f'<div class="foot">{_qr(sheet.address)}{foot}</div><a id="end"></a></body></html>',
    ]
    return "".join(parts)


def _e(words: object) -> str:
    return html.escape(str(words), quote=True)


def _qr(address: str) -> str:
    if not address:
        return ""
    drawn = segno.make_qr(address, error="m").svg_inline(border=0, omitsize=True)
    return f'<div class="qr">{drawn}</div>'


def _block(block: dict[str, Any]) -> str:
    value = block["value"]
    heading = f"<h2>{_e(value['heading'])}</h2>" if value.get("heading") else ""
    match block["type"]:
        case "text":
            return f"<section>{heading}{_rich(value['text'])}</section>"
        case "callout":
            return f'<section class="note {_e(value["kind"])}">{heading}{_rich(value["text"])}</section>'
        case "checklist":
            items = "".join(f"<li>{_e(item)}</li>" for item in _items(value["items"]))
            return f'<section class="checks">{heading}<ul>{items}</ul></section>'
        case "comparison":
            return f"<section>{heading}{_table(value)}</section>"
    return ""


def _rich(text: str) -> str:
    """What an author may write here; of anything else the words only."""
    return nh3.clean(text, tags=_TAGS, attributes={})


def _items(rows: Iterable[Any]) -> Iterator[Any]:
    """The values of a list as StreamField keeps it, with or without ids."""
    for row in rows:
        yield row["value"] if isinstance(row, dict) and row.get("type") == "item" else row


def _table(value: dict[str, Any]) -> str:
    header = [str(cell or "") for cell in _items(value["header"])]
    head = "".join(f'<th scope="col">{_e(cell)}</th>' for cell in header)
    body = "".join(f"<tr>{''.join(_cells(header, row))}</tr>" for row in _items(value["rows"]))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(header: list[str], row: dict[str, Any]) -> Iterator[str]:
    for index, cell in enumerate(_items(row["cells"])):
        if index:
            # The name of its column shows where there are no columns: on a phone.
            column = header[index] if index < len(header) else ""
            named = f'<span class="column">{_e(column)}: </span>' if column else ""
            yield f"<td>{named}{_e(cell or '')}</td>"
        else:
            # A number alone says nothing where the head of its column is not seen.
            named = f'<span class="column">{_e(header[0])} </span>' if str(cell or "").isdigit() and header else ""
            yield f'<th scope="row">{named}{_e(cell or "")}</th>'
