"""The minutes of a supervised sitting ("Biên bản coi thi"): what the log of the room says is written, what only those
who sat there can say is left open in brackets.
"""

import datetime as dt
from dataclasses import dataclass, replace

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

KIND = "BIÊN BẢN"


@dataclass(frozen=True)
class Sitter:
    """``ended``: "Nộp bài", "Đang làm bài", "Bỏ dở", "Bị hủy" or "Vắng mặt"."""

    number: int
    name: str
    unit: str
    begun_at: dt.datetime | None
    ended_at: dt.datetime | None
    ended: str


@dataclass(frozen=True)
class Entry:
    """A line of the room's log. ``seat`` None: the whole room."""

    at: dt.datetime
    seat: int | None
    name: str
    text: str


@dataclass(frozen=True)
class Sitting:
    """All that the minutes are made from; moments in Việt Nam's time. ``read_at``: when it was read."""

    issuer: Issuer
    unit_id: int
    course_id: int
    course: str
    quiz: str
    room: str
    planned_at: dt.datetime
    opened_at: dt.datetime | None
    closed_at: dt.datetime | None
    invigilators: tuple[str, ...]
    sitters: tuple[Sitter, ...]
    log: tuple[Entry, ...]
    read_at: dt.datetime
    label: str
    site: str

    @property
    def present(self) -> int:
        return sum(sitter.begun_at is not None for sitter in self.sitters)

    @property
    def handed_in(self) -> int:
        return sum(sitter.ended_at is not None for sitter in self.sitters)


def moment(at: dt.datetime) -> str:
    """ "08 giờ 05 phút ngày 25/11/2026"."""
    return f"{at:%H} giờ {at:%M} phút ngày {at:%d/%m/%Y}"


def table_of(sitting: Sitting) -> Table:
    columns = (
        Column("Số phiếu", 14),
        Column("Họ và tên", 46, is_number=False),
        Column("Đơn vị", 46, is_number=False),
        Column("Bắt đầu", 17),
        Column("Nộp bài", 17),
        Column("Ký tên", 25, is_number=False),
    )
    rows = tuple(
        (
            numbers.number(sitter.number),
            sitter.name,
            sitter.unit,
            f"{sitter.begun_at:%H:%M}" if sitter.begun_at else "–",
            f"{sitter.ended_at:%H:%M}" if sitter.ended_at else sitter.ended,
            "",
        )
        for sitter in sitting.sitters
    )
    return Table(columns, rows)


def compose(sitting: Sitting, layout: Layout) -> Paper:
    table = table_of(sitting)
    is_annexed = len(table.rows) > layout.rows_in_text
    issuer = replace(sitting.issuer, signs_for="NGƯỜI COI THI", signs_as="(Ký, ghi rõ họ tên)")
    number = f"/BB-{issuer.symbol}"
    provenance = Provenance(
        sitting.unit_id,
        sitting.planned_at.date().isoformat(),
        sitting.course_id,
        sitting.read_at.isoformat(timespec="seconds"),
        hash_of(table),
    )
    annex = None
    if is_annexed:
        annex = Annex(
            "Phụ lục I",
            ("DANH SÁCH NGƯỜI DỰ THI", *([f"({sitting.label})"] if sitting.label else [])),
            f"(Kèm theo Biên bản số{ROOM}{number} ngày{ROOM}tháng{ROOM}năm{ROOM} của {issuer.full})",
            table,
            (),
            is_landscape=False,
        )
    return Paper(
        issuer=issuer,
        number=f"Số:{ROOM}{number}",
        dateline=f"{issuer.place}, ngày{ROOM}tháng{ROOM}năm{ROOM}",
        kind=KIND,
        abstract=("Coi thi bài kiểm tra có giám sát", f"“{sitting.quiz}”"),
        label=f"({sitting.label})" if sitting.label else "",
        basis=(),
        body=_body(sitting, table, provenance, is_annexed=is_annexed),
        recipients=(hint("cơ quan, đơn vị nhận biên bản"), hint("các đơn vị có liên quan")),
        annex=annex,
        provenance=provenance,
    )


