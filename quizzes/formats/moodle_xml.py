"""Moodle XML both ways: the format that carries every type of ours, and loses nothing. No Django.

A question is written with Moodle's own type where there is one, else as ``<question type="lms_NAME">`` with its content
as JSON. What Moodle's elements cannot hold stands in ``<lms>``, which Moodle ignores (quizzes.formats.keepsake). A hook
is asked ``moodle_read(source: Source) -> Parsed | None`` and ``moodle_write(content, target: Target) -> bool``.
"""

import base64
import binascii
import hashlib
import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import ModuleType
from urllib.parse import quote, unquote

from lxml import etree

from quizzes.formats import keepsake, rich, xmlfile
from quizzes.formats.gift import category_path, category_text
from quizzes.formats.images import size_of, suffix_of
from quizzes.formats.item import (
    PICTURE,
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
from quizzes.formats.weights import decimal, from_decimal, percent, snapped

NAME = "moodle-xml"
SUFFIXES = (".xml",)
MEDIA_TYPE = "application/xml"

OWN = "lms_"
KEEPSAKE = "lms"
MOST_PICTURE = 6 * 1024 * 1024
_PLUGIN_FILE = "@@PLUGINFILE@@/"
_LEVELS = ("nhan_biet", "thong_hieu", "van_dung")
_STATUSES = ("draft", "ready", "retired")
# Moodle's own settings when nobody touched them: no word about them is needed.
_USUAL_PENALTIES = frozenset({Fraction(0), Fraction(1, 3), Fraction(1, 10), Fraction(1)})


@dataclass(frozen=True)
class Answer:
    """``text``: the words alone; ``html``: as it stood. ``feedback``: short Markdown. ``fraction``: 100 % is 1."""

    text: str
    fraction: Fraction
    feedback: str
    html: str
    element: etree._Element


class Source:
    """A question of the file, for the hooks. ``stem`` is short Markdown already; ``notes`` grows while it is read."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element
        self.kind = (element.get("type") or "").strip()
        self.line = element.sourceline or 0
        self.pictures: dict[str, bytes] = {}
        self.notes: list[tuple[Trouble, Mapping[str, object]]] = []
        self.stem = self.markdown(element.find("questiontext"))

    def value(self, name: str, default: str = "") -> str:
        """Text of the child ``name``, or of the ``<text>`` in it."""
        child = self.element.find(name)
        return text_of(child).strip() if child is not None else default

    def flag(self, name: str) -> bool:
        return self.value(name).lower() in ("1", "true")

    def markdown(self, element: etree._Element | None) -> str:
        if element is None:
            return ""
        files = self._files(element)

        def find(src: str) -> str | None:
            name = unquote(src.removeprefix(_PLUGIN_FILE).split("?")[0])
            if name in files:
                return f"picture:{self._keep(files[name])}"
            return src if PICTURE.fullmatch(src) else None

        text, markup = text_of(element), (element.get("format") or "html").strip()
        if markup == "markdown":
            return self._pictures_of_markdown(text, files).strip()
        if markup == "plain_text" or (markup == "moodle_auto_format" and not rich.is_html(text)):
            return rich.from_plain(text)
        found, lost = rich.to_markdown(text if markup == "html" else text.replace("\n", "<br>"), find)
        for code, names in ((Trouble.PICTURE_DROPPED, [name for name in lost if name == "img"]),
                            (Trouble.MARKUP_DROPPED, [name for name in lost if name != "img"])):  # fmt: skip
            if names:
                self.note(code, names=", ".join(names))
        return found

    def words(self, element: etree._Element | None) -> str:
        """The words alone, for parts that have no markup here."""
        if element is None:
            return ""
        text = text_of(element)
        if (element.get("format") or "html") in ("plain_text", "markdown") or not rich.is_html(text):
            return rich.plain_of_html(text.replace("&", "&amp;").replace("<", "&lt;"))
        lost = rich.lost_in_plain(text)
        if lost:
            self.note(Trouble.PICTURE_DROPPED if lost == ("img",) else Trouble.MARKUP_DROPPED, names=", ".join(lost))
        return rich.plain_of_html(text)

    def answers(self) -> list[Answer]:
        return [
            Answer(
                self.words(element),
                snapped((from_decimal(element.get("fraction") or "0") or Fraction(0)) / 100),
                self.markdown(element.find("feedback")),
                text_of(element),
                element,
            )
            for element in self.element.findall("answer")
        ]

    def picture(self, element: etree._Element | None = None) -> str:
        """SHA-256 of the picture that ``element`` (or the question) brings as ``<file>``; "" where there is none."""
        holder = self.element if element is None else element
        for data in self._files(holder).values():
            return self._keep(data)
        return ""

    def size(self, key: str) -> tuple[int, int] | None:
        """Pixels of a picture that ``picture`` named."""
        return size_of(self.pictures[key]) if key in self.pictures else None

    def note(self, code: Trouble, **values: object) -> None:
        if (code, values) not in self.notes:
            self.notes.append((code, values))

    def _files(self, element: etree._Element) -> dict[str, bytes]:
        found = {}
        for file in element.findall("file"):
            data = _decoded(file.text or "")
            if data:
                found[(file.get("name") or "")] = data
                path = (file.get("path") or "/").strip("/")
                if path:
                    found[f"{path}/{file.get('name') or ''}"] = data
            else:
                self.note(Trouble.PICTURE_DROPPED, names=file.get("name") or "")
        return found

    def _keep(self, data: bytes) -> str:
        key = hashlib.sha256(data).hexdigest()
        self.pictures[key] = data
        return key

    def _pictures_of_markdown(self, text: str, files: Mapping[str, bytes]) -> str:
        def change(found: re.Match[str]) -> str:
            data = files.get(unquote(found[1]))
            return f"picture:{self._keep(data)}" if data else found[0]

        return re.sub(re.escape(_PLUGIN_FILE) + r"([^\s)]+)", change, text)


class Target:
    """A question on its way out, for the hooks, which set ``kind`` (Moodle's type) and add its elements.

    ``text``: what follows the stem in questiontext (short Markdown), where a type puts its gaps there; ``fill`` puts
    into the HTML of both what must not be taken for Markdown.
    """

    def __init__(self, pictures: Mapping[str, bytes]) -> None:
        self.element = etree.Element("question")
        self.kind = ""
        self.text = ""
        self.fill: Callable[[str], str] | None = None
        self._pictures = pictures

    def add(
        self, name: str, text: object = "", parent: etree._Element | None = None, /, **attributes: str
    ) -> etree._Element:
        element = etree.SubElement(self.element if parent is None else parent, name, attributes)
        element.text = xmlfile.safe(str(text)) if text != "" else None
        return element

    def add_text(self, name: str, text: str, parent: etree._Element | None = None, **attributes: str) -> etree._Element:
        """``<name><text>…</text></name>``, the words as they are."""
        element = self.add(name, "", parent, **attributes)
        self.add("text", text, element)
        return element

    def add_words(
        self, name: str, text: str, parent: etree._Element | None = None, **attributes: str
    ) -> etree._Element:
        """As ``add_text`` with ``format="html"``, for words that are no markup here."""
        return self.add_text(name, as_html(text), parent, format="html", **attributes)

    def add_markdown(self, name: str, text: str, parent: etree._Element | None = None) -> etree._Element:
        """As ``add_text``, short Markdown turned into HTML, its pictures beside it."""
        used: dict[str, str] = {}

        def src(named: str) -> str:
            key = named.removeprefix("picture:")
            if key not in self._pictures:
                return named
            used[key] = file_name(key, self._pictures[key])
            return _PLUGIN_FILE + quote(used[key])

        element = self.add_text(name, rich.to_html(text, src) if text else "", parent, format="html")
        for key in used:
            self.add_file(key, element)
        return element

    def has(self, key: str) -> bool:
        """Are the bytes of this picture here?"""
        return key in self._pictures

    def add_file(self, key: str, parent: etree._Element | None = None) -> None:
        """The picture with this SHA-256 as ``<file>``; nothing if its bytes are not here."""
        data = self._pictures.get(key)
        if data:
            encoded = base64.b64encode(data).decode("ascii")
            self.add("file", encoded, parent, name=file_name(key, data), path="/", encoding="base64")

    def answer(self, text: str, fraction: Fraction, feedback: str = "", *, is_plain: bool = False) -> etree._Element:
        """``is_plain``: Moodle compares it letter by letter, as in a short answer."""
        if is_plain:
            element = self.add_text("answer", text, fraction=percent(fraction), format="moodle_auto_format")
        else:
            element = self.add_words("answer", text, fraction=percent(fraction))
        self.add_markdown("feedback", feedback, element)
        return element


def read(data: bytes, hooks: Sequence[ModuleType]) -> Reading:
    root = xmlfile.parse(data)
    if xmlfile.local(root) != "quiz":
        raise UnreadableError(Problem(root.sourceline or 0, Trouble.WRONG_KIND, {"name": xmlfile.local(root)[:40]}))
    items: list[Item] = []
    problems: list[Problem] = []
    versions: list[Fraction] = []
    category: tuple[str, ...] = ()
    for element in root.iterchildren("question"):
        if (element.get("type") or "").strip() == "category":
            path = element.find("category")
            category = category_path(text_of(path)) if path is not None else ()
            continue
        try:
            items.append(_item(element, category, hooks))
            versions.append(from_decimal(text_of(element.find("version"))) or Fraction(0))
        except RefusedError as error:
            problems.append(Problem(element.sourceline or 0, error.code, error.values, _shown(element)))
    if not items and not problems:
        raise UnreadableError(Problem(root.sourceline or 0, Trouble.NOTHING_FOUND))
    return Reading(tuple(_latest(items, versions)), tuple(problems))


def write(items: Iterable[Item], hooks: Sequence[ModuleType]) -> Written:
    by_name = {hook.NAME: hook for hook in hooks if hasattr(hook, "moodle_write")}
    root = etree.Element("quiz")
    category: tuple[str, ...] = ()
    for item in items:
        if item.category != category:
            category = item.category
            holder = etree.SubElement(root, "question", type="category")
            path = etree.SubElement(holder, "category")
            etree.SubElement(path, "text").text = xmlfile.safe(category_text(category))
        root.append(_element(item, by_name.get(item.type), hooks))
    etree.indent(root)
    return Written(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


# --- Reading ---


def parted(text: str, gap: str) -> tuple[str, str]:
    """(stem, text): the paragraphs before the first one with a ``gap`` (a pattern), and the rest."""
    paragraphs = text.split("\n\n")
    first = next((index for index, part in enumerate(paragraphs) if re.search(gap, part)), 0)
    return "\n\n".join(paragraphs[:first]).strip(), "\n\n".join(paragraphs[first:]).strip()


def text_of(element: etree._Element | None) -> str:
    """Of the ``<text>`` in it, else of the element itself; what stood in it as bare markup is told as text."""
    if element is None:
        return ""
    inner = element.find("text")
    holder = element if inner is None else inner
    if not len(holder):
        return holder.text or ""
    return (holder.text or "") + "".join(etree.tostring(child, encoding="unicode") for child in holder)


def _item(element: etree._Element, category: tuple[str, ...], hooks: Sequence[ModuleType]) -> Item:
    source = Source(element)
    name, parsed = _ask(hooks, source)
    for holder in element.findall("picture"):
        source.picture(holder)
    stem = parsed.stem if parsed.stem is not None else source.stem
    kept = element.find(KEEPSAKE)
    if not stem.strip() and kept is None:
        raise RefusedError(Trouble.NO_STEM)
    reason = source.markdown(element.find("generalfeedback"))
    hints = [source.markdown(hint) for hint in element.findall("hint")]
    tags, told = _tags(element)
    _tell_settings(source)
    item = Item(
        type=name,
        stem=stem,
        content=parsed.content,
        line=source.line,
        code=" ".join(source.value("idnumber").split()),
        reason=reason or parsed.reason,
        hints=tuple(hint for hint in hints if hint),
        category=category,
        level=told["level"],
        objective=told["objective"],
        status=told["status"],
        tags=tags,
        source=_shown(element),
        notes=tuple(Problem(source.line, code, dict(values)) for code, values in [*source.notes, *parsed.notes]),
    )
    if kept is not None:
        item = keepsake.restore(item, kept.text or "")
    named = named_pictures(item)
    return replace(item, pictures={key: data for key, data in source.pictures.items() if key in named})


def _ask(hooks: Sequence[ModuleType], source: Source) -> tuple[str, Parsed]:
    if source.kind.startswith(OWN):
        name = source.kind.removeprefix(OWN)
        content = keepsake.content_of(source.value("content"))
        if not keepsake.is_name(name) or content is None:
            raise RefusedError(Trouble.BAD_CONTENT)
        return name, Parsed(content)
    for hook in hooks:
        parsed = hook.moodle_read(source) if hasattr(hook, "moodle_read") else None
        if parsed is not None:
            return hook.NAME, parsed
    raise RefusedError(Trouble.UNKNOWN_TYPE, name=source.kind)


def _tags(element: etree._Element) -> tuple[tuple[str, ...], dict[str, str]]:
    """Ours travel as ``level:…``, ``objective:…``, ``status:…`` among the others."""
    told = {"level": "", "objective": "", "status": ""}
    tags = []
    for tag in element.iterfind("tags/tag"):
        text = text_of(tag).strip()
        prefix, colon, value = text.partition(":")
        is_ours = colon and (
            (prefix == "level" and value in _LEVELS)
            or (prefix == "status" and value in _STATUSES)
            or (prefix == "objective" and value)
        )
        if is_ours and not told[prefix]:
            told[prefix] = value
        elif text:
            tags.append(text)
    return tuple(tags), told


def _tell_settings(source: Source) -> None:
    penalty = from_decimal(source.value("penalty"))
    if penalty is not None and snapped(penalty) not in _USUAL_PENALTIES:
        source.note(Trouble.PENALTY_IGNORED, percent=percent(penalty, 2))
    grade = from_decimal(source.value("defaultgrade"))
    if grade is not None and grade not in (0, 1):
        source.note(Trouble.SETTING_DROPPED, name="defaultgrade", value=decimal(grade, 2))


def _latest(items: list[Item], versions: list[Fraction]) -> Iterator[Item]:
    """Of several questions with one idnumber the one with the highest ``<version>``, else the last."""
    best: dict[str, int] = {}
    count: dict[str, int] = {}
    for index, item in enumerate(items):
        if item.code:
            count[item.code] = count.get(item.code, 0) + 1
            before = best.get(item.code)
            if before is None or versions[index] >= versions[before]:
                best[item.code] = index
    for index, item in enumerate(items):
        if not item.code or count[item.code] == 1:
            yield item
        elif best[item.code] == index:
            note = Problem(item.line, Trouble.VERSIONS_COLLAPSED, {"count": count[item.code]})
            yield replace(item, notes=(*item.notes, note))


def _shown(element: etree._Element) -> str:
    """The source, without the bytes of its pictures and without our own JSON."""
    text = etree.tostring(element, encoding="unicode", with_tail=False)
    text = re.sub(r"(<file\b[^>]*>)[^<]+", r"\1…", text)
    text = re.sub(rf"\s*<{KEEPSAKE}>[^<]*</{KEEPSAKE}>", "", text)
    return text[:8000]


def _decoded(text: str) -> bytes:
    if len(text) > MOST_PICTURE * 4 // 3 + 1000:
        return b""
    try:
        return base64.b64decode(re.sub(r"\s+", "", text), validate=True)
    except (binascii.Error, ValueError):
        return b""


# --- Writing ---


def as_html(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br />")


def file_name(key: str, data: bytes) -> str:
    """A name for the picture with SHA-256 ``key`` that says what it is."""
    return f"{key[:16]}.{suffix_of(data)}"


def _element(item: Item, hook: ModuleType | None, hooks: Sequence[ModuleType]) -> etree._Element:
    """The question, and ``<lms>`` where reading it back would not be ``item``."""
    native = _target(item, hook)
    if native is not None:
        _add_shared(native, item)
        kept = _missing(native.element, item, hooks)
        if kept is not None:
            if kept:
                native.add(KEEPSAKE, kept)
            return native.element
    own = Target(item.pictures)
    own.kind = OWN + item.type
    own.add("content", keepsake.dumps(item.content))
    _add_shared(own, item)
    kept = _missing(own.element, item, hooks)
    if kept:
        own.add(KEEPSAKE, kept)
    return own.element


def _target(item: Item, hook: ModuleType | None) -> Target | None:
    if hook is None:
        return None
    target = Target(item.pictures)
    return target if hook.moodle_write(item.content, target) and target.kind else None


def _missing(element: etree._Element, item: Item, hooks: Sequence[ModuleType]) -> str | None:
    """None: not even this program can read it back, so nobody should be given it."""
    try:
        back = _item(element, category_path(xmlfile.safe(category_text(item.category))), hooks)
    except RefusedError:
        return None
    return keepsake.parcel(item, back)


def _add_shared(target: Target, item: Item) -> None:
    """What every question has, in the order in which Moodle writes it: before the hook's own elements."""
    own = list(target.element)
    for child in own:
        target.element.remove(child)
    target.element.set("type", target.kind)
    target.add_text("name", " ".join((item.code or item.stem)[:80].split()) or "?")
    question = target.add_markdown("questiontext", f"{item.stem}\n\n{target.text}" if target.text else item.stem)
    if target.fill:
        inner = question[0]
        inner.text = xmlfile.safe(target.fill(inner.text or ""))
    target.add_markdown("generalfeedback", item.reason)
    target.add("defaultgrade", "0" if target.kind == "description" else "1")
    target.add("penalty", "0" if target.kind in ("description", "essay") else "0.3333333")
    target.add("hidden", "0")
    target.add("idnumber", item.code)
    for child in own:
        target.element.append(child)
    for hint in item.hints:
        target.add_markdown("hint", hint)
    ours = [("level", item.level), ("objective", item.objective), ("status", item.status)]
    tags = [f"{name}:{value}" for name, value in ours if value] + list(item.tags)
    if tags:
        holder = target.add("tags")
        for tag in tags:
            target.add_text("tag", tag, holder)
    # Pictures that no element of Moodle's brings.
    brought = {file.get("name") for file in target.element.iter("file")}
    for key in sorted(named_pictures(item) & set(item.pictures)) if item.pictures else ():
        if file_name(key, item.pictures[key]) not in brought:
            target.add_file(key, target.add("picture"))
