"""Tickets of a supervised session on paper: A4, ten to a sheet, to be cut apart.

Like lms.people.rendering: WeasyPrint sets the text; the QR codes and the lines to cut along are drawn as operators of
the PDF page. The QR leads to the page of the quiz and never holds the code, which is typed by hand.
"""

import logging
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import segno
from django.conf import settings
from django.template.loader import get_template

from quizzes.queries.desk_sessions import PrintedTicket

TEMPLATES = Path(__file__).parent / "templates" / "quizzes" / "desk"
# One full TTF per face (package fonts-noto-core), see certificates.rendering.
FAMILY = "Noto Sans"
ROWS, COLUMNS = 5, 2
TO_A_SHEET = ROWS * COLUMNS
# In mm on A4; tickets_sheet.css says the same.
LEFT, TOP, WIDTH, HEIGHT = 8.0, 12.0, 97.0, 54.0
QR_LEFT, QR_TOP, QR_SIDE = 66.0, 17.5, 27.0
QUIET = 2
QR_MASK = 3
POINTS_A_MM = 72 / 25.4


class CannotPrintError(Exception):
    """With a sentence for the person who looks after the site."""


@dataclass(frozen=True)
class _Press:
    """What is expensive to set up, once a process: each new URLFetcher reads the list of authorities again."""

    weasyprint: Any
    fonts: Any
    fetcher: Any
    style: Any


@cache
def _press() -> _Press:
    for name in ("weasyprint.progress", "fontTools"):  # a dozen lines a page
        logging.getLogger(name).setLevel(logging.WARNING)
    import weasyprint  # noqa: PLC0415, TID251  slow import: 2.5 s, only where a sheet is printed
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415, TID251  slow import
    from weasyprint.urls import URLFetcher  # noqa: PLC0415, TID251  slow import

    _demand_font()
    fonts, fetcher = FontConfiguration(), URLFetcher(allowed_protocols=[])
    css = (TEMPLATES / "tickets_sheet.css").read_text(encoding="utf-8")
    return _Press(weasyprint, fonts, fetcher, weasyprint.CSS(string=css, font_config=fonts, url_fetcher=fetcher))


def _demand_font() -> None:
    """Without it fontconfig would quietly take another, and the sheet would not be the one that was looked at."""
    try:
        listed = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=True).stdout  # noqa: S607  ours
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotPrintError("fc-list does not run: install the package fontconfig.") from error
    if FAMILY not in {family.strip() for line in listed.splitlines() for family in line.split(",")}:
        raise CannotPrintError(f"The font {FAMILY} is missing: install the package fonts-noto-core.")


def site_address() -> str:
    """As one types it: "hoc.mattran.vn"; with "http://" only where the site has no certificate."""
    return str(settings.PUBLIC_URL).rstrip("/").removeprefix("https://")


@dataclass(frozen=True)
class _Sized:
    """A ticket with the classes of type in which its words fit."""

    ticket: PrintedTicket

    @property
    def name_size(self) -> str:
        return _size(self.ticket.name, (30, 60, 80))

    @property
    def quiz_size(self) -> str:
        return _size(self.ticket.quiz, (60, 110, 160))

    @property
    def place_size(self) -> str:
        return _size(self.ticket.room + self.ticket.unit, (60, 110, 160))


def _size(words: str, limits: tuple[int, ...]) -> str:
    return f"size-{sum(len(words) > limit for limit in limits) + 1}"


def tickets_pdf(tickets: Sequence[PrintedTicket], *, contact: str) -> bytes:
    """A4 sheets of ten tickets, in the order given. ``contact``: whom to ask. CannotPrintError where the font is
    missing.
    """
    press = _press()
    sheets = [list(tickets[start : start + TO_A_SHEET]) for start in range(0, len(tickets), TO_A_SHEET)]
    words = {
        "sheets": [[(place, _Sized(ticket)) for place, ticket in enumerate(sheet)] for sheet in sheets],
        "contact": contact,
        "address": site_address(),
    }
    html = press.weasyprint.HTML(
        string=get_template("quizzes/desk/tickets_sheet.html").render(words), url_fetcher=press.fetcher
    )
    document = html.render(stylesheets=[press.style], font_config=press.fonts)
    pdf: bytes = document.write_pdf(finisher=partial(_draw, sheets=sheets))
    return pdf


def _draw(_document: Any, pdf: Any, *, sheets: list[list[PrintedTicket]]) -> None:
    """A finisher of WeasyPrint: the lines to cut along and the QR codes, over the words of each page."""
    objects = {entry.number: entry for entry in pdf.objects}
    for number, sheet in zip(pdf.pages["Kids"][::3], sheets, strict=True):
        drawn = [_cuts(len(sheet))]
        for place, ticket in enumerate(sheet):
            row, column = divmod(place, COLUMNS)
            drawn.append(_qr(ticket.url, LEFT + column * WIDTH + QR_LEFT, TOP + row * HEIGHT + QR_TOP))
        _operators(objects, number)[1:1] = drawn


def _operators(objects: dict[int, Any], page: int) -> list[bytes]:
    stream: list[bytes] = objects[int(objects[page]["Contents"].split()[0])].stream
    return stream


def _cuts(filled: int) -> bytes:
    rows = -(-filled // COLUMNS)
    right, bottom = LEFT + COLUMNS * WIDTH, TOP + rows * HEIGHT
    lines = [(LEFT, TOP + row * HEIGHT, right, TOP + row * HEIGHT) for row in range(rows + 1)]
    lines += [(LEFT + column * WIDTH, TOP, LEFT + column * WIDTH, bottom) for column in range(COLUMNS + 1)]
    k = POINTS_A_MM
    drawn = " ".join(f"{x1 * k:.2f} {y1 * k:.2f} m {x2 * k:.2f} {y2 * k:.2f} l" for x1, y1, x2, y2 in lines)
    return f"q 0.5 G 0.5 w [3 3] 0 d {drawn} S Q".encode()


def _qr(url: str, left: float, top: float) -> bytes:
    """Operators for a page whose first line turned it upside down, as WeasyPrint's do. Quiet zone included."""
    rows = [bytes(row) for row in segno.make_qr(url, error="m", mask=QR_MASK, boost_error=False).matrix]
    unit = QR_SIDE * POINTS_A_MM / (len(rows) + 2 * QUIET)
    runs = (
        f"{QUIET + run.start()} {QUIET + y} {run.end() - run.start()} 1 re"
        for y, row in enumerate(rows)
        for run in re.finditer(b"\x01+", row)
    )
    place = f"{left * POINTS_A_MM:.3f} {top * POINTS_A_MM:.3f}"
    return f"q {unit:.4f} 0 0 {unit:.4f} {place} cm 0 g {' '.join(runs)} f Q".encode()
