import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _no_earlier_failures():
    """Limits live in the cache, which outlasts a rolled-back test."""
    cache.clear()
