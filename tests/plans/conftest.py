import pytest
import time_machine

from tests.conftest import NOON


@pytest.fixture(autouse=True)
def _noon():
    """Monday, 23 November 2026, at noon in Việt Nam."""
    with time_machine.travel(NOON, tick=False):
        yield
