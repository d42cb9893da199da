def option(key: str, *, correct: bool = False) -> dict[str, object]:
    return {"id": key, "text": f"Phương án {key}", "correct": correct, "reason": f"Lý do {key}"}


CONTENT = {"options": [option("a"), option("b", correct=True), option("c")]}
RIGHT = "b"
