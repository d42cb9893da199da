"""Reading a roster's file. Knows cells and rows, nothing of people."""

from typing import Any

from lms.people.enums import FileFault


class FileRefusedError(Exception):
    """The file as a whole cannot be read; ``str()`` is one sentence for whoever sent it."""

    def __init__(self, fault: FileFault, **words: Any) -> None:
        self.fault = fault
        self.words = words
        super().__init__(fault.value)

    def __str__(self) -> str:
        return str(self.fault.label) % self.words
