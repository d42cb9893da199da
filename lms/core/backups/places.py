"""Where this site's files lie, and which of them the database names."""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db.models import FileField
from django.utils.translation import gettext as _

from lms.core.backups.errors import BackupError


def folders() -> dict[str, Path]:
    """Storage → its folder; the collected static files are no data. Raises BackupError where files lie elsewhere."""
    found = {}
    for alias in sorted(settings.STORAGES):
        if alias == "staticfiles":
            continue
        storage = storages[alias]
        if not isinstance(storage, FileSystemStorage):
            raise BackupError(
                _("The files of “%(storage)s” do not lie on this machine; back them up where they are.")
                % {"storage": alias}
            )
        found[alias] = Path(storage.location)
    return found


def files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """(name as the database has it, path), sorted; links and what is gone are passed over."""
    for parent, folders_, names in os.walk(folder):
        folders_.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if not path.is_symlink():
                yield path.relative_to(folder).as_posix(), path


def size_of(folder: Path) -> int:
    total = 0
    for _name, path in files_in(folder):
        with suppress(OSError):
            total += path.stat().st_size
    return total


def named_by(database: str) -> dict[str, set[str]]:
    """Storage → names that rows of the database with this alias hold. One query per file field."""
    where = {folder: alias for alias, folder in folders().items()}
    named: dict[str, set[str]] = defaultdict(set)
    for model in apps.get_models():
        if model._meta.proxy or not model._meta.managed or model._meta.swapped:
            continue
        for field in model._meta.local_concrete_fields:
            storage = where.get(Path(getattr(field.storage, "location", ""))) if isinstance(field, FileField) else None
            if storage:
                rows = model._base_manager.using(database).exclude(**{field.name: ""})
                named[storage].update(name for name in rows.values_list(field.name, flat=True).distinct() if name)
    return dict(named)
