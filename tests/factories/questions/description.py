CONTENT: dict[str, object] = {}
RIGHT = None
