"""What is written to those who have not completed, and said to them on the phone. Plain Python."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

# Zalo cuts what is longer.
LONGEST = 2000
_BETWEEN = "\n\n" + "-" * 20 + "\n\n"


def split(head: str, lines: Sequence[str], foot: str, *, limit: int = LONGEST) -> tuple[str, ...]:
    """``head``, the ``lines`` and ``foot`` as messages of at most ``limit`` characters, none of which breaks a line.

    One message if all fits; else each says which of how many it is. ``head`` and ``foot`` stay whole.
    """
    whole = "\n".join([head, *lines, foot])
    if len(whole) <= limit:
        return (whole,)
    room = limit - len(_mark(999, 999)) - 1
    messages: list[list[str]] = [[]]
    length = 0
    for piece in (head, *lines, foot):
        cut = piece if len(piece) <= room else f"{piece[: room - 1]}…"
        if messages[-1] and length + len(cut) > room:
            messages.append([])
            length = 0
        messages[-1].append(cut)
        length += len(cut) + 1
    return tuple(
        "\n".join([_mark(number, len(messages)), *message]) for number, message in enumerate(messages, start=1)
    )


def _mark(number: int, of: int) -> str:
    return f"(Tin {number}/{of})"


def joined(messages: Sequence[str]) -> str:
    """All of them as one text, for a file."""
    return _BETWEEN.join(messages) + "\n"


@dataclass(frozen=True)
class Appeal:
    """What every message about a course says: ``whom`` it greets ("tỉnh Thái Nguyên"), how many are missing, why and
    until when, where to, whom to ask. "" and None for what there is not.
    """

    whom: str
    course: str
    as_of: str
    missing: str
    document: str
    deadline: dt.date | None
    link: str
    contact_name: str
    contact_phone: str
    label: str

    @property
    def until(self) -> str:
        """ "30/11/2026", "" without a deadline."""
        return f"{self.deadline:%d/%m/%Y}" if self.deadline else ""


def to_group(appeal: Appeal, lines: Sequence[str], *, limit: int = LONGEST) -> tuple[str, ...]:
    """For a group on Zalo: no phone but that of the contact, whom the task itself names."""
    head = [f"Kính gửi các đồng chí phụ trách Trang cộng đồng {appeal.whom},"]
    head.append(f"Số liệu khóa tập huấn “{appeal.course}” tính đến {appeal.as_of}: {appeal.missing}.")
    if appeal.label:
        head.append(f"({appeal.label})")
    if appeal.document and appeal.until:
        head.append(f"Theo {appeal.document}, hạn hoàn thành là ngày {appeal.until}.")
    elif appeal.until:
        head.append(f"Hạn hoàn thành là ngày {appeal.until}.")
    elif appeal.document:
        head.append(f"Khóa học được giao theo {appeal.document}.")
    head.append("Danh sách cụ thể:" if lines else "")
    foot = ["Trân trọng đề nghị các đồng chí quan tâm, sắp xếp thời gian hoàn thành khóa học tại:", appeal.link]
    if appeal.contact_name:
        phone = f", điện thoại {appeal.contact_phone}" if appeal.contact_phone else ""
        foot.append(f"Cần hỗ trợ, xin liên hệ đồng chí {appeal.contact_name}{phone}.")
    foot.append("Trân trọng cảm ơn các đồng chí!")
    return split("\n".join(filter(None, head)), lines, "\n".join(foot), limit=limit)


class Reason(StrEnum):
    """Why somebody, or some unit, is on the list."""

    NOBODY = "nobody"
    NOT_BEGUN = "not_begun"
    LEARNING = "learning"


REASONS = {
    Reason.NOBODY: "chưa có cán bộ phụ trách Trang",
    Reason.NOT_BEGUN: "chưa học",
    Reason.LEARNING: "đang học, chưa hoàn thành",
}


def say(reason: Reason, appeal: Appeal) -> str:
    """The one line for whoever phones."""
    until = f" trước hết ngày {appeal.until}" if appeal.until else ""
    if reason == Reason.NOBODY:
        return f"Đề nghị cử cán bộ phụ trách Trang, báo họ tên và số điện thoại{until and f'; học xong{until}'}"
    if reason == Reason.LEARNING:
        return f"Mời học tiếp các bài còn lại{until and f', xong{until}'}"
    return f"Mời vào học{until and f', xong{until}'}; hỏi có cần cấp lại mật khẩu không"
