from typing import Any

from tests.factories.questions import matching, multiple, single


def item(key: str, kind: str, content: dict[str, Any], mark: int = 1) -> dict[str, Any]:
    stem, reason = f"Câu {key} về bình luận này?", f"Giải thích {key}"
    return {"id": key, "type": kind, "stem": stem, "content": content, "reason": reason, "mark": mark}


CONTENT = {
    "stimulus": "**Bình luận:** Nghe nói xã sắp bỏ trợ cấp, có đúng không?",
    "items": [
        item("i1", "single", single.CONTENT),
        item("i2", "multiple", multiple.CONTENT, mark=2),
        item("i3", "matching", matching.CONTENT),
    ],
}
RIGHT = {
    "i1": {"type": "single", "answer": single.RIGHT},
    "i2": {"type": "multiple", "answer": multiple.RIGHT},
    "i3": {"type": "matching", "answer": matching.RIGHT},
}
