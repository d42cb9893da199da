CONTENT = {
    "rows": [
        {"id": "s1", "text": "Trang do tổ chức lập.", "answer": True, "reason": "Đúng quy chế."},
        {"id": "s2", "text": "Mật khẩu dùng chung.", "answer": False, "reason": "Mỗi người một tài khoản."},
        {"id": "s3", "text": "Tin phải kiểm chứng.", "answer": True, "reason": ""},
        {"id": "s4", "text": "Ai cũng được duyệt bài.", "answer": False, "reason": ""},
    ],
    "scheme": "exam",
}
RIGHT = {"s1": True, "s2": False, "s3": True, "s4": False}
