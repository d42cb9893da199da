"""Questions for hypothesis: valid contents of every type, full of what breaks formats. Shared with the import's tests.

``CONTENTS[type]`` makes contents, ``items(type)`` whole items. A type without a strategy of its own is drawn from its
sample (tests.factories.questions) with its texts replaced.
"""

import hashlib
import io
import unicodedata
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from PIL import Image

from quizzes import types
from quizzes.formats.item import Item
from quizzes.types.base import new_id, plain
from quizzes.types.cloze import read as read_cloze
from tests.factories.questions import CONTENT

_HOSTILE = [
    "~", "=", "{", "}", "#", ":", "\\", "::", "->", "####", "%50%", "//", "$CATEGORY:", "]]>", "<script>",
    "<b>", "&amp;", "&", '"', "'", "`", "*", "**đậm**", "_", "[html]", "[tag:x]", "](", "\\n", "{1:MC:=a~b}", "[[1]]",
    "@@PLUGINFILE@@/a.png", "1. ", "- ", "> ", "|", "\t", "\u2028", "\u00a0", "\u200b", "😀", "é", "e\u0301", "ơ\u0323",
    "ANSWER: A", "A.", "%", "T", "TRUE", "1822:5", "*", "\ufdd0",
]  # fmt: skip
_WORDS = ["Trang cộng đồng", "Mặt trận xã", "quyền", "Tổ quản trị", "đăng bài", "Ủy ban", "nghị định 147", "3 ngày"]

_pieces = st.sampled_from(_HOSTILE) | st.sampled_from(_WORDS) | st.text(max_size=3)
line_text = (
    st.lists(_pieces, min_size=1, max_size=6).map(lambda parts: plain(" ".join("".join(parts).split()))).filter(bool)
)
# What an author typed: cleaned as the bank does, over several lines.
long_text = st.lists(line_text, min_size=1, max_size=3).map(lambda rows: plain("\n".join(rows)))
paragraphs = st.lists(line_text, min_size=1, max_size=3).map(lambda rows: plain("\n\n".join(rows)))
stems = (long_text | paragraphs).filter(lambda text: any(char.isalnum() for char in text))
maybe_text = st.just("") | long_text
# Texts of parts are not always in NFC: a content package or an import may have written them.
part_text = line_text | line_text.map(lambda text: unicodedata.normalize("NFD", text))
ids = st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True)
shares = st.sampled_from(["0.5", "0.25", "0.3333333", "-0.5", "0", "1", "0.9"])


