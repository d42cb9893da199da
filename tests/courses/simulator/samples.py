"""A simulator block as a page keeps it: one comment, to be answered and not hidden."""

from typing import Any

BLOCK_ID = "33333333-3333-4333-8333-333333333333"


def items(*values: Any) -> list[dict[str, Any]]:
    return [{"type": "item", "id": f"4444444{index}-4444-4444-8444-444444444444", "value": value}
            for index, value in enumerate(values)]  # fmt: skip


def simulator(**changes: Any) -> dict[str, Any]:
    rule = {
        "check": "comment_handled_as", "subject": "hoi", "words": items("reply"), "least": None, "most": None,
        "right": "Đã trả lời người hỏi.", "wrong": "Người hỏi vẫn đang chờ.",
    }  # fmt: skip
    comment = {"key": "hoi", "who": "Một bà mẹ", "text": "Nộp hồ sơ ở đâu?", "is_message": False}
    value = {
        "heading": "Tập trả lời", "kind": "inbox", "scene": "Bảy giờ sáng.", "goals": items("Trả lời người hỏi"),
        "draft": "", "parts": [{"type": "comment", "id": "55555555-5555-4555-8555-555555555555", "value": comment}],
        "rules": items(rule), "model": "Chỉ nơi nộp hồ sơ.", "call": items("Tổ trưởng"), **changes,
    }  # fmt: skip
    return {"type": "simulator", "id": BLOCK_ID, "value": value}


SOLVED = '{"comments": {"hoi": {"actions": ["reply"], "reply": "Mời chị đến bộ phận một cửa."}}}'
UNSOLVED = '{"comments": {"hoi": {"actions": ["hide"]}}}'
