CONTENT = {
    "lefts": [{"id": "l1", "text": "Trang", "right": "r1"}, {"id": "l2", "text": "Nhóm", "right": "r2"}],
    "rights": [
        {"id": "r1", "text": "Của tổ chức"},
        {"id": "r2", "text": "Của thành viên"},
        {"id": "r3", "text": "Của báo chí"},
    ],
}
RIGHT = {"l1": "r1", "l2": "r2"}