def _body(sitting: Sitting, table: Table, provenance: Provenance, *, is_annexed: bool) -> tuple[Para | Table, ...]:
    absent = [sitter for sitter in sitting.sitters if sitter.begun_at is None]
    body: list[Para | Table] = [
        plain(Style.HEADING, "I. THỜI GIAN, ĐỊA ĐIỂM"),
        *_times(sitting),
        plain(Style.BODY, f"- Địa điểm: {sitting.room}."),
        plain(Style.BODY, f"- Bài kiểm tra: “{sitting.quiz}”, khóa tập huấn “{sitting.course}”."),
        plain(Style.HEADING, "II. THÀNH PHẦN"),
        para(Style.BODY, "1. Người coi thi: ", *_watchers(sitting)),
        plain(
            Style.BODY,
            f"2. Người dự thi: {numbers.number(len(sitting.sitters))} người được lập phiếu dự thi; "
            f"{numbers.number(sitting.present)} người làm bài; {numbers.number(len(absent))} người vắng mặt"
            f"{_named(absent)}.",
        ),
        plain(Style.HEADING, "III. DIỄN BIẾN BUỔI THI"),
        *_happened(sitting),
        plain(Style.HEADING, "IV. KẾT THÚC BUỔI THI"),
        plain(
            Style.BODY,
            f"- Số bài đã nộp: {numbers.number(sitting.handed_in)}/{numbers.number(sitting.present)} bài, được lưu "
            f"trên {sitting.site}.",
        ),
    ]
    if is_annexed:
        body.append(plain(Style.BODY, "- Danh sách người dự thi tại Phụ lục I kèm theo Biên bản này."))
    elif table.rows:
        body += [plain(Style.CAPTION, "Danh sách người dự thi"), table]
    body += [
        plain(Style.NOTE, f"Ghi chú: Lập từ nhật ký của hệ thống lúc {moment(sitting.read_at)}. "
                          f"Mã đối chiếu số liệu: {provenance.mark}."),
        para(
            Style.BODY,
            "Biên bản được lập thành ",
            hint("số"),
            " bản có nội dung như nhau, đã đọc lại cho những người có mặt cùng nghe và nhất trí ký tên./.",
        ),
    ]  # fmt: skip
    return tuple(body)


def _times(sitting: Sitting) -> list[Para]:
    if sitting.opened_at is None:
        return [plain(Style.BODY, f"- Dự kiến bắt đầu: {moment(sitting.planned_at)}; buổi thi chưa mở.")]
    found = [plain(Style.BODY, f"- Mở buổi thi: {moment(sitting.opened_at)} (dự kiến {moment(sitting.planned_at)}).")]
    if sitting.closed_at is not None:
        found.append(plain(Style.BODY, f"- Đóng buổi thi: {moment(sitting.closed_at)}."))
    else:
        found.append(para(Style.BODY, "- Đóng buổi thi: ", hint("buổi thi chưa đóng")))
    return found


def _watchers(sitting: Sitting) -> list[str]:
    if not sitting.invigilators:
        return ["chưa ghi."]
    return ["; ".join(sitting.invigilators) + "."]


def _named(absent: list[Sitter]) -> str:
    """Names where they are few enough to be read in a sentence."""
    if not absent or len(absent) > 10:
        return ""
    return " (" + ", ".join(f"{sitter.name}, phiếu số {sitter.number}" for sitter in absent) + ")"


def _happened(sitting: Sitting) -> list[Para]:
    if not sitting.log:
        return [
            plain(Style.BODY, "- Buổi thi diễn ra bình thường, không có sự việc nào được ghi vào nhật ký phòng thi.")
        ]
    return [
        plain(
            Style.BODY,
            f"- {entry.at:%H} giờ {entry.at:%M} phút"
            + (f", phiếu số {entry.seat} ({entry.name})" if entry.seat else "")
            + f": {entry.text.rstrip('.')}.",
        )
        for entry in sitting.log
    ]
