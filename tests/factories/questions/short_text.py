CONTENT = {"accepted": ["Toàn quyền kiểm soát"], "exact": False}
RIGHT = "toan quyen kiem soat"
