CONTENT = {"items": [{"id": f"i{n}", "text": f"Bước {n}"} for n in range(1, 5)], "metric": "neighbours"}
RIGHT = {"i1": 1, "i2": 2, "i3": 3, "i4": 4}