def texts(least: int, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(part_text, min_size=least, max_size=most, unique=True)


@st.composite
def named(draw: st.DrawFn, least: int, most: int) -> list[dict[str, Any]]:
    """``[{"id", "text"}]``: ids as the bank makes them, or any others."""
    found = draw(texts(least, most))
    own = draw(st.lists(ids, min_size=len(found), max_size=len(found), unique=True)) if draw(st.booleans()) else None
    taken: set[str] = set()
    return [{"id": own[index] if own else new_id(text, taken), "text": text} for index, text in enumerate(found)]


@st.composite
def single(draw: st.DrawFn) -> dict[str, Any]:
    options = draw(named(2, 8))
    right = draw(st.integers(0, len(options) - 1))
    for index, option in enumerate(options):
        option |= {"correct": index == right, "reason": draw(maybe_text)}
        if index != right and draw(st.integers(0, 4)) == 0:
            option["fraction"] = draw(shares)
    return {"options": options}


@st.composite
def multiple(draw: st.DrawFn) -> dict[str, Any]:
    options = draw(named(2, 8))
    scheme = draw(st.sampled_from(["proportional_correct", "exact", "proportional", "weighted"]))
    right = draw(st.sets(st.integers(0, len(options) - 1), min_size=1))
    for index, option in enumerate(options):
        option |= {"correct": index in right, "reason": draw(maybe_text)}
        if scheme == "weighted":
            option["fraction"] = draw(shares)
    if scheme == "weighted" and all(float(option["fraction"]) <= 0 for option in options):
        options[0]["fraction"] = "1"
    return {"options": options, "scheme": scheme}


@st.composite
def matching(draw: st.DrawFn) -> dict[str, Any]:
    rights = draw(named(2, 8))
    lefts = draw(named(2, 8))
    for left in lefts:
        left["right"] = draw(st.sampled_from(rights))["id"]
    return {"lefts": lefts, "rights": rights}


@st.composite
def ordering(draw: st.DrawFn) -> dict[str, Any]:
    metrics = ["neighbours", "all_or_nothing", "absolute", "longest_subset", "longest_run"]
    return {"items": draw(named(3, 10)), "metric": draw(st.sampled_from(metrics))}


def _replaced(value: Any, draw: st.DrawFn) -> Any:
    if isinstance(value, dict):
        return {key: draw(part_text) if key == "text" and isinstance(part, str) and "{" not in part and "[" not in part
                else _replaced(part, draw) for key, part in value.items()}  # fmt: skip
    return [_replaced(part, draw) for part in value] if isinstance(value, list) else value


@st.composite
def sampled(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """The sample with other texts where its type still takes it, else the sample."""
    changed = _replaced(CONTENT[name], draw)
    return changed if not types.get(name).validate(changed) else CONTENT[name]


@st.composite
def cloze(draw: st.DrawFn) -> dict[str, Any]:
    """As an author writes it, in every kind of gap."""
    words = st.lists(st.sampled_from(_WORDS), min_size=2, max_size=4, unique=True)
    gaps = []
    for kind in draw(st.lists(st.sampled_from(["MC", "SA", "SAC", "NM", "MR"]), min_size=1, max_size=4)):
        right, *wrong = draw(words)
        inside = "=5:0,5" if kind == "NM" else "~".join([f"={right}#Vì thế.", *wrong])
        gaps.append(f"{{{draw(st.integers(1, 3))}:{kind}:{inside}}}")
    return read_cloze(" và ".join(["Bài này", *gaps]) + ".")


CONTENTS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "single": single(),
    "multiple": multiple(),
    "true_false": st.fixed_dictionaries({"answer": st.booleans()}),
    "matching": matching(),
    "ordering": ordering(),
    "cloze": cloze(),
    "short_text": st.fixed_dictionaries({"accepted": texts(1, 5), "exact": st.booleans()}),
}


def contents(name: str) -> st.SearchStrategy[dict[str, Any]]:
    made = CONTENTS[name] if name in CONTENTS else sampled(name)
    return made.filter(lambda content: not types.get(name).validate(content))


def png(width: int = 80, height: int = 40) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (width, height), "#d8232a").save(held, "PNG")
    return held.getvalue()


PICTURE = png()
KEY = hashlib.sha256(PICTURE).hexdigest()


@st.composite
def items(draw: st.DrawFn, name: str) -> Item:
    """Sometimes with a picture in the stem, and with the bytes of the one that the content shows."""
    item = draw(_items(name))
    if "picture" in item.content and draw(st.booleans()):
        content = {**item.content, "picture": KEY, "width": 80, "height": 40}
        item = replace(item, content=content, pictures={KEY: PICTURE})
    return item


def illustrated(name: str) -> st.SearchStrategy[Item]:
    """With a picture in its texts: for the formats that carry some."""
    return items(name).map(
        lambda item: replace(
            item,
            stem=f"{item.stem}\n\n![Màn hình](picture:{KEY})",
            reason=f"![Hình](picture:{KEY})",
            pictures={**item.pictures, KEY: PICTURE},
        )
    )


def _items(name: str) -> st.SearchStrategy[Item]:
    codes = (
        st.just("")
        | st.from_regex(r"[A-Z]{2}-[0-9]{1,4}", fullmatch=True)
        | line_text.map(lambda text: text[:60].strip())
    )
    return st.builds(
        Item,
        type=st.just(name),
        stem=stems,
        content=contents(name),
        code=codes,
        reason=maybe_text,
        hints=st.lists(long_text, max_size=2).map(tuple),
        category=st.lists(line_text, max_size=2).map(tuple),
        level=st.sampled_from(["", "nhan_biet", "thong_hieu", "van_dung"]),
        objective=st.just("") | line_text,
        tags=st.lists(line_text, max_size=3, unique=True).map(tuple),
        status=st.sampled_from(["", "draft", "ready", "retired"]),
    )
