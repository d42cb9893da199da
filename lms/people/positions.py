"""Positions as the Front calls them, to be picked or written over. Data of our format, the same in every language."""

_EVERYWHERE = (
    "Chủ tịch", "Phó Chủ tịch", "Phó Chủ tịch chuyên trách", "Phó Chủ tịch không chuyên trách", "Ủy viên Thường trực",
    "Ủy viên Ủy ban",
)  # fmt: skip
_OFFICE = (
    "Chánh Văn phòng", "Phó Chánh Văn phòng", "Trưởng ban", "Phó Trưởng ban", "Chuyên viên cao cấp",
    "Chuyên viên chính", "Chuyên viên",
)  # fmt: skip
BY_LEVEL = {
    "centre": ("Phó Chủ tịch - Tổng Thư ký", "Ủy viên Đoàn Chủ tịch", *_EVERYWHERE, *_OFFICE),
    "province": ("Phó Chủ tịch Thường trực", *_EVERYWHERE, *_OFFICE),
    "district": ("Phó Chủ tịch Thường trực", *_EVERYWHERE, "Chuyên viên"),
    "commune": (
        *_EVERYWHERE, "Công chức", "Người hoạt động không chuyên trách", "Trưởng Ban Công tác Mặt trận",
        "Phó Trưởng Ban Công tác Mặt trận",
    ),
}  # fmt: skip


def suggested(level: str, in_use: list[str]) -> list[str]:
    """What is in use in the unit first, then what the level knows; each once."""
    return list(dict.fromkeys([*in_use, *BY_LEVEL.get(level, _EVERYWHERE)]))
