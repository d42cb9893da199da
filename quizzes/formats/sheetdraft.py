"""A question as people write it in Word and Excel: words, options, a key. Between docx, xlsx and the types. Pure.

A type brings ``sheets.py`` with ``NAME``, ``docx_read``/``xlsx_read(draft) -> Parsed | None`` (None: not mine;
RefusedError: mine, and wrong) and ``docx_write``/``xlsx_write(content) -> Draft | None`` (None: no words for it).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

from lms.core import text
from quizzes.formats import keepsake
from quizzes.formats.item import Item, Parsed, Problem, RefusedError, Trouble

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST_OPTIONS = 10

# How types are called in a file; the first word is written, all are read. Any other type goes by its own name.
KINDS: Mapping[str, tuple[str, ...]] = {
    "single": ("Một đáp án", "trắc nghiệm", "một lựa chọn", "chọn một", "chọn một đáp án", "1 đáp án"),
    "multiple": ("Nhiều đáp án", "nhiều lựa chọn", "chọn nhiều", "chọn nhiều đáp án"),
    "true_false": ("Đúng/Sai", "đúng sai", "đúng - sai", "đúng hoặc sai"),
    "statements": ("Bảng Đúng/Sai", "bảng đúng sai", "trắc nghiệm đúng sai", "mệnh đề đúng sai"),
    "matching": ("Ghép đôi", "nối cột", "ghép cột", "nối"),
    "ordering": ("Sắp xếp", "sắp xếp thứ tự", "thứ tự"),
    "short_text": ("Trả lời ngắn", "điền khuyết ngắn", "câu trả lời ngắn"),
    "numeric": ("Số", "điền số", "số học", "trả lời bằng số"),
    "gap_select": ("Chọn từ vào chỗ trống", "điền vào chỗ trống"),
    "cloze": ("Điền khuyết nhiều phần", "cloze"),
    "label_picture": ("Gắn nhãn trên ảnh",),
    "hotspot": ("Chỉ vùng trên ảnh",),
    "essay": ("Tự luận", "bài luận"),
    "upload": ("Nộp tệp",),
    "description": ("Hướng dẫn", "chỉ dẫn"),
    "case_set": ("Tình huống",),
    "spot_violation": ("Tìm chỗ vi phạm",),
    "survey": ("Khảo sát", "thăm dò"),
}
LEVELS: Mapping[str, tuple[str, ...]] = {
    "nhan_biet": ("Nhận biết", "nb", "biết", "dễ"),
    "thong_hieu": ("Thông hiểu", "th", "hiểu", "trung bình", "tb"),
    "van_dung": ("Vận dụng", "vd", "vận dụng thấp", "vận dụng cao", "vdc", "khó"),
}


def _by_word(table: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    found = {text.fold(name.replace("_", " ")): name for name in table}
    for name, words in table.items():
        for word in words:
            found.setdefault(text.fold(word), name)
    return found


_KIND_OF, _LEVEL_OF = _by_word(KINDS), _by_word(LEVELS)


def kind_of(word: str) -> str:
    """The name of a type that a file calls so; "" for no word, the word itself where it may be a name."""
    folded = text.fold(word).strip(" .:")
    name = _KIND_OF.get(folded, "")
    return name or (folded.replace(" ", "_") if keepsake.is_name(folded.replace(" ", "_")) else "")


def level_of(word: str) -> str:
    return _LEVEL_OF.get(text.fold(word).strip(" .:()[]"), "")


def word_of(table: Mapping[str, tuple[str, ...]], name: str) -> str:
    return table[name][0] if name in table else name


@dataclass(frozen=True)
class Draft:
    """``kind``: name of a type, "" where the file does not say. ``key``: the key in words, as it stands. ``marked``:
    places (from 0) of the options that are underlined, starred and so on. ``truths``: what stands at the end of each
    option, for a table of statements; empty where not every option has it."""

    kind: str = ""
    options: tuple[str, ...] = ()
    key: str = ""
    marked: tuple[int, ...] = ()
    truths: tuple[bool, ...] = ()


@dataclass
class Fields:
    """All that stands around a draft. ``data``: what the column or the hidden line for machines holds."""

    line: int = 0
    stem: str = ""
    code: str = ""
    reason: str = ""
    hints: list[str] = field(default_factory=list)
    category: tuple[str, ...] = ()
    level: str = ""
    objective: str = ""
    tags: tuple[str, ...] = ()
    source: str = ""
    data: str = ""
    pictures: dict[str, bytes] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)

    def note(self, trouble: Trouble, /, **values: Any) -> None:
        self.notes.append(Problem(self.line, trouble, values))


def item_of(
    fields: Fields,
    draft: Draft,
    hooks: Sequence[ModuleType],
    reader: str,
    *,
    problem: Problem | None = None,
    is_bare: bool = False,
) -> Item | Problem:
    """The question. ``reader``: name of the function of the hooks, "docx_read" or "xlsx_read". ``problem``: known
    already. ``is_bare``: what the words alone give, whatever is wrong with them (see ``parcel``).
    """
    item = Item(
        type=draft.kind,
        stem=fields.stem.strip(),
        content={},
        line=fields.line,
        code=fields.code,
        reason=fields.reason.strip(),
        hints=tuple(fields.hints),
        category=fields.category,
        level=fields.level,
        objective=fields.objective,
        tags=fields.tags,
        pictures=fields.pictures,
        source=fields.source,
    )
    if problem is None:
        try:
            item = _typed(item, draft, hooks, reader, fields)
        except RefusedError as error:
            problem = Problem(fields.line, error.code, error.values, fields.source)
    if is_bare:
        return item
    item = replace(item, notes=tuple(fields.notes))
    if fields.data:
        item = keepsake.restore(item, fields.data)
        if item.stem and (item.content or item.type == "description"):
            return item
    if problem:
        return problem
    if not item.stem:
        return Problem(fields.line, Trouble.NO_STEM, {}, fields.source)
    if not item.type:
        return Problem(fields.line, Trouble.NO_KEY, {}, fields.source)
    return item


def _typed(item: Item, draft: Draft, hooks: Sequence[ModuleType], reader: str, fields: Fields) -> Item:
    mine = [hook for hook in hooks if draft.kind == hook.NAME] if draft.kind else list(hooks)
    for hook in mine:
        found: Parsed | None = getattr(hook, reader)(draft) if hasattr(hook, reader) else None
        if found is not None:
            for trouble, values in found.notes:
                fields.note(trouble, **values)
            reason = "\n\n".join(part for part in (item.reason, found.reason) if part)
            stem = item.stem if found.stem is None else found.stem
            return replace(item, type=hook.NAME, content=found.content, reason=reason, stem=stem)
    return item


def parcel(wanted: Item, bare: Item | None) -> str:
    """What has to be kept beside the words, so that reading them again gives ``wanted``; "" for nothing.

    ``bare``: what the words alone give; None where the words cannot be found again.
    """
    return keepsake.parcel(wanted, bare)


# --- Keys ---------------------------------------------------------------------------------------------

_TRUE = {"d", "dung", "t", "true", "yes", "co", "x"}
_FALSE = {"s", "sai", "f", "false", "no", "khong"}


def truth(word: str) -> bool | None:
    """Đúng or Sai in any of their spellings; None for another word."""
    folded = text.fold(word).strip(" .;:()[]")
    return True if folded in _TRUE else False if folded in _FALSE else None


def letters(key: str) -> list[int] | None:
    """ "B, C" or "BC" or "2" → places from 0, None for what is no list of letters or numbers."""
    bare = text.clean(key).strip(" .;()[]")
    found = re.findall(r"[A-Za-z]|\d{1,2}", bare)
    rest = re.sub(r"[A-Za-z]|\d{1,2}|[\s,;/&.+]|và", "", bare.replace("và", " "))
    if not found or rest:
        return None
    if any(len(word) > 1 and word.isalpha() for word in re.findall(r"[^\W\d_]+", bare)) and not bare.isupper():
        return None
    return [int(part) - 1 if part.isdigit() else LETTERS.index(part.upper()) for part in found]


def right_places(draft: Draft) -> list[int]:
    """Places of the right options, by the key in words, else by the marks. RefusedError where they say nothing, name
    an option that is not there, or contradict each other."""
    told: list[int] | None = None
    if draft.key:
        told = letters(draft.key)
        if told is None:
            # The text of an option may be the key.
            wanted = {text.clean(part).casefold() for part in (draft.key, *re.split(r"\s*[|;]\s*", draft.key))}
            told = [place for place, option in enumerate(draft.options) if text.clean(option).casefold() in wanted]
        if not told:
            raise RefusedError(Trouble.ANSWER_OF_NO_OPTION, key=draft.key[:40])
        if max(told) >= len(draft.options) or min(told) < 0:
            wrong = next(place for place in told if not 0 <= place < len(draft.options))
            raise RefusedError(Trouble.ANSWER_OF_NO_OPTION, key=LETTERS[wrong] if 0 <= wrong < 26 else draft.key[:40])
        if draft.marked and set(draft.marked) != set(told):
            raise RefusedError(Trouble.TWO_KEYS, first=_named(told), second=_named(draft.marked))
    found = sorted(set(told if told is not None else draft.marked))
    if not found:
        raise RefusedError(Trouble.NO_KEY)
    return found


def _named(places: Sequence[int]) -> str:
    return ", ".join(LETTERS[place] for place in sorted(set(places)))


def written_letters(places: Sequence[int]) -> str:
    return ", ".join(LETTERS[place] for place in places)


def alternatives(key: str) -> list[str]:
    """ "a | b" → both; a bar that belongs to the text is written twice."""
    parts = re.split(r"(?<!\|)\|(?!\|)", key)
    return [part.replace("||", "|").strip() for part in parts if part.strip()]


def written_alternatives(words: Sequence[str]) -> str:
    return " | ".join(word.replace("|", "||") for word in words)


def pair(option: str) -> tuple[str, str] | None:
    """ "Trang → Của tổ chức" → both sides; the left is empty for an answer that fits nowhere."""
    found = re.match(r"\s*(.*?)\s*(?:→|=>|->|⇒|⟶)\s*(.+)$", option, re.DOTALL)
    return (found[1], found[2].strip()) if found else None
