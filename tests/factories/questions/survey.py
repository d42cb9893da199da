CONTENT = {"mode": "one", "options": [{"id": "a", "text": "Dễ"}, {"id": "b", "text": "Khó"}]}
RIGHT = "b"
