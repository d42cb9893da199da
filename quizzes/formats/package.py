"""Questions and quizzes of a content package (courses/content/README.md): text → rows that know their line. No Django.

What a type makes of its own keys is judged later, by the type (quizzes.types), with the line kept here.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from courses.formats.errors import PackageError

LEVELS = ("nhan_biet", "thong_hieu", "van_dung")
SHARED_KEYS = frozenset({"code", "type", "level", "lesson", "stem", "reason"})
# Lists of texts that belong to no type: tags of the entry, hints of the interactive behaviour in their order, and the
# keys of what the question rests on (can-cu.toml).
LIST_KEYS = frozenset({"tags", "hints", "references"})
QUIZ_KEYS: dict[str, type] = {
    "title": str,
    "slug": str,
    "summary": str,
    "introduction": str,
    "draw": int,
    "pass_percent": int,
    "attempts": int,
    "wait_hours": int,
    "minutes": int,
    "shuffles": bool,
    "exempts": bool,
    "pool": list,
}
DRAW_KEYS: dict[str, type] = {"from": str, "count": int}
_REQUIRED = ("title", "slug")
_OPENING = re.compile(r"^\s*\[\[\s*question\s*\]\]")
_FROM_POOL = re.compile(r"^\s*\[\[\s*from_pool\s*\]\]")


@dataclass(frozen=True)
class QuestionSource:
    """``own``: the keys that belong to its type. ``line``: of its [[question]]."""

    file: Path
    line: int
    code: str
    type: str
    level: str
    lesson: str
    stem: str
    reason: str
    own: Mapping[str, Any]
    tags: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class DrawSource:
    """``count`` questions from the pool of the quiz whose folder is ``path`` inside the package."""

    path: str
    count: int
    line: int | None


@dataclass(frozen=True)
class QuizSource:
    """``limit_minutes``, ``max_attempts`` 0: no limit. ``draw`` from its own pool, ``draws`` from those of others."""

    file: Path
    title: str
    slug: str
    summary: str
    introduction: str
    draw: int
    pass_percent: int
    max_attempts: int
    wait_minutes: int
    limit_minutes: int
    shuffles: bool
    exempts: bool
    draws: tuple[DrawSource, ...]
    questions: tuple[QuestionSource, ...]


def read_quiz(folder: Path) -> QuizSource:
    """``folder``/quiz.toml and the question files of its pool; PackageError names file, line and reason."""
    file = folder / "quiz.toml"
    data, text = _load(file)
    draws = _draws(file, text, data.pop("from_pool", []))
    for key, value in data.items():
        kind = QUIZ_KEYS.get(key)
        if kind is None:
            raise PackageError(file, _line_of(text, key), f"unknown key “{key}”")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise PackageError(file, _line_of(text, key), f"“{key}” must be {_WORDS[kind]}")
        if isinstance(value, int) and value < 0:
            raise PackageError(file, _line_of(text, key), f"“{key}” must not be negative")
    for key in _REQUIRED:
        if not data.get(key):
            raise PackageError(file, None, f"“{key}” is missing")
    if bool(data.get("draw")) != bool(data.get("pool")):
        raise PackageError(file, None, "“draw” and “pool” belong together")
    if not draws and not data.get("pool"):
        raise PackageError(file, None, "“pool” is missing, and there is no [[from_pool]]")
    draw, questions = data.get("draw", 0), _pool(file, text, folder, data.get("pool", []))
    if draw > len(questions):
        reason = f"draws {draw} questions from a pool of {len(questions)}"
        raise PackageError(file, _line_of(text, "draw"), reason)
    if not 1 <= data.get("pass_percent", 70) <= 100:
        raise PackageError(file, _line_of(text, "pass_percent"), "“pass_percent” must be from 1 to 100")
    return QuizSource(
        file=file,
        title=data["title"],
        slug=data["slug"],
        summary=data.get("summary", ""),
        introduction=data.get("introduction", ""),
        draw=draw,
        pass_percent=data.get("pass_percent", 70),
        max_attempts=data.get("attempts", 3),
        wait_minutes=data.get("wait_hours", 0) * 60,
        limit_minutes=data.get("minutes", 20),
        shuffles=data.get("shuffles", True),
        exempts=data.get("exempts", False),
        draws=draws,
        questions=questions,
    )


def _draws(file: Path, text: str, rows: Any) -> tuple[DrawSource, ...]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PackageError(file, _line_of(text, "from_pool"), "draws from other pools are written as [[from_pool]]")
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if _FROM_POOL.match(line)]
    draws = []
    for line, row in zip(lines, rows, strict=False):
        if set(row) != set(DRAW_KEYS) or not all(isinstance(row[key], kind) for key, kind in DRAW_KEYS.items()):
            raise PackageError(file, line, "a draw has “from”, the folder of a quiz, and “count”, a whole number")
        if row["count"] < 1:
            raise PackageError(file, line, "“count” must be at least 1")
        draws.append(DrawSource(row["from"], row["count"], line))
    return tuple(draws)


_WORDS = {str: "a text", int: "a whole number", bool: "true or false", list: "a list"}


def _pool(file: Path, text: str, folder: Path, names: list[Any]) -> tuple[QuestionSource, ...]:
    questions: list[QuestionSource] = []
    seen: dict[str, QuestionSource] = {}
    for name in names:
        path = (folder / str(name)).resolve()
        if not path.is_relative_to(folder.parent.resolve()) or not path.is_file():
            raise PackageError(file, _line_of(text, str(name)), f"there is no question file “{name}” in this topic")
        for question in read_questions(path):
            if question.code in seen:
                first = seen[question.code]
                reason = f"code “{question.code}” is already used in {first.file.name}, line {first.line}"
                raise PackageError(question.file, question.line, reason)
            seen[question.code] = question
            questions.append(question)
    return tuple(questions)


def read_questions(file: Path) -> list[QuestionSource]:
    data, text = _load(file)
    unknown = [key for key in data if key != "question"]
    if unknown:
        raise PackageError(file, _line_of(text, unknown[0]), f"unknown key “{unknown[0]}” outside a [[question]]")
    rows = data.get("question", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PackageError(file, None, "questions are written as [[question]]")
    # tomllib tells no lines: the openings stand in the same order as the rows.
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if _OPENING.match(line)]
    return [_question(file, line, row) for line, row in zip(lines, rows, strict=False)]


def _question(file: Path, line: int, row: dict[str, Any]) -> QuestionSource:
    for key in SHARED_KEYS:
        if not isinstance(row.get(key, ""), str):
            raise PackageError(file, line, f"“{key}” must be a text")
    for key in LIST_KEYS:
        texts = row.get(key, [])
        if not isinstance(texts, list) or not all(isinstance(item, str) and item.strip() for item in texts):
            raise PackageError(file, line, f"“{key}” must be a list of texts")
    for key in ("code", "type", "level", "stem"):
        if not row.get(key, "").strip():
            raise PackageError(file, line, f"“{key}” is missing")
    if row["level"] not in LEVELS:
        raise PackageError(file, line, f"level “{row['level']}” is not one of {', '.join(LEVELS)}")
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,60}", row["code"]):
        raise PackageError(file, line, f"code “{row['code']}” must be of letters, digits, dots and dashes")
    return QuestionSource(
        file=file,
        line=line,
        code=row["code"],
        type=row["type"],
        level=row["level"],
        lesson=row.get("lesson", ""),
        stem=row["stem"],
        reason=row.get("reason", ""),
        own={key: value for key, value in row.items() if key not in SHARED_KEYS | LIST_KEYS},
        tags=tuple(row.get("tags", [])),
        hints=tuple(row.get("hints", [])),
        references=tuple(row.get("references", [])),
    )


def _load(file: Path) -> tuple[dict[str, Any], str]:
    try:
        text = file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise PackageError(file, None, "there is no such file") from None
    except UnicodeDecodeError as error:
        before = error.object[: error.start].count(b"\n")
        raise PackageError(file, before + 1, "is not UTF-8") from None
    text = unicodedata.normalize("NFC", text.removeprefix("\ufeff"))
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        reason = re.sub(r" \(at .*\)$", "", str(error))
        raise PackageError(file, int(found[1]) if found else None, f"is not TOML: {reason}") from None


def _line_of(text: str, word: str) -> int | None:
    """The first line that begins with ``word`` as a key, else the first that holds it."""
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if re.match(rf'\s*"?{re.escape(word)}"?\s*=', line):
            return number
    return next((number for number, line in enumerate(lines, start=1) if word in line), None)
