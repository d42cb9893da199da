"""The notice that a quiz was marked again: figures and units, no name of a learner. A draft for the office to sign."""

import datetime as dt
from dataclasses import dataclass

from lms.core import numbers
from lms.reports.formats.issuers import Issuer
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

KIND = "THÔNG BÁO"


@dataclass(frozen=True)
class Moved:
    """A unit with people whose pass was gained or lost; ``stays``: of those who lost it, how many had completed."""

    unit: str
    gained: int
    lost: int
    completes: int
    stays: int


@dataclass(frozen=True)
class Regrading:
    """``may_lower``: results could also become worse. ``codes``: the questions that were marked again, () for all."""

    issuer: Issuer
    unit_id: int
    course_id: int
    course: str
    quiz: str
    reason: str
    codes: tuple[str, ...]
    may_lower: bool
    decided_at: dt.datetime
    attempts: int
    changed: int
    raised: int
    lowered: int
    certificates_due: int
    certificates_standing: int
    units: tuple[Moved, ...]
    read_at: dt.datetime
    label: str
    site: str

    @property
    def gained(self) -> int:
        return sum(row.gained for row in self.units)

    @property
    def lost(self) -> int:
        return sum(row.lost for row in self.units)

    @property
    def stays(self) -> int:
        return sum(row.stays for row in self.units)


def table_of(regrading: Regrading) -> Table:
    columns = (
        Column("TT", 12),
        Column("Đơn vị", 70, is_number=False),
        Column("Số người được công nhận đạt", 28),
        Column("Số người không còn đạt", 28),
        Column("Số người hoàn thành khóa học", 27),
    )
    rows = tuple(
        (str(place), row.unit, *map(numbers.number, (row.gained, row.lost, row.completes)))
        for place, row in enumerate(regrading.units, start=1)
    )
    completes = sum(row.completes for row in regrading.units)
    total = ("", "Tổng cộng", *map(numbers.number, (regrading.gained, regrading.lost, completes))) if rows else ()
    return Table(columns, rows, total)


def compose(regrading: Regrading, layout: Layout) -> Paper:
    table = table_of(regrading)
    is_annexed = len(table.rows) > layout.rows_in_text
    issuer = regrading.issuer
    number = f"/TB-{issuer.symbol}"
    provenance = Provenance(
        regrading.unit_id,
        regrading.decided_at.date().isoformat(),
        regrading.course_id,
        regrading.read_at.isoformat(timespec="seconds"),
        hash_of(table),
    )
    annex = None
    if is_annexed:
        annex = Annex(
            "Phụ lục",
            ("KẾT QUẢ CHẤM LẠI THEO ĐƠN VỊ", *([f"({regrading.label})"] if regrading.label else [])),
            f"(Kèm theo Thông báo số{ROOM}{number} ngày{ROOM}tháng{ROOM}năm{ROOM} của {issuer.full})",
            table,
            (),
            is_landscape=False,
        )
    return Paper(
        issuer=issuer,
        number=f"Số:{ROOM}{number}",
        dateline=f"{issuer.place}, ngày{ROOM}tháng{ROOM}năm{ROOM}",
        kind=KIND,
        abstract=("Về kết quả chấm lại bài kiểm tra", f"“{regrading.quiz}”"),
        label=f"({regrading.label})" if regrading.label else "",
        basis=(),
        body=_body(regrading, table, provenance, is_annexed=is_annexed),
        recipients=(hint("các đơn vị có tên trong thông báo"), hint("cơ quan, đơn vị có liên quan")),
        annex=annex,
        provenance=provenance,
    )


def _body(regrading: Regrading, table: Table, provenance: Provenance, *, is_annexed: bool) -> tuple[Para | Table, ...]:
    n = numbers.number
    asked = f"các câu hỏi {', '.join(regrading.codes)}" if regrading.codes else "tất cả các câu hỏi"
    body: list[Para | Table] = [
        plain(
            Style.BODY,
            f"{regrading.issuer.full} thông báo kết quả chấm lại bài kiểm tra “{regrading.quiz}” thuộc khóa tập huấn "
            f"“{regrading.course}” như sau:",
        ),
        plain(Style.HEADING, "I. LÝ DO VÀ PHẠM VI"),
        plain(Style.BODY, f"1. Lý do: {regrading.reason.rstrip('.')}."),
        plain(Style.BODY, f"2. Phạm vi: {asked}; đã xem xét {n(regrading.attempts)} lượt làm bài."),
        plain(
            Style.BODY,
            "3. Nguyên tắc: "
            + (
                "điểm được xác định lại theo đáp án đã sửa, có thể tăng hoặc giảm."
                if regrading.may_lower
                else "chỉ điều chỉnh tăng; không ai bị giảm điểm hoặc mất kết quả đã đạt."
            ),
        ),
        plain(Style.HEADING, "II. KẾT QUẢ"),
        plain(
            Style.BODY,
            f"1. Đã điều chỉnh điểm của {n(regrading.changed)} câu trả lời, trong đó {n(regrading.raised)} tăng, "
            f"{n(regrading.lowered)} giảm; hoàn tất lúc {regrading.decided_at:%H} giờ {regrading.decided_at:%M} "
            f"phút ngày {regrading.decided_at:%d/%m/%Y}.",
        ),
        plain(
            Style.BODY,
            f"2. {n(regrading.gained)} người được công nhận đạt; {n(regrading.lost)} người không còn đạt.",
        ),
        plain(Style.BODY, f"3. Số giấy chứng nhận được cấp do chấm lại: {n(regrading.certificates_due)}."),
    ]
    if regrading.stays:
        body.append(
            plain(
                Style.BODY,
                f"4. {n(regrading.stays)} người không còn đạt nhưng đã hoàn thành khóa học trước khi chấm lại; "
                f"{n(regrading.certificates_standing)} giấy chứng nhận đã cấp vẫn có hiệu lực cho đến khi có quyết "
                "định riêng.",
            )
        )
    if is_annexed:
        body.append(plain(Style.BODY, "Kết quả theo đơn vị tại Phụ lục kèm theo Thông báo này."))
    elif table.rows:
        body += [plain(Style.CAPTION, "Kết quả chấm lại theo đơn vị"), table]
    body += [
        plain(Style.HEADING, "III. TỔ CHỨC THỰC HIỆN"),
        plain(
            Style.BODY,
            f"1. Người học xem kết quả sau khi chấm lại tại trang kết quả bài làm của mình trên {regrading.site}.",
        ),
        para(Style.BODY, "2. Người học có ý kiến về kết quả chấm lại gửi ", hint("nơi nhận, thời hạn"), "."),
        plain(
            Style.NOTE,
            f"Ghi chú: Lập từ nhật ký của hệ thống lúc {regrading.read_at:%H} giờ {regrading.read_at:%M} phút ngày "
            f"{regrading.read_at:%d/%m/%Y}. Mã đối chiếu số liệu: {provenance.mark}.",
        ),
        plain(
            Style.BODY,
            f"{regrading.issuer.full} thông báo để các đơn vị và cá nhân có liên quan biết, thực hiện./.",
        ),
    ]
    return tuple(body)
