from quizzes.types.gap_select import written_content

CONTENT = written_content("Bài do [[Tổ quản trị]] viết, [[Ban Thường trực]] duyệt.", ["Người dân"], False)
RIGHT = {gap["id"]: gap["right"] for gap in CONTENT["gaps"]}
