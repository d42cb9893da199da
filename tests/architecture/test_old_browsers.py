"""Officers hold old Android phones: nothing of ours needs more than Chrome 80 (February 2020)."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "lms" / "static" / "lms"
# What came later. A gap between flexible boxes (84) and :focus-visible (86) are lost without harm.
LATER_IN_CSS = re.compile(
    r":has\(|:is\(|:where\(|aspect-ratio|\binset:|@container|@layer|color-mix\(|\bdvh\b|\bsvh\b|content-visibility"
    r"|text-wrap|@property|subgrid|&[:. ]"
)
LATER_IN_JS = re.compile(
    r"\.replaceAll\(|\.at\(|structuredClone|\?\?=|\|\|=|&&=|Object\.hasOwn|Promise\.any|\bthis\.#|randomUUID|\.toSorted\(|"
    r"\.findLast\(|static \{"
)


def _without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/|^\s*//.*?$", "", text, flags=re.DOTALL | re.MULTILINE)


# The CMS is Wagtail's own, which asks for a newer browser than ours.
SHEETS = [path for path in sorted(STATIC.glob("css/*.css")) if path.name != "cms.css"]
SCRIPTS = [path for path in sorted(STATIC.glob("js/*.js")) if path.name != "word-paste.js"]


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_style_sheet_needs_nothing_later(path: Path) -> None:
    assert LATER_IN_CSS.findall(_without_comments(path.read_text())) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_needs_nothing_later(path: Path) -> None:
    assert LATER_IN_JS.findall(_without_comments(path.read_text())) == []


def test_there_are_sheets_and_scripts_to_look_at() -> None:
    assert len(SHEETS) > 8
    assert len(SCRIPTS) > 3
