"""Every size and margin of an official paper, in one table: mm for lengths, points for type.

The values are those of Nghị định 30/2020/NĐ-CP, Phụ lục I (tests/reports/test_papers_layout.py has what it allows). The
clerk's office of an issuer may change any of them: settings.REPORT_PAPERS["layout"].
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace


class BadLayoutError(ValueError):
    """With a sentence for the person who looks after the site."""


@dataclass(frozen=True)
class Layout:
    """``…_size`` in points; gaps in points; everything else in mm."""

    font: str = "Times New Roman"
    page_width: float = 210
    page_height: float = 297
    top: float = 20
    bottom: float = 20
    left: float = 30
    right: float = 15
    # From the edge of the sheet to the page number, which stands within the top margin.
    number_from_edge: float = 10
    # Of the two columns of the head; the rest is for Quốc hiệu.
    head_left_share: float = 0.4

    page_number_size: float = 13
    motto_1_size: float = 12  # Quốc hiệu
    motto_2_size: float = 13  # Tiêu ngữ
    governing_size: float = 12
    issuing_size: float = 12
    number_size: float = 13
    date_size: float = 13
    kind_size: float = 14  # BÁO CÁO
    abstract_size: float = 14
    basis_size: float = 14
    body_size: float = 14
    signature_size: float = 14
    recipients_label_size: float = 12
    recipients_size: float = 11
    annex_size: float = 14
    table_size: float = 11
    note_size: float = 11

    first_line: float = 10
    paragraph_gap: float = 6
    line_spacing: float = 1.15
    # Between rank and name of who signs.
    signing_room: float = 28
    rule_weight: float = 0.75
    # Of the issuing body's and of the abstract's rule, as a share of the text above it.
    rule_share: float = 0.4
    # A table with more rows goes into an annex of its own.
    rows_in_text: int = 25

    @property
    def text_width(self) -> float:
        return self.page_width - self.left - self.right

    @property
    def landscape_width(self) -> float:
        """Of the text on a sheet laid on its side; the margins keep their names."""
        return self.page_height - self.left - self.right

    @property
    def head_left(self) -> float:
        return round(self.text_width * self.head_left_share, 1)

    @property
    def head_right(self) -> float:
        return round(self.text_width - self.head_left, 1)

    def changed(self, values: Mapping[str, object]) -> "Layout":
        """With the values of an office; BadLayoutError for a name that is not there or a value of the wrong kind."""
        names = {field.name for field in fields(self)}
        checked: dict[str, object] = {}
        for name, value in values.items():
            if name not in names:
                raise BadLayoutError(f"There is no size or margin called {name!r}.")
            if name == "font":
                if not isinstance(value, str) or not value:
                    raise BadLayoutError(f"{name} must be a name, not {value!r}.")
                checked[name] = value
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1000:
                raise BadLayoutError(f"{name} must be a number, not {value!r}.")
            checked[name] = round(value) if name == "rows_in_text" else float(value)
        return replace(self, **checked)  # type: ignore[arg-type]
