"""A page whose parts ask the server again by htmx loads htmx: without it the part stands still for ever, silently."""

import re
from pathlib import Path

from django.template.loader import get_template
from django.template.utils import get_app_template_dirs

ASKS = re.compile(r'\shx-trigger="every ')
INCLUDES = re.compile(r'{%\s*include\s+"([^"]+)"')
LOADS = "django_htmx/htmx-2.min.js"


def our_templates() -> dict[str, str]:
    """Name of a template, as include says it → its text."""
    root = Path(__file__).resolve().parent.parent.parent
    folders = [Path(folder) for folder in get_app_template_dirs("templates")] + [root / "lms" / "templates"]
    ours = [folder for folder in folders if folder.is_relative_to(root) and ".venv" not in folder.parts]
    return {
        str(path.relative_to(folder)): path.read_text() for folder in ours for path in sorted(folder.rglob("*.html"))
    }


def parts_of(name: str, templates: dict[str, str]) -> set[str]:
    """The template and all that it includes, at any depth."""
    found, ahead = set(), [name]
    while ahead:
        one = ahead.pop()
        if one in templates and one not in found:
            found.add(one)
            ahead += INCLUDES.findall(templates[one])
    return found


def test_every_page_with_a_part_that_asks_again_loads_htmx() -> None:
    templates = our_templates()
    pages = [name for name, text in templates.items() if "{% extends" in text]
    asking = {name for name in pages if any(ASKS.search(templates[part]) for part in parts_of(name, templates))}
    assert {"people/roster.html", "people/privacy.html", "quizzes/regrades/one.html"} <= asking
    assert [name for name in sorted(asking) if LOADS not in templates[name]] == []
    assert all(get_template(name) for name in asking)
