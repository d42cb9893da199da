"""What is wrong with a content package: one sentence that names file, line and reason. No Django."""

from pathlib import Path


class PackageError(Exception):
    """``line`` is None where the whole file is meant."""

    def __init__(self, file: Path | str, line: int | None, reason: str) -> None:
        self.file, self.line, self.reason = str(file), line, reason
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")
