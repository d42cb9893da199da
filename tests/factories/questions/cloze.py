from quizzes.types.cloze import read

CONTENT = read(
    "Bài do {1:MULTICHOICE:=Tổ quản trị#Đúng.~Người dân#Chưa đúng.} viết trong {2:NUMERICAL:=5:0,5} ngày, gửi "
    "{1:SHORTANSWER:=Ban Thường trực~%50%Thường trực} cùng {1:MULTIRESPONSE:=ảnh~=nguồn~tin đồn}."
)
_ids = {row["text"]: row["id"] for gap in CONTENT["gaps"] for row in gap["answers"]}
RIGHT = {
    "g1": _ids["Tổ quản trị"],
    "g2": "5",
    "g3": "ban thuong truc",
    "g4": sorted([_ids["ảnh"], _ids["nguồn"]]),
}
