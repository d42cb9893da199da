"""Every text of ours is in the Vietnamese catalogue, and no template hands its line breaks to the translator."""

import os
import re
import subprocess
import sys
from pathlib import Path

import polib
import pytest

from tests.plugins.prepared import OURS, ROOT

CATALOGUE = ROOT / "lms" / "locale" / "ours" / "vi" / "LC_MESSAGES" / "django.po"
Key = tuple[str | None, str, str]
COLLECT = """
import sys
import django
from django.conf import settings
django.setup()
settings.LOCALE_PATHS = [sys.argv[1]]
from django.core.management import call_command
call_command("makemessages", locale=["vi"], no_wrap=True, no_location=True, verbosity=0,
             ignore_patterns=["lms/locale", ".venv", "var*", "tests"])
"""


def key(entry: polib.POEntry) -> Key:
    return entry.msgctxt, entry.msgid, entry.msgid_plural


@pytest.fixture(scope="module")
def in_the_code(tmp_path_factory: pytest.TempPathFactory) -> set[Key]:
    """What makemessages finds, collected into a folder of its own: the catalogue in the tree stays untouched."""
    folder = tmp_path_factory.mktemp("locale")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "lms.settings.test"}
    subprocess.run([sys.executable, "-c", COLLECT, str(folder)], cwd=ROOT, env=environment, check=True)
    return {key(entry) for entry in polib.pofile(str(folder / "vi" / "LC_MESSAGES" / "django.po"))}


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


def test_every_text_of_ours_is_translated(in_the_code: set[Key], catalogue: polib.POFile) -> None:
    translated = {key(entry) for entry in catalogue if entry.translated() and not entry.obsolete}
    assert len(in_the_code) > 100, "makemessages found next to nothing: it looked in the wrong place"
    assert sorted(msgid for _, msgid, _ in in_the_code - translated) == []


def test_no_translation_is_only_a_guess(catalogue: polib.POFile) -> None:
    assert [entry.msgid for entry in catalogue if entry.fuzzy] == []


def test_translations_keep_the_names_of_their_variables(catalogue: polib.POFile) -> None:
    """msgfmt checks this only for entries flagged as formats."""
    names = re.compile(r"%\((\w+)\)")
    wrong = [
        entry.msgid
        for entry in catalogue
        if not entry.obsolete
        for text in (list(entry.msgstr_plural.values()) or [entry.msgstr])
        if not set(names.findall(text)) <= set(names.findall(entry.msgid + entry.msgid_plural))
    ]
    assert wrong == []


def templates() -> list[Path]:
    return [path for top in OURS for path in sorted((ROOT / top).glob("**/templates/**/*.*"))]


def test_block_translations_are_trimmed() -> None:
    tag = re.compile(r"{%\s*blocktrans(?:late)?\b(?P<options>[^%]*)%}")
    found = [(path, match) for path in templates() for match in tag.finditer(path.read_text())]
    assert found, "no template has one: this looked in the wrong place"
    wrong = [str(path.relative_to(ROOT)) for path, match in found if "trimmed" not in match["options"].split()]
    assert wrong == []
