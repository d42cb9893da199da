"""What a dead worker or broker lost is picked up again: each app registers one sweeper, the sweep calls them all."""

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)
_sweepers: dict[str, Callable[[], int]] = {}


def register(name: str, sweeper: Callable[[], int]) -> None:
    """``sweeper`` takes nothing, is safe to run at any time and beside itself, and returns how many rows it moved."""
    _sweepers[name] = sweeper


def run() -> dict[str, int | None]:
    """Call every sweeper; one that fails is logged, answers None, and does not stop the others."""
    moved: dict[str, int | None] = {}
    for name, sweeper in _sweepers.items():
        try:
            moved[name] = sweeper()
        except Exception:
            logger.exception("sweeper %s failed", name)
            moved[name] = None
    return moved
