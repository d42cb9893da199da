"""The package of one's own data: JSON for machines, one HTML page that reads without the site, and one's files."""

import datetime as dt
import json
import tempfile
import zipfile
from collections.abc import Callable
from typing import IO, Any

from django.template.loader import render_to_string
from django.utils.translation import override

from lms.accounts.models import User
from lms.people import privacy, privacy_queries

_SECTIONS = 11
_CHUNK = 1024 * 1024


def write_package(person: User, *, at: dt.datetime, told: Callable[[int, int], object]) -> IO[bytes]:
    """A ZIP in a temporary file, which goes when it is closed. ``told`` hears how many of how many parts are done.

    A file that the storage has lost is named in the JSON and left out.
    """
    packed = tempfile.TemporaryFile()  # noqa: SIM115  the caller closes it
    held: list[privacy_queries.Section] = []
    with override("vi"), zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for section in privacy_queries.sections(person):
            held.append(section)
            told(len(held), _SECTIONS)
        files = [pair for section in held for pair in section.files]
        lost = []
        for done, (name, file) in enumerate(files, start=1):
            if not _put(archive, name, file):
                lost.append(name)
            told(_SECTIONS + done, _SECTIONS + len(files))
        content = {
            "person": person.full_name, "made_at": at.isoformat(),
            "sections": [{"key": one.key, "title": one.title, "rows": one.rows} for one in held], "lost_files": lost,
        }  # fmt: skip
        archive.writestr("du-lieu.json", json.dumps(content, ensure_ascii=False, indent=1))
        context: dict[str, Any] = {
            "person": person, "at": at, "sections": held, "basis": privacy.BASIS, "lost": lost,
            "files": [name for name, _ in files if name not in lost],
        }  # fmt: skip
        archive.writestr("du-lieu.html", render_to_string("people/privacy_package.html", context))
    packed.seek(0)
    return packed


def _put(archive: zipfile.ZipFile, name: str, file: Any) -> bool:
    try:
        with file.open("rb") as source, archive.open(name, "w") as target:
            while chunk := source.read(_CHUNK):
                target.write(chunk)
    except FileNotFoundError:
        return False
    return True
