CONTENT = {
    "answers": [
        {"text": "3 ± 0,5", "fraction": "1", "reason": ""},
        {"text": "1..5", "fraction": "0.5", "reason": "Gần đúng."},
    ],
    "units": [{"text": "ngày", "factor": "1"}, {"text": "tuần", "factor": "7"}],
    "unit_rule": "optional",
}
RIGHT = "3 ngày"
