"""How answers are marked: pure functions from content and answer to a share in [0, 1]. No Django."""
