CONTENT = {"answer": True}
RIGHT = True
