"""Where files lie that nobody may read by their address alone."""

from typing import Any

from django.core.files.storage import storages


def private_storage() -> Any:
    return storages["private"]
