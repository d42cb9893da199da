class RefusedError(Exception):
    """What the state of the tree forbids. ``reason`` is an English msgid for ``params``."""

    def __init__(self, reason: str, **params: object) -> None:
        super().__init__(reason % params)
        self.reason = reason
        self.params = params
