"""The PDF: the only place that knows WeasyPrint."""

import datetime as dt
import logging
import re
import subprocess
import time
import uuid
import zlib
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import segno
from django.template.loader import get_template

from certificates import services
from lms.core import clock

logger = logging.getLogger(__name__)

FORMS = Path(__file__).parent / "templates" / "certificates" / "forms"
# One full TTF per face (package fonts-noto-core): a family that is spread over subset files prints "Chông nhân" for
# "Chứng nhận", and Liberation Serif has no letters of Vietnamese beyond Latin-1.
FAMILY = "Noto Serif"
# From roomy to tight; the first that fits on the sheet is taken.
DENSITIES = ("", "tight", "tightest")
_PROGRESS = ("weasyprint.progress", "fontTools")
# The same mask for all: choosing the best one costs more than drawing the page, and any mask reads.
QR_MASK = 3
# Left, top and side in mm, with a quiet zone of so many modules: beside .check in the form's style sheet.
QR_PLACE = (24, 159, 33)
QUIET = 2
POINTS_A_MM = 72 / 25.4
SWEEP_SECONDS = 100


class CannotRenderError(Exception):
    """With a sentence for the person who looks after the site."""


@dataclass(frozen=True)
class _Press:
    """What is expensive to set up, once a process: each new URLFetcher reads the list of authorities again."""

    weasyprint: Any
    fonts: Any
    fetcher: Any
    stream: Any
    forms: dict[str, "_Form"]

    def form(self, name: str) -> "_Form":
        if name not in self.forms:
            css = (FORMS / f"{name}.css").read_text(encoding="utf-8")
            style = self.weasyprint.CSS(string=css, font_config=self.fonts, url_fetcher=self.fetcher)
            frame = self._drawn((FORMS / f"{name}-frame.svg").read_text(encoding="utf-8"))
            self.forms[name] = _Form(style, frame, get_template(f"certificates/forms/{name}.html"), self.stream)
        return self.forms[name]

    def page(self, markup: str, *styles: Any) -> Any:
        html = self.weasyprint.HTML(string=markup, url_fetcher=self.fetcher)
        return html.render(stylesheets=list(styles), font_config=self.fonts)

    def _drawn(self, svg: str) -> bytes:
        """The drawing as operators of a PDF page: WeasyPrint needs 0.3 s to read its paths, six times all the rest."""
        size = "@page { size: 297mm 210mm; margin: 0 } svg { display: block; width: 297mm; height: 210mm }"
        drawn: list[bytes] = []
        self.page(svg, self.weasyprint.CSS(string=f"{size} body {{ margin: 0 }}")).write_pdf(
            finisher=lambda document, pdf: drawn.extend(_contents(pdf))
        )
        # "gs" names graphics states of that file (all of them opaque), which the certificate does not have.
        return zlib.compress(b"q " + b" ".join(part for part in drawn if not part.endswith(b" gs")) + b" Q", 9)


@dataclass(frozen=True)
class _Form:
    style: Any
    frame: bytes
    template: Any
    stream: Any

    def draw(self, document: Any, pdf: Any, *, url: str) -> None:
        """A finisher of WeasyPrint: the frame comes first, then the QR, so that all else stands on them."""
        _contents(pdf).insert(1, qr_operators(url))
        frame = self.stream([self.frame], extra={"Filter": "/FlateDecode"})
        pdf.add_object(frame)
        page = next(entry for entry in pdf.objects if _is_page(entry))
        page["Contents"] = b"[" + frame.reference + b" " + page["Contents"] + b"]"


def _contents(pdf: Any) -> list[bytes]:
    """The operators of the only page: every other stream is a font or a picture and starts with something else."""
    number = int(next(entry for entry in pdf.objects if _is_page(entry))["Contents"].split()[0])
    return next(entry for entry in pdf.objects if entry.number == number).stream


