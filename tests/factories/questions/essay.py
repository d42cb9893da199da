CONTENT = {
    "least_words": 3,
    "most_words": 50,
    "template": "Tiêu đề:\n\nNội dung:",
    "file_kinds": ["image", "pdf"],
    "most_files": 2,
    "notes": "Bài đạt: có nguồn, có số liệu.",
}
RIGHT = {
    "text": "Tiêu đề: Ngày hội\n\nNội dung: **mời** bà con",
    "files": [
        {"id": "0f8fad5b-d9cb-469f-a165-70867728950e", "type": "image/jpeg", "size": 83421, "name": "Ảnh bìa | 1.jpg"}
    ],
}
MARKED_BY_A_PERSON = True
