"""The right answers of a running attempt, read from the site's own database, and how a person enters them."""

import json
import os
import re
import sqlite3
from fractions import Fraction
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from tests.plugins.site import LiveSite

_SQL = (
    "SELECT used.position, version.type, version.content FROM quizzes_attemptquestion used"
    " JOIN quizzes_questionversion version ON version.id = used.version_id"
    " WHERE used.attempt_id = ? ORDER BY used.position"
)


def questions_of(site: LiveSite, attempt: str) -> list[tuple[int, str, dict[str, Any]]]:
    """As ``questions``, whatever database the site works on."""
    address = site.environment.get("DATABASE_URL", "")
    if not address:
        return questions(site.var / "db.sqlite3", attempt)
    import psycopg

    with psycopg.connect(host=os.environ.get("PGHOST"), user="lms", dbname=address.rpartition("/")[2]) as connection:
        rows = connection.execute(_SQL.replace("?", "%s"), [attempt]).fetchall()
    return [(position, kind, content) for position, kind, content in rows]


def questions(database: Path, attempt: str) -> list[tuple[int, str, dict[str, Any]]]:
    """(position, type, content) of every question of the attempt, in order."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=20)
    try:
        rows = connection.execute(_SQL, [attempt.replace("-", "")]).fetchall()
    finally:
        connection.close()
    return [(position, kind, json.loads(content)) for position, kind, content in rows]


def enter(page: Page, kind: str, content: dict[str, Any], *, right: bool = True) -> None:
    """Choose the right answer (or a wrong one) of the question that is on the screen."""
    choose(page.locator("form#question"), kind, content, right=right)


def choose(form: Locator, kind: str, content: dict[str, Any], *, right: bool) -> None:
    """As ``enter``, inside ``form`` or a part of it."""
    if kind in {"single", "multiple"}:
        for option in content["options"]:
            if bool(option.get("correct")) == right:
                form.locator(f'input[value="{option["id"]}"]').check()
                if kind == "single":
                    break
    elif kind == "true_false":
        form.locator(f'input[value="{str(content["answer"] == right).lower()}"]').check()
    elif kind == "matching":
        ids = [left["right"] for left in content["lefts"]]
        chosen = ids if right else ids[1:] + ids[:1]
        for left, value in zip(content["lefts"], chosen, strict=True):
            form.locator(f'select[name$="-{left["id"]}"]').select_option(value)
    elif kind == "ordering":
        items = content["items"] if right else content["items"][::-1]
        for place, item in enumerate(items, start=1):
            form.locator(f'select[name$="-{item["id"]}"]').select_option(str(place))
    elif kind == "short_text":
        form.locator('input[type="text"]').fill(content["accepted"][0] if right else "không biết")
    elif kind == "statements":
        for row in content["rows"]:
            side = str(row["answer"] == right).lower()
            form.locator(f'input[name$="-{row["id"]}"][value="{side}"]').check()
    elif kind == "gap_select":
        rights = [gap["right"] for gap in content["gaps"]]
        chosen = rights if right else rights[1:] + rights[:1]
        for gap, word in zip(content["gaps"], chosen, strict=True):
            form.locator(f'select[name$="-{gap["id"]}"]').select_option(word)
    elif kind == "spot_violation":
        for piece in content["pieces"]:
            if piece["violates"] == right:
                form.locator(f'input[value="{piece["id"]}"]').check()
    elif kind == "numeric":
        form.locator('input[type="text"]').fill(_number(content["answers"]) if right else "987654")
    elif kind == "cloze":
        for gap in content["gaps"]:
            _fill_gap(form, gap, right=right)
    elif kind == "label_picture":
        places = [place for place in content["places"] if place["right"]]
        rights = [place["right"] for place in places]
        chosen = rights if right else rights[1:] + rights[:1]
        for place, label in zip(places, chosen, strict=True):
            form.locator(f'select[name$="-{label}"]').select_option(place["id"])
    elif kind == "hotspot":
        _point(form, next(zone for zone in content["zones"] if zone["right"] == right))
    elif kind == "case_set":
        for item in content["items"]:
            inner = form.locator(".case-item", has=form.page.locator(f'[name*="-{item["id"]}"]'))
            choose(inner, item["type"], item["content"], right=right)
    else:
        raise AssertionError(f"no way to answer {kind}")


def _number(answers: list[dict[str, Any]]) -> str:
    """One number that earns everything: of "5 ± 0,1" the middle, of "9..10" the first."""
    whole = next(row["text"] for row in answers if Fraction(str(row.get("fraction", 1))) == 1)
    return re.split(r"±|\.\.", whole)[0].strip()


def _fill_gap(form: Locator, gap: dict[str, Any], *, right: bool) -> None:
    field = form.locator(f'[name$="-{gap["id"]}"]')
    earning = [row for row in gap["answers"] if Fraction(str(row["fraction"])) == 1]
    others = [row for row in gap["answers"] if Fraction(str(row["fraction"])) == 0]
    if gap["kind"] == "choice":
        field.select_option((earning if right else others)[0]["id"])
    elif gap["kind"] == "several":
        for row in earning if right else others:
            form.locator(f'[name$="-{gap["id"]}"][value="{row["id"]}"]').check()
    else:
        field.fill(earning[0]["text"] if right else "không biết")


def _point(form: Locator, zone: dict[str, Any]) -> None:
    """At the middle of a rectangle, in ten-thousandths: by the cell of the grid, as without a pointer."""
    assert zone["shape"] == "rect", zone["shape"]
    left, top, width, height = zone["points"]
    if not form.locator("select[name$=-column]").is_visible():
        form.locator(".cells summary").click()
    for name, middle in (("column", left + width / 2), ("row", top + height / 2)):
        select = form.locator(f"select[name$=-{name}]")
        cells = select.locator("option").count() - 1
        select.select_option(index=1 + min(int(middle * cells / 10_000), cells - 1))
