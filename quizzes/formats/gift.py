"""GIFT, the text format of Moodle, both ways. No Django.

A question is a block of lines between empty lines::

    // [id:MT-07] [level:nhan_biet] [objective:1.2] [status:ready] [tag:trang]
    ::MT-07::[markdown]Ai duyệt bài trước khi đăng?{
        =Người được phân công#Đúng quy chế.
        ~%50%Tổ trưởng
        ~Bất kỳ ai
        ####Xem điều 5.
    }

Beyond Moodle's own comments ``[id:]`` and ``[tag:]`` ours hold level, objective, status and hints, and ``[lms:…]`` what
GIFT has no room for (quizzes.formats.keepsake). A hook is asked ``gift_read(block) -> Parsed | None`` and
``gift_write(content) -> Block | None``; escaping is done here alone.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import ModuleType
from typing import Any

from quizzes.formats import keepsake, rich
from quizzes.formats.decoding import decode, tidy
from quizzes.formats.item import (
    Item,
    Parsed,
    Problem,
    Reading,
    RefusedError,
    Trouble,
    UnreadableError,
    Written,
    named_pictures,
)
from quizzes.formats.weights import percent, snapped

NAME = "gift"
SUFFIXES = (".gift", ".txt")
MEDIA_TYPE = "text/plain"

CHOICE = "choice"
TRUE_FALSE = "true_false"
SHORT = "short"
NUMERIC = "numeric"
MATCHING = "matching"
ESSAY = "essay"
DESCRIPTION = "description"
GAP = "_____"

# An escaped sign stands as a character that no text holds (decoding takes them out) while the block is taken apart.
_SIGNS = "\\~=#{}:n"
_MARKS = {sign: chr(0xFDD0 + index) for index, sign in enumerate(_SIGNS)}
_ESCAPED = re.compile(r"\\([\\~=#{}:n])")
_BACK = str.maketrans({mark: "\n" if sign == "n" else sign for sign, mark in _MARKS.items()})
_TO_ESCAPE = re.compile(r"[\\~=#{}:]")
_FORMAT = re.compile(r"\[(html|moodle|plain|markdown)\]\s*")
_WEIGHT = re.compile(r"%(-?\d{1,3}(?:[.,]\d+)?)%")
_TOKEN = re.compile(r"\[(id|tag|level|objective|status|hint):((?:\\.|[^\]\\\x00-\x1f])+)\]")
_KEEPSAKE = re.compile(r"//\s*\[lms:(.*)\]\s*$")
_CATEGORY = re.compile(r"\s*\$CATEGORY:(.*)")
_MARKUP_IN_OPTION = re.compile(r"[*_`\[\]<>&]|^\s*(?:[#+-]|\d+[.)])")


@dataclass(frozen=True)
class Answer:
    """``fraction``: 1 for "=", the weight between "%" as a share, else 0. ``right``: the other side of a pair.

    In a true/false block the two answers are "T" and "F". In a numeric block ``text`` is as written: "1822:5", "1..5".
    """

    text: str
    fraction: Fraction = Fraction(0)
    feedback: str = ""
    right: str = ""


@dataclass(frozen=True)
class Block:
    """The part between braces. ``is_single``: a choice with a "=". ``stem``: with GAP where the braces stood inside."""

    kind: str
    answers: tuple[Answer, ...] = ()
    is_single: bool = True
    stem: str = ""


@dataclass(frozen=True)
class _Chunk:
    line: int
    lines: tuple[str, ...]


def read(data: bytes, hooks: Sequence[ModuleType]) -> Reading:
    text, encoding = decode(data)
    items: list[Item] = []
    problems: list[Problem] = []
    category: tuple[str, ...] = ()
    for chunk in _chunks(text):
        own = []
        for line in chunk.lines:
            found = _CATEGORY.match(line)
            if found:
                category = category_path(found[1])
            else:
                own.append(line)
        rest = _Chunk(chunk.line, tuple(own))
        try:
            item = _question(rest, category, hooks)
        except RefusedError as error:
            problems.append(Problem(_line(rest), error.code, error.values, "\n".join(rest.lines).strip()))
        else:
            if item:
                items.append(item)
    if not items and not problems:
        raise UnreadableError(Problem(0, Trouble.NOTHING_FOUND))
    return Reading(tuple(items), tuple(problems), encoding)


def write(items: Iterable[Item], hooks: Sequence[ModuleType]) -> Written:
    """What each question loses in GIFT goes into its ``[lms:…]`` comment; what GIFT cannot ask at all is left out."""
    by_name = {hook.NAME: hook for hook in hooks if hasattr(hook, "gift_write")}
    pieces: list[str] = []
    left_out: list[tuple[str, Trouble]] = []
    category: tuple[str, ...] = ()
    for item in items:
        hook = by_name.get(item.type)
        block = hook.gift_write(item.content) if hook else None
        if block is None:
            left_out.append((item.code, Trouble.TYPE_NOT_CARRIED))
            continue
        if named_pictures(item):
            left_out.append((item.code, Trouble.PICTURES_NOT_CARRIED))
            continue
        shelf = tidy(category_text(item.category))
        comments = [tidy(line) for line in _comments(item)]
        body = [tidy(line) for line in _body(item, block)]
        try:
            back = _question(_Chunk(1, (*comments, *body)), category_path(shelf), hooks)
        except RefusedError:
            back = None
        if back is None:
            left_out.append((item.code, Trouble.BAD_CONTENT))
            continue
        kept = keepsake.parcel(item, back)
        if item.category != category:
            category = item.category
            pieces.append(f"$CATEGORY: {shelf}\n\n")
        lines = [*comments, *([f"// [lms:{kept}]"] if kept else []), *body]
        pieces.append("\n".join(lines) + "\n\n")
    return Written("".join(pieces).encode("utf-8", "replace"), tuple(left_out))


# --- Reading ---


def category_path(text: str) -> tuple[str, ...]:
    """``$course$/top/A/B`` → (A, B); "//" is a stroke inside a name."""
    parts = [part.replace("\0", "/").strip() for part in text.strip().replace("//", "\0").split("/")]
    if parts and re.fullmatch(r"\$\w+\$", parts[0]):
        parts = parts[1:]
        if parts and parts[0] == "top":
            parts = parts[1:]
    return tuple(" ".join(part.split()) for part in parts if part)


def category_text(path: Iterable[str]) -> str:
    return "/".join(["$course$", "top", *(" ".join(part.split()).replace("/", "//") for part in path)])


def _chunks(text: str) -> Iterator[_Chunk]:
    """Blocks of lines; an empty line inside braces does not end one if an answer follows."""
    lines = text.split("\n")
    start, own = 0, []  # type: int, list[str]
    for index, line in enumerate(lines):
        is_empty = not line.strip()
        if is_empty and own and not _goes_on(own, lines, index):
            yield _Chunk(start + 1, tuple(own))
            own = []
        elif line.lstrip().startswith("::") and _is_whole(own):
            yield _Chunk(start + 1, tuple(own))
            start, own = index, [line]
        elif not is_empty:
            if not own:
                start = index
            own.append(line)
        elif own:
            own.append("")
    if own:
        yield _Chunk(start + 1, tuple(own))


def _braces(own: list[str]) -> tuple[int, int]:
    text = _ESCAPED.sub("", "\n".join(line for line in own if not line.lstrip().startswith("//")))
    return text.count("{"), text.count("}")


def _is_whole(own: list[str]) -> bool:
    opened, closed = _braces(own)
    return opened > 0 and opened == closed


def _goes_on(own: list[str], lines: list[str], index: int) -> bool:
    opened, closed = _braces(own)
    if opened <= closed:
        return False
    following = next((line.lstrip() for line in lines[index + 1 :] if line.strip()), "")
    return following.startswith(("=", "~", "}", "#"))


def _line(chunk: _Chunk) -> int:
    for offset, line in enumerate(chunk.lines):
        if line.strip() and not line.lstrip().startswith("//"):
            return chunk.line + offset
    return chunk.line


def _question(chunk: _Chunk, category: tuple[str, ...], hooks: Sequence[ModuleType]) -> Item | None:
    """None where there are only comments; RefusedError for what is no question."""
    comments = [line.strip() for line in chunk.lines if line.lstrip().startswith("//")]
    source = "\n".join(line for line in chunk.lines if not line.lstrip().startswith("//")).strip()
    if not source:
        return None
    text = _ESCAPED.sub(lambda found: _MARKS[found[1]], source)
    if text.startswith("::"):
        _title, closed, after = text[2:].partition("::")
        if closed:
            text = after.strip()
    block, reason, lost = _block(text)
    line = _line(chunk)
    notes = [Problem(line, Trouble.MARKUP_DROPPED, {"names": ", ".join(lost)})] if lost else []
    if not block.stem.strip():
        raise RefusedError(Trouble.NO_STEM)
    name, parsed = _ask(hooks, block)
    notes += [Problem(line, code, values) for code, values in parsed.notes]
    told = comment_fields(comments)
    item = Item(
        type=name,
        stem=parsed.stem if parsed.stem is not None else block.stem,
        content=parsed.content,
        line=line,
        reason=reason or parsed.reason,
        category=category,
        source="\n".join(chunk.lines).strip("\n"),
        notes=tuple(notes),
        **told,
    )
    for comment in comments:
        kept = _KEEPSAKE.match(comment)
        if kept:
            item = keepsake.restore(item, kept[1])
    return item


def _ask(hooks: Sequence[ModuleType], block: Block) -> tuple[str, Parsed]:
    for hook in hooks:
        parsed = hook.gift_read(block) if hasattr(hook, "gift_read") else None
        if parsed is not None:
            return hook.NAME, parsed
    raise RefusedError(Trouble.UNKNOWN_TYPE, name=block.kind)


def comment_fields(comments: Iterable[str]) -> dict[str, Any]:
    """Code, level, objective, status, tags and hints that the comments before a question tell."""
    found: dict[str, list[str]] = {}
    for comment in comments:
        if _KEEPSAKE.match(comment):
            continue
        for name, value in _TOKEN.findall(comment):
            if name == "hint":
                value = re.sub(r"\\(.)", lambda part: "\n" if part[1] == "n" else part[1], value)
            else:
                value = value.replace("\\]", "]")
            if value.strip():
                found.setdefault(name, []).append(value.strip())
    first = {name: values[0] for name, values in found.items()}
    return {
        "code": first.get("id", ""),
        "level": first.get("level", ""),
        "objective": first.get("objective", ""),
        "status": first.get("status", ""),
        "tags": tuple(found.get("tag", ())),
        "hints": tuple(found.get("hint", ())),
    }


def _block(text: str) -> tuple[Block, str, tuple[str, ...]]:
    """(block, general feedback, names of what was lost)."""
    opening, closing = text.find("{"), text.find("}")
    if opening < 0 and closing < 0:
        markup, bare = _markup(text, "moodle")
        stem, lost = _rich(bare, markup)
        return Block(DESCRIPTION, stem=stem), "", lost
    if opening < 0 or closing < opening or "{" in text[opening + 1 : closing]:
        raise RefusedError(Trouble.BRACES)
    before, inside, after = text[:opening], text[opening + 1 : closing].strip(), text[closing + 1 :]
    if "{" in after or "}" in after:
        raise RefusedError(Trouble.BRACES)
    question = before + GAP + after if after.strip() else before
    markup, bare = _markup(question, "moodle")
    stem, lost = _rich(bare, markup)
    general = inside.rfind("####")
    reason = ""
    if general >= 0:
        reason, more = _rich(*reversed(_markup(inside[general + 4 :].strip(), markup)))
        inside, lost = inside[:general].strip(), tuple(sorted({*lost, *more}))
    block = _answers(inside, markup)
    return replace(block, stem=stem), reason, lost


def _markup(text: str, default: str) -> tuple[str, str]:
    text = text.strip()
    found = _FORMAT.match(text)
    return (found[1], text[found.end() :]) if found else (default, text)


def _rich(text: str, markup: str) -> tuple[str, tuple[str, ...]]:
    text = text.translate(_BACK).strip()
    if markup == "markdown":
        return text, ()
    if markup == "html" or (markup == "moodle" and rich.is_html(text)):
        return rich.to_markdown(text if markup == "html" else text.replace("\n", "<br>"))
    return rich.from_plain(text), ()


def _plain(text: str, default: str) -> str:
    markup, text = _markup(text, default)
    text = text.translate(_BACK).strip()
    if markup == "html" or (markup == "moodle" and rich.is_html(text)):
        return rich.plain_of_html(text)
    return text


def _feedback(text: str, default: str) -> str:
    return _rich(*reversed(_markup(text, default)))[0]


def _answers(inside: str, markup: str) -> Block:
    if not inside:
        return Block(ESSAY)
    if inside.startswith("#"):
        return _numeric(inside[1:], markup)
    if "~" in inside:
        rows = [row.strip() for row in inside.replace("=", "~=").split("~")]
        answers = tuple(_answer(row, markup, is_choice=True) for row in rows if row and row != "=")
        if not answers:
            raise RefusedError(Trouble.NO_ANSWERS)
        return Block(CHOICE, answers, is_single="=" in inside)
    rows = [row.strip() for row in inside.split("=") if row.strip()]
    # Who gives an arrow a weight means a short answer.
    if "=" in inside and "->" in inside and not all(_WEIGHT.match(row) for row in rows):
        return Block(MATCHING, tuple(_pair(row, markup) for row in rows))
    word, *feedback = inside.split("#", 2)
    if word.strip().upper() in ("T", "TRUE", "F", "FALSE"):
        wrong, right = [_feedback(part.strip(), markup) for part in [*feedback, "", ""][:2]]
        is_true = word.strip().upper().startswith("T")
        of_true, of_false = (right, wrong) if is_true else (wrong, right)
        return Block(
            TRUE_FALSE,
            (Answer("T", Fraction(is_true), of_true), Answer("F", Fraction(not is_true), of_false)),
        )
    answers = tuple(_answer(row, markup, is_choice=False) for row in rows)
    if not answers:
        raise RefusedError(Trouble.NO_ANSWERS)
    return Block(SHORT, answers)


def _answer(row: str, markup: str, *, is_choice: bool) -> Answer:
    fraction = Fraction(0 if is_choice else 1)
    weight = _WEIGHT.match(row)
    if is_choice and row.startswith("="):
        fraction, row = Fraction(1), row[1:]
    elif weight:
        fraction, row = snapped(Fraction(weight[1].replace(",", ".")) / 100), row[weight.end() :]
    text, _, feedback = row.partition("#")
    return Answer(_plain(text, markup), fraction, _feedback(feedback.strip(), markup))


def _pair(row: str, markup: str) -> Answer:
    left, arrow, right = row.partition("->")
    if not arrow:
        raise RefusedError(Trouble.NO_ARROW, text=row.translate(_BACK).strip())
    return Answer(_plain(left, markup), Fraction(1), right=_plain(right, markup))


def _numeric(inside: str, markup: str) -> Block:
    inside, _, wrong = inside.partition("~")
    answers = [_answer(row.strip(), markup, is_choice=False) for row in inside.split("=") if row.strip()]
    if not answers:
        raise RefusedError(Trouble.NO_ANSWERS)
    if wrong.strip():
        answers.append(Answer("*", Fraction(0), _feedback(wrong.partition("#")[2].strip(), markup)))
    return Block(NUMERIC, tuple(answers))


# --- Writing ---


def _escaped(text: str) -> str:
    return _TO_ESCAPE.sub(lambda found: "\\" + found[0], text.strip()).replace("\r", "").replace("\n", "\\n")


def _comments(item: Item) -> list[str]:
    tokens = [f"[id:{_bracketed(item.code)}]"] if item.code else []
    for name in ("level", "objective", "status"):
        if getattr(item, name):
            tokens.append(f"[{name}:{_bracketed(getattr(item, name))}]")
    tokens += [f"[tag:{_bracketed(tag)}]" for tag in item.tags]
    hints = [re.sub(r"([\\\]])", r"\\\1", hint).replace("\r", "").replace("\n", "\\n") for hint in item.hints]
    return [*(["// " + " ".join(tokens)] if tokens else []), *(f"// [hint:{_one_line(hint)}]" for hint in hints)]


def _bracketed(text: str) -> str:
    return _one_line(text).replace("]", "\\]")


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f]+", " ", text)


def _body(item: Item, block: Block) -> list[str]:
    title = f"::{_escaped(_one_line(item.code))}::" if item.code else ""
    stem = f"{title}[markdown]{_escaped(block.stem or item.stem)}"
    if block.kind == DESCRIPTION:
        return [stem]
    rows = [f"\t{row}" for row in _rows(block)]
    if item.reason:
        rows.append(f"\t####{_escaped(item.reason)}")
    return [f"{stem}{{", *rows, "}"] if rows else [f"{stem}{{}}"]


def _rows(block: Block) -> Iterator[str]:
    if block.kind == TRUE_FALSE:
        right, wrong = sorted(block.answers, key=lambda answer: -answer.fraction)
        feedback = f"#{_escaped(wrong.feedback)}#{_escaped(right.feedback)}"
        yield ("TRUE" if right.text == "T" else "FALSE") + (feedback if wrong.feedback or right.feedback else "")
    elif block.kind == CHOICE:
        for answer in block.answers:
            text = _option(answer.text)
            feedback = f"#{_escaped(answer.feedback)}" if answer.feedback else ""
            if block.is_single and answer.fraction == 1:
                yield f"={text}{feedback}"
            elif answer.fraction or _WEIGHT.match(text) or not block.is_single:
                yield f"~%{percent(answer.fraction)}%{text}{feedback}"
            else:
                yield f"~{text}{feedback}"
    elif block.kind == MATCHING:
        for answer in block.answers:
            yield f"={_escaped(answer.text)} -> {_escaped(answer.right)}"
    elif block.kind in (SHORT, NUMERIC):
        has_arrow = any("->" in answer.text for answer in block.answers)
        for number, answer in enumerate(block.answers):
            lead = "#" if block.kind == NUMERIC and number == 0 else ""
            text = _escaped(answer.text) if block.kind == SHORT else answer.text
            weight = (
                ""
                if answer.fraction == 1 and not has_arrow and not _WEIGHT.match(text)
                else f"%{percent(answer.fraction)}%"
            )
            yield f"{lead}={weight}{text}" + (f"#{_escaped(answer.feedback)}" if answer.feedback else "")


def _option(text: str) -> str:
    """An option is no Markdown here: where it could be taken for some, it says so."""
    return ("[plain]" if _MARKUP_IN_OPTION.search(text) else "") + _escaped(text)
