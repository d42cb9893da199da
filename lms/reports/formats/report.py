"""The report of a unit in the usual outline: what the figures say is written, what only a person can say is left open
in brackets, nothing in between.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from lms.core import numbers
from lms.reports.formats.issuers import Issuer, within
from lms.reports.formats.layout import Layout
from lms.reports.formats.paper import (
    ROOM,
    Annex,
    Column,
    Paper,
    Para,
    Provenance,
    Style,
    Table,
    hash_of,
    hint,
    para,
    plain,
)
from lms.reports.rules import Figures, Kind, Row

KIND = "BÁO CÁO"
_TOTAL = "Tổng cộng"
_DASH = "–"


@dataclass(frozen=True)
class Document:
    """A document that a task rests on, every part as it was written down; "" for what was not."""

    kind: str
    reference: str
    date: str
    issuer: str
    title: str

    @property
    def short(self) -> str:
        """ "Kế hoạch số 141/KH-MTTQ-BTT ngày 12/4/2022"."""
        found = f"{self.kind or 'Văn bản'} số {self.reference}"
        if not self.date:
            return found
        return f"{found} {'ngày ' if self.date[:1].isdigit() else ''}{self.date}"

    @property
    def full(self) -> str:
        found = self.short
        if self.issuer:
            found += f" của {self.issuer}"
        if self.title:
            found += self.title if self.title.startswith((",", " ")) else f" {_about(self.title)}"
        return found


def _about(title: str) -> str:
    return title if title.casefold().startswith(("về ", "v/v ")) else f"về {title}"


@dataclass(frozen=True)
class Task:
    """A standing task for the course: given to ``unit`` ("tỉnh Quảng Ninh") until ``deadline``."""

    unit: str
    deadline: dt.date | None
    document: Document | None


@dataclass(frozen=True)
class Facts:
    """All that the paper is made from; ``rows`` and ``total`` are those of the screen, in its order.

    ``read_at``: the moment in Việt Nam at which the figures of ``day`` were read. ``counted``: "cấp xã". ``only``: what
    the question narrows people to, "" for everybody. ``note``: a sentence about the day's tree, or "".
    """

    issuer: Issuer
    unit_id: int
    unit: str
    day: dt.date
    read_at: dt.datetime
    course_id: int
    course: str
    rows: tuple[Row, ...]
    total: Figures
    is_single: bool
    counted: str
    overlap: int
    only: str
    note: str
    label: str
    documents: tuple[Document, ...]
    tasks: tuple[Task, ...]
    site: str


# --- Pages of units: counted only where the figures know of them ---------------------------------------


@dataclass(frozen=True)
class Pages:
    with_page: int
    confirmed: int
    without: int
    unknown: int


def pages_of(figures: Figures) -> Pages:
    return Pages(figures.with_page, figures.page_confirmed, figures.without_page, figures.page_unknown)


# --- The table ------------------------------------------------------------------------------------------


def table_of(facts: Facts) -> Table:
    columns = [
        Column("TT", 9),
        Column("Đơn vị", 33, is_number=False),
        Column("Đơn vị có cán bộ đã hoàn thành", 23),
        Column("Cán bộ đã hoàn thành", 23),
        Column("Đang học", 13),
        Column("Chưa học", 13),
        Column("Đơn vị có Trang cộng đồng", 23),
        Column("Chưa có Trang", 14),
        Column("Chưa rõ", 14),
    ]
    rows = tuple(_cells(str(number), row.name, row.figures, row) for number, row in enumerate(facts.rows, start=1))
    return Table(tuple(columns), rows, _cells("", _TOTAL, facts.total, None))


def _cells(number: str, name: str, figures: Figures, row: Row | None) -> tuple[str, ...]:
    is_beside = row is not None and row.kind in (Kind.OWN, Kind.CLOSED)
    is_single = row is not None and row.is_single and not is_beside
    pages = pages_of(figures)
    if is_beside:
        covered = with_page = without = unknown = _DASH
    elif is_single:
        covered = "Đã có" if figures.covered else "Chưa có"
        with_page = "Có" if pages.with_page else _DASH
        without = "Chưa có" if pages.without else _DASH
        unknown = "Chưa rõ" if pages.unknown else _DASH
    else:
        covered = numbers.share(figures.covered, figures.units)
        with_page = numbers.share(pages.with_page, figures.units)
        without, unknown = numbers.number(pages.without), numbers.number(pages.unknown)
    return (
        number,
        name,
        covered,
        numbers.share(figures.done, figures.people),
        numbers.number(figures.under_way),
        numbers.number(figures.not_begun),
        with_page,
        without,
        unknown,
    )


# --- The sentences --------------------------------------------------------------------------------------


def as_of_moment(day: dt.date, read_at: dt.datetime) -> str:
    """ "17 giờ 05 phút ngày 22/11/2026" for today, "hết ngày 30/06/2025" for a day that is over."""
    if read_at.date() == day:
        return f"{read_at:%H} giờ {read_at:%M} phút ngày {day:%d/%m/%Y}"
    return f"hết ngày {day:%d/%m/%Y}"


def as_of(facts: Facts) -> str:
    return as_of_moment(facts.day, facts.read_at)


def _share(part: int, whole: int, what: str) -> str:
    """ "116/177 đơn vị (65,5 %)"."""
    said = f"{numbers.number(part)}/{numbers.number(whole)} {what}"
    return f"{said} ({numbers.percent(Decimal(100 * part) / whole)})" if whole else said


def _units_said(facts: Facts) -> list[Para]:
    total, level = facts.total, facts.counted
    if facts.is_single:
        has = "đã có" if total.covered else "chưa có"
        return [plain(Style.BODY, f"- {facts.unit} {has} cán bộ phụ trách Trang cộng đồng hoàn thành khóa tập huấn.")]
    if not total.units:
        return [plain(Style.BODY, f"- Ngày {facts.day:%d/%m/%Y} không có đơn vị nào đang hoạt động để tính.")]
    said = (
        f"- Về đơn vị: {_share(total.covered, total.units, f'đơn vị {level}')} có cán bộ phụ trách Trang cộng đồng "
        f"đã hoàn thành khóa tập huấn; còn {numbers.number(total.uncovered)} đơn vị chưa có."
    )
    counted = (
        f"Mẫu số là tất cả {numbers.number(total.units)} đơn vị {level} đang hoạt động ngày {facts.day:%d/%m/%Y}, kể "
        "cả đơn vị chưa nhập danh sách cán bộ."
    )
    return [plain(Style.BODY, f"{said} {counted}")]


def _people_said(facts: Facts) -> list[Para]:
    total = facts.total
    who = "cán bộ"
    if not total.people:
        return [plain(Style.BODY, "- Về cán bộ: chưa nhập cán bộ nào thuộc phạm vi báo cáo.")]
    counted = "Mẫu số là số cán bộ đang giữ chức vụ trong phạm vi báo cáo tại ngày đó, mỗi người tính một lần"
    counted += f"; chỉ tính: {facts.only}." if facts.only else "."
    return [
        plain(
            Style.BODY,
            f"- Về cán bộ: {_share(total.done, total.people, who)} đã hoàn thành khóa tập huấn; "
            f"{numbers.number(total.under_way)} đang học; {numbers.number(total.not_begun)} chưa học. {counted}",
        )
    ]


def _pages_said(facts: Facts) -> list[Para]:
    pages, total = pages_of(facts.total), facts.total
    if not total.units:
        return []
    if facts.is_single:
        state = "đã có" if pages.with_page else "chưa có" if pages.without else "chưa rõ có hay không có"
        return [plain(Style.BODY, f"- {facts.unit} {state} Trang cộng đồng.")]
    return [
        plain(
            Style.BODY,
            f"- Về Trang cộng đồng: {_share(pages.with_page, total.units, f'đơn vị {facts.counted}')} có Trang, trong "
            f"đó {numbers.number(pages.confirmed)} Trang đã được xác nhận; {numbers.number(pages.without)} đơn vị chưa "
            f"có; {numbers.number(pages.unknown)} đơn vị chưa rõ.",
        )
    ]


def _tasks_said(facts: Facts) -> list[Para]:
    found = []
    for task in facts.tasks:
        said = f"- Khóa tập huấn “{facts.course}” được giao cho {task.unit}"
        if task.document:
            said += f" theo {task.document.short}"
        said += f"; hạn hoàn thành: ngày {task.deadline:%d/%m/%Y}." if task.deadline else "."
        found.append(plain(Style.BODY, said))
    return found


def _body(facts: Facts, table: Table, *, is_annexed: bool) -> tuple[Para | Table, ...]:
    total = facts.total
    heading = Style.HEADING
    body: list[Para | Table] = [
        para(Style.BODY, f"{facts.issuer.full} báo cáo kết quả tập huấn “{facts.course}” như sau:"),
        plain(heading, "I. CÔNG TÁC CHỈ ĐẠO, TỔ CHỨC THỰC HIỆN"),
        *_tasks_said(facts),
        para(
            Style.BODY,
            "- ",
            hint(
                "Nêu việc ban hành văn bản, phân công, đôn đốc, kiểm tra và đặc điểm tình hình của địa phương, đơn vị"
            ),
        ),
        plain(heading, "II. KẾT QUẢ THỰC HIỆN"),
        plain(Style.SUBHEADING, "1. Kết quả chung"),
        plain(Style.BODY, f"Số liệu tính đến {as_of(facts)}, lấy từ {facts.site}:"),
        *_units_said(facts),
        *_people_said(facts),
        *_pages_said(facts),
    ]
    if facts.note:
        body.append(plain(Style.BODY, f"- Lưu ý về số liệu: {facts.note}"))
    if facts.rows:
        body.append(plain(Style.SUBHEADING, "2. Kết quả theo đơn vị"))
        if is_annexed:
            body.append(plain(Style.BODY, "Chi tiết tại Phụ lục I kèm theo Báo cáo này."))
        else:
            body += [plain(Style.CAPTION, _caption(facts)), table, *_notes(facts, table)]
    body += [
        plain(heading, "III. ĐÁNH GIÁ CHUNG"),
        para(Style.BODY, "1. Ưu điểm: ", hint("Nêu đánh giá của đơn vị")),
        para(Style.BODY, "2. Tồn tại, hạn chế: ", *_shortfall(facts, total), hint("Nêu đánh giá của đơn vị")),
        para(Style.BODY, "3. Nguyên nhân: ", hint("Nêu nguyên nhân chủ quan, khách quan")),
        plain(heading, "IV. KHÓ KHĂN, VƯỚNG MẮC"),
        para(Style.BODY, hint("Nêu khó khăn, vướng mắc; nếu không có thì ghi “Không”")),
        plain(heading, "V. PHƯƠNG HƯỚNG, NHIỆM VỤ, KIẾN NGHỊ"),
        para(Style.BODY, "1. Phương hướng, nhiệm vụ: ", hint("Nêu việc sẽ làm, người phụ trách, thời hạn")),
        para(Style.BODY, "2. Kiến nghị, đề xuất: ", hint("Nêu kiến nghị với cấp trên")),
        plain(Style.BODY, f"Trên đây là báo cáo kết quả tập huấn “{facts.course}” của {facts.issuer.full}./."),
    ]
    return tuple(body)


def _shortfall(facts: Facts, total: Figures) -> tuple[str, ...]:
    """What the figures themselves say is lacking; the judgement stays with the office."""
    if facts.is_single or not total.units or not total.uncovered:
        return ()
    share = _share(total.uncovered, total.units, f"đơn vị {facts.counted}")
    return (f"Còn {share} chưa có cán bộ phụ trách Trang cộng đồng hoàn thành khóa tập huấn. ",)


def _caption(facts: Facts) -> str:
    return f"Bảng kết quả tập huấn theo đơn vị (số liệu tính đến {as_of(facts)})"


def _notes(facts: Facts, table: Table) -> list[Para]:
    lines = []
    if facts.label:
        lines.append(f"{facts.label}.")
    if facts.overlap > 0:
        lines.append("Cán bộ giữ chức vụ ở nhiều đơn vị được tính ở từng đơn vị đó và tính một lần ở dòng Tổng cộng.")
    lines.append(f"Mã đối chiếu số liệu: {_provenance(facts, table).mark}.")
    return [plain(Style.NOTE, f"Ghi chú: {' '.join(lines)}")]


def _provenance(facts: Facts, table: Table) -> Provenance:
    return Provenance(
        facts.unit_id,
        facts.day.isoformat(),
        facts.course_id,
        facts.read_at.isoformat(timespec="seconds"),
        hash_of(table),
    )


def compose(facts: Facts, layout: Layout) -> Paper:
    table = table_of(facts)
    is_annexed = bool(table.rows) and (len(table.rows) > layout.rows_in_text or table.width > layout.text_width)
    issuer = facts.issuer
    dateline = f"{issuer.place}, ngày{ROOM}tháng{ROOM}năm{ROOM}"
    number = f"/BC-{issuer.symbol}"
    annex = None
    if is_annexed:
        annex = Annex(
            "Phụ lục I",
            ("KẾT QUẢ TẬP HUẤN THEO ĐƠN VỊ", *([f"({facts.label})"] if facts.label else [])),
            f"(Kèm theo Báo cáo số{ROOM}{number} ngày{ROOM}tháng{ROOM}năm{ROOM} của {issuer.full})",
            table,
            (plain(Style.NOTE, f"Số liệu tính đến {as_of(facts)}."), *_notes(facts, table)),
            is_landscape=True,
        )
    ends = [f"{document.full}{';' if index else '.'}" for index, document in _from_last(facts.documents)]
    return Paper(
        issuer=issuer,
        number=f"Số:{ROOM}{number}",
        dateline=dateline,
        kind=KIND,
        abstract=(f"Kết quả tập huấn “{facts.course}”", f"của {within(facts.unit)}"),
        label=f"({facts.label})" if facts.label else "",
        basis=tuple(plain(Style.BASIS, f"Căn cứ {end}") for end in ends),
        body=_body(facts, table, is_annexed=is_annexed),
        recipients=(hint("cơ quan, đơn vị nhận báo cáo"), hint("các đơn vị có liên quan")),
        annex=annex,
        provenance=_provenance(facts, table),
    )


def _from_last(documents: tuple[Document, ...]) -> list[tuple[int, Document]]:
    """Each with how many come after it."""
    return [(len(documents) - place, document) for place, document in enumerate(documents, start=1)]
