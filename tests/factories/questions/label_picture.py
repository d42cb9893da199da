CONTENT = {
    "picture": "b" * 64,
    "width": 800,
    "height": 400,
    "alt": "Trang cộng đồng của xã",
    "labels": [
        {"id": "l1", "text": "Ảnh bìa"},
        {"id": "l2", "text": "Ảnh đại diện"},
        {"id": "l3", "text": "Tích xanh"},
        {"id": "l4", "text": "Nút Cài đặt"},
    ],
    "places": [
        {"id": "q", "points": [5000, 6000], "right": "l2"},
        {"id": "p", "points": [5000, 2000], "right": "l1"},
        {"id": "s", "points": [9000, 6000], "right": "l4"},
    ],
}
RIGHT = {"l1": "p", "l2": "q", "l4": "s"}
