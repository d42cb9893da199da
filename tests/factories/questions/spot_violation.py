def piece(key: str, *, violates: bool = False, opens: bool = False) -> dict[str, object]:
    rule = "Bảo vệ dữ liệu cá nhân" if violates else ""
    return {"id": key, "text": f"Câu {key} của bài đăng.", "violates": violates, "rule": rule,
            "reason": f"Lý do {key}" if violates else "", "opens": opens}  # fmt: skip


CONTENT = {"pieces": [piece("a"), piece("b", violates=True), piece("c", opens=True), piece("d", violates=True)]}
RIGHT = ["b", "d"]
