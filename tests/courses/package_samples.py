"""A small content package in a temporary folder, to be broken in one place by each test."""

from pathlib import Path

DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 200" width="320" height="200"><rect/></svg>\n'
HANDOUT = "# Bảng quyền\n\nĐơn vị: ……\n\n| TT | Họ và tên |\n|---|---|\n| 1 | |\n"
COURSE = 'title = "Trang cộng đồng"\nslug = "khoa-goi"\nsummary = "Khóa thử."\nhours = 4\nmodules = ["chuyen-de-1"]\n'
MODULE = (
    'title = "Thành lập"\nslug = "thanh-lap"\nsummary = "Từ chủ trương."\nrequires = []\n'
    'activities = ["1-1-quyen", "1-2-bao-mat"]\n'
)
TERMS = '[[term]]\nkey = "quyen"\nterm = "Quyền truy cập"\ndefinition = "Quyền được vào quản trị Trang."\n'
HEAD = (
    '+++\ntitle = "{title}"\nslug = "{slug}"\nminutes = 10\nsummary = "Bài thử."\n'
    'objectives = ["cấp được quyền"]\nupdated_on = 2026-11-22\n+++\n\n'
)
LESSON_1 = HEAD.format(title="Phân quyền", slug="phan-quyen") + (
    '::: text vi-sao "Vì sao"\n'  # 10
    "Trang không có **mật khẩu**: xem [[quyen|quyền truy cập]] và [bài sau](lesson:chuyen-de-1/1-2-bao-mat).\n"
    ":::\n"
    "\n"
    '::: picture so-do "Sơ đồ"\n'  # 14
    '![Ba mức quyền xếp từ cao xuống thấp.](so-do.svg "Chú thích")\n'
    ":::\n"
    "\n"
    "::: download bang\n"  # 18
    "bang-quyen.md\n"
    ":::\n"
    "\n"
    "::: selfcheck loi-moi\n"  # 22
    "Vì sao chưa thấy Trang?\n"
    "- [ ] Chưa thích Trang\n"
    "  > Không liên quan.\n"
    "- [x] Chưa chấp nhận lời mời\n"
    "  > Đúng.\n"
    ":::\n"
)
LESSON_2 = HEAD.format(title="Bảo mật", slug="bao-mat") + '::: text vi-sao "Vì sao"\nMất một là mất cả.\n:::\n'


def write_package(folder: Path) -> Path:
    """The package "goi-thu" below ``folder``; answers its root."""
    root = folder / "goi-thu"
    for name, text in {
        "course.toml": COURSE,
        "thuat-ngu.toml": TERMS,
        "chuyen-de-1/module.toml": MODULE,
        "chuyen-de-1/1-1-quyen/lesson.md": LESSON_1,
        "chuyen-de-1/1-1-quyen/so-do.svg": DRAWING,
        "chuyen-de-1/1-1-quyen/bang-quyen.md": HANDOUT,
        "chuyen-de-1/1-2-bao-mat/lesson.md": LESSON_2,
    }.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return root


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
