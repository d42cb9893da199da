CONTENT = {
    "picture": "a" * 64,
    "width": 800,
    "height": 400,
    "alt": "Màn hình Cài đặt Trang",
    "zones": [
        {"id": "r", "shape": "rect", "points": [1000, 2000, 2000, 2000], "right": True, "text": "Nút Thêm người",
         "reason": "Ở đây thêm quản trị viên."},
        {"id": "w", "shape": "circle", "points": [7500, 5000, 1000], "right": False, "text": "Nút Xóa Trang",
         "reason": "Nút này xóa cả Trang."},
        {"id": "p", "shape": "polygon", "points": [4000, 8000, 6000, 8000, 5000, 10000], "right": True,
         "text": "Liên kết", "reason": ""},
    ],
}  # fmt: skip
RIGHT = {"x": 1500, "y": 3000}
