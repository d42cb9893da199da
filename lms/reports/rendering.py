"""Papers as PDF: the same ``Paper`` as the Word file, the same numbers of ``Layout``, set by WeasyPrint."""

import logging
import subprocess
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.template.loader import render_to_string

from lms.reports.formats import word
from lms.reports.formats.layout import Layout
from lms.reports.formats.paper import Paper, Para, Table, printable
from lms.reports.formats.widths import width

# The first that is installed. Tinos (package fonts-croscore) has the measures of Times New Roman and every Vietnamese
# letter; Liberation Serif has the measures but, as Debian 12 packages it, lacks 96 of the letters; Noto Serif
# (fonts-noto-core) has the letters and is a tenth wider.
FAMILIES = ("Tinos", "Noto Serif")


class CannotPrintError(Exception):
    """With a sentence for the person who looks after the site."""


@dataclass(frozen=True)
class _Press:
    """What is expensive to set up, once a process: see certificates.rendering."""

    weasyprint: Any
    fonts: Any
    fetcher: Any
    family: str


@cache
def _press() -> _Press:
    for name in ("weasyprint.progress", "fontTools"):  # a dozen lines a page
        logging.getLogger(name).setLevel(logging.WARNING)
    import weasyprint  # noqa: PLC0415, TID251  slow import: 2.5 s, only where a paper is printed
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415, TID251  slow import
    from weasyprint.urls import URLFetcher  # noqa: PLC0415, TID251  slow import

    return _Press(weasyprint, FontConfiguration(), URLFetcher(allowed_protocols=[]), _family())


def _family() -> str:
    try:
        listed = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=True).stdout  # noqa: S607  ours
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotPrintError("fc-list does not run: install the package fontconfig.") from error
    installed = {family.strip() for line in listed.splitlines() for family in line.split(",")}
    for family in FAMILIES:
        if family in installed:
            return family
    raise CannotPrintError("No typeface with every Vietnamese letter: install the package fonts-croscore.")


def report(paper: Paper, layout: Layout) -> bytes:
    """The PDF of a report. Raises CannotPrintError."""
    issuer = paper.issuer
    lengths = {
        "issuing": width(issuer.issuing[-1], layout.issuing_size, bold=True) * layout.rule_share,
        "motto": width(word.MOTTO_2, layout.motto_2_size, bold=True),
        "abstract": layout.rule_share
        * min(
            max(width(line, layout.abstract_size, bold=True) for line in paper.abstract),
            layout.text_width * 72 / 25.4,
        ),
    }
    context = {
        "paper": paper,
        "layout": layout,
        "motto": (word.MOTTO_1, word.MOTTO_2),
        "lengths": {name: f"{length:.1f}" for name, length in lengths.items()},
        "caption_size": layout.table_size + 1,
        "blocks": [_block(block) for block in (*paper.basis, *paper.body[:-1])],
        "last": paper.body[-1],
        "table_columns": _table(paper.table)["columns"] if paper.table else [],
        "annex": _table(paper.annex.table) if paper.annex else None,
        "made_at": paper.provenance.made_at,
    }
    return _print("paper", context)


def call_list(context: dict[str, Any], layout: Layout) -> bytes:
    """The PDF of a call list, as ``views.papers`` puts it together. Raises CannotPrintError."""
    return _print("calls", {**context, "layout": layout})


def _print(name: str, context: dict[str, Any]) -> bytes:
    press = _press()
    values = {**context, "family": press.family}
    style = press.weasyprint.CSS(
        string=render_to_string(f"reports/papers/{name}_sheet.css", values),
        font_config=press.fonts,
        url_fetcher=press.fetcher,
    )
    markup = printable(render_to_string(f"reports/papers/{name}_sheet.html", values))
    html = press.weasyprint.HTML(string=markup, url_fetcher=press.fetcher)
    pdf: bytes = html.write_pdf(stylesheets=[style], font_config=press.fonts)
    return pdf


def _block(block: Para | Table) -> dict[str, Any]:
    return {"table": _table(block)} if isinstance(block, Table) else {"para": block}


def _table(table: Table) -> dict[str, Any]:
    """With the share of every column in percent, and for every column whether its cells stand in the middle."""
    shares = [100 * column.width / table.width for column in table.columns]
    return {
        "columns": [(column, f"{share:.3f}") for column, share in zip(table.columns, shares, strict=True)],
        "rows": [list(zip(table.columns, row, strict=True)) for row in table.rows],
        "total": list(zip(table.columns, table.total, strict=True)) if table.total else [],
    }