def _is_page(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("Type") == "/Page"


@cache
def _press() -> _Press:
    import pydyf  # noqa: PLC0415  slow import
    import weasyprint  # noqa: PLC0415, TID251  slow import: 2.5 s, only in workers
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415, TID251  slow import
    from weasyprint.urls import URLFetcher  # noqa: PLC0415, TID251  slow import

    for name in _PROGRESS:  # a dozen lines a page
        logging.getLogger(name).setLevel(logging.WARNING)
    _demand_font()
    # A certificate is made of its own text and drawings: nothing is fetched, from the network or from the disk.
    return _Press(weasyprint, FontConfiguration(), URLFetcher(allowed_protocols=[]), pydyf.Stream, {})


def _demand_font() -> None:
    """Without it fontconfig would quietly take another, and the page would not be the one that was looked at."""
    try:
        listed = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=True).stdout  # noqa: S607  ours
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotRenderError("fc-list does not run: install the package fontconfig.") from error
    if FAMILY not in {family.strip() for line in listed.splitlines() for family in line.split(",")}:
        raise CannotRenderError(f"The font {FAMILY} is missing: install the package fonts-noto-core.")


def to_pdf(payload: dict[str, Any]) -> bytes:
    """One A4 sheet, landscape, from what ``services.compose`` froze; CannotRenderError when it takes more."""
    press = _press()
    form = press.form(payload["form"])
    words = {**payload, "name_size": name_size(payload["name"])}
    for density in DENSITIES:
        document = press.page(form.template.render({**words, "density": density}), form.style)
        if len(document.pages) == 1:
            return document.write_pdf(finisher=partial(form.draw, url=payload["url"]))
    raise CannotRenderError(f"The words of certificate {payload['number']} do not fit on one page.")


def name_size(name: str) -> str:
    """The class of type in which ``name`` stands on one line, or on two when it is very long."""
    for size, limit in (("name-1", 28), ("name-2", 42), ("name-3", 60)):
        if len(name) <= limit:
            return size
    return "name-4"


def qr_operators(url: str) -> bytes:
    """The QR of ``url`` as operators of a PDF page whose first line turned it upside down, as WeasyPrint's do.

    Not as SVG, whose path costs WeasyPrint as much as all the text of the page.
    """
    rows = [bytes(row) for row in segno.make_qr(url, error="m", mask=QR_MASK, boost_error=False).matrix]
    left, top, side = (length * POINTS_A_MM for length in QR_PLACE)
    unit = side / (len(rows) + 2 * QUIET)
    runs = (
        f"{QUIET + run.start()} {QUIET + y} {run.end() - run.start()} 1 re"
        for y, row in enumerate(rows)
        for run in re.finditer(b"\x01+", row)
    )
    paper = f"1 g 0 0 {len(rows) + 2 * QUIET} {len(rows) + 2 * QUIET} re f"
    return f"q {unit:.4f} 0 0 {unit:.4f} {left:.3f} {top:.3f} cm {paper} 0 g {' '.join(runs)} f Q".encode()


def make(*, certificate_id: uuid.UUID, at: dt.datetime) -> bool:
    """Make the file of one certificate if nobody else has or does; True when this call made it.

    Never raises for what is wrong with the certificate: that is written down in its row, and tried again later.
    """
    certificate = services.claim(certificate_id=certificate_id, at=at)
    if certificate is None:
        return False
    try:
        pdf = to_pdf(certificate.payload)
    except Exception as error:
        logger.exception("certificate %s could not be rendered", certificate_id)
        sentence = str(error) if isinstance(error, CannotRenderError) else f"{type(error).__name__}: {error}"
        services.give_back(certificate=certificate, at=at, error=sentence[:1000])
        return False
    return services.keep(certificate=certificate, pdf=pdf, at=clock.now())


def make_due() -> int:
    """The sweeper: make what a dead worker or broker left behind, as much as fits in its time; how many it made."""
    stop = time.monotonic() + SWEEP_SECONDS
    made = 0
    for certificate_id in services.due(at=clock.now()):
        if time.monotonic() > stop:
            break
        made += make(certificate_id=certificate_id, at=clock.now())
    return made
