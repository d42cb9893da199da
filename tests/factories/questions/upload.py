CONTENT = {
    "file_kinds": ["image"],
    "most_files": 1,
    "link": "facebook",
    "needs_both": True,
    "notes": "Mở liên kết, xem ảnh bìa.",
}
RIGHT = {
    "files": [
        {"id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "type": "image/png", "size": 1200, "name": "man-hinh.png"}
    ],
    "link": "https://www.facebook.com/mattran.vanyen",
}
MARKED_BY_A_PERSON = True
