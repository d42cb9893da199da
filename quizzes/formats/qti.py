"""QTI 3.0 both ways, QTI 2.1 and 2.2 in: a ZIP with ``imsmanifest.xml`` and an XML file per question. No Django.

Interactions: choice, order, match, text-entry, inline-choice, hotspot, extended-text; an item without one is a text
between questions. Marking travels as the templates match_correct and map_response. Code, level, objective, tags, status
and category stand in the manifest (LOM), what QTI has no room for in ``data-lms`` of the item body
(quizzes.formats.keepsake). Reasons are feedback of the choices; no template shows them elsewhere, but they are there.

A hook is asked ``qti_read(body: Body) -> Parsed | None`` and ``qti_write(content) -> Body | None``.
"""

import hashlib
import html
import io
import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from types import ModuleType
from typing import Any
from urllib.parse import unquote

from lxml import etree

from quizzes.formats import keepsake, rich, xmlfile
from quizzes.formats.images import size_of
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
from quizzes.formats.moodle_xml import MOST_PICTURE, file_name
from quizzes.formats.packaging import Archive
from quizzes.formats.weights import decimal, from_decimal, snapped

NAME = "qti"
SUFFIXES = (".zip",)
MEDIA_TYPE = "application/zip"

CHOICE = "choiceInteraction"
ORDER = "orderInteraction"
MATCH = "matchInteraction"
TEXT_ENTRY = "textEntryInteraction"
INLINE_CHOICE = "inlineChoiceInteraction"
HOTSPOT = "hotspotInteraction"
EXTENDED_TEXT = "extendedTextInteraction"
KINDS = (CHOICE, ORDER, MATCH, TEXT_ENTRY, INLINE_CHOICE, HOTSPOT, EXTENDED_TEXT)
_INLINE = (TEXT_ENTRY, INLINE_CHOICE)
GAP = "_____"
TRUE, FALSE = "true", "false"

_ITEM = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
_PACKAGE = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
_LOM = "http://ltsc.ieee.org/xsd/LOM"
_TEMPLATES = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/"
_MATCH_CORRECT, _MAP_RESPONSE = "match_correct", "map_response"
_LEVEL, _OBJECTIVE, _SHELF = "educational level", "educational objective", "discipline"
_FIRST_ITEM = re.compile(r"(?:qti-)?assessment-?item", re.IGNORECASE)
_MARK = re.compile("\ufdd0(\\d+)\ufdd1")


@dataclass(frozen=True)
class Choice:
    """``text``: words alone. ``coords``: pixels of a hotspot, as QTI gives them for its ``shape``."""

    id: str
    text: str
    reason: str = ""
    shape: str = ""
    coords: tuple[Fraction, ...] = ()


@dataclass(frozen=True)
class Interaction:
    """``right``: identifiers in their order, "left right" for a match, texts for an entry.

    ``shares``: what each earns, where marking maps; None where only the whole right answer earns anything.
    ``most``: how many may be chosen, 0 for any number. ``picture``: SHA-256, with its pixels, of a hotspot.
    """

    kind: str
    choices: tuple[Choice, ...] = ()
    targets: tuple[Choice, ...] = ()
    right: tuple[str, ...] = ()
    shares: Mapping[str, Fraction] | None = None
    most: int = 1
    is_exact: bool = True
    is_number: bool = False
    picture: str = ""
    width: int = 0
    height: int = 0
    alt: str = ""

    @property
    def is_true_false(self) -> bool:
        return self.kind == CHOICE and {choice.id.lower() for choice in self.choices} == {TRUE, FALSE}

    def share(self, key: str) -> Fraction:
        if self.shares is None:
            return Fraction(key in self.right)
        return self.shares.get(key, Fraction(0))


@dataclass(frozen=True)
class Body:
    """``stem`` is short Markdown; a gap inside it is GAP. ``text``: words (short Markdown) and the numbers of the
    interactions that stand among them. A hook that writes gives no stem, and a ``text`` that follows the item's own."""

    interactions: tuple[Interaction, ...] = ()
    stem: str = ""
    text: tuple[str | int, ...] = ()


# --- Reading ---


def read(data: bytes, hooks: Sequence[ModuleType]) -> Reading:
    """A package, or one item as a bare XML file."""
    items: list[Item] = []
    problems: list[Problem] = []
    if data[:2] != b"PK":
        root = xmlfile.parse(data)
        if not _FIRST_ITEM.fullmatch(xmlfile.local(root)):
            raise UnreadableError(Problem(1, Trouble.WRONG_KIND, {"name": xmlfile.local(root)[:40]}))
        _add(_Source(root, "", None), {}, hooks, items, problems)
        return Reading(tuple(items), tuple(problems))
    archive = Archive(data)
    for path, told in _resources(archive):
        part = archive.read(path)
        if part is None:
            problems.append(Problem(0, Trouble.UNREADABLE, {}, path))
            continue
        try:
            root = xmlfile.parse(part)
        except UnreadableError as error:
            problems.append(replace(error.problem, source=path))
            continue
        if _FIRST_ITEM.fullmatch(xmlfile.local(root)):
            _add(_Source(root, path, archive), told, hooks, items, problems)
    if not items and not problems:
        raise UnreadableError(Problem(0, Trouble.NOTHING_FOUND))
    return Reading(tuple(items), tuple(problems))


class _Source:
    """One item file: the elements by their name of QTI 2, whatever the version."""

    def __init__(self, root: etree._Element, path: str, archive: Archive | None) -> None:
        self.root = root
        self.path = path
        self.archive = archive
        self.pictures: dict[str, bytes] = {}
        self.lost: set[str] = set()

    def picture(self, src: str) -> str | None:
        """``picture:<sha256>`` of the file that ``src`` names beside this item, None where it is not in the package."""
        if PICTURE.fullmatch(src):
            return src
        if self.archive is None or "://" in src or src.startswith(("/", "data:")):
            return None
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), unquote(src)))
        data = None if path.startswith("..") else self.archive.read(path)
        if not data or len(data) > MOST_PICTURE:
            return None
        key = hashlib.sha256(data).hexdigest()
        self.pictures[key] = data
        return f"picture:{key}"

    def markdown(self, source: str) -> str:
        found, lost = rich.to_markdown(source, self.picture)
        self.lost.update(lost)
        return found


def _name(element: etree._Element) -> str:
    """``qti-simple-choice`` → ``simpleChoice``, as QTI 2 calls it."""
    return _name_of(element.tag) if isinstance(element.tag, str) else ""


@lru_cache(maxsize=512)
def _name_of(tag: str) -> str:
    name = tag.rpartition("}")[2]
    return _camel(name.removeprefix("qti-")) if name.startswith("qti-") else name


def _camel(name: str) -> str:
    first, *rest = name.split("-")
    return first + "".join(word.capitalize() for word in rest)


def _attr(element: etree._Element, name: str, default: str = "") -> str:
    """By its name of QTI 2; in QTI 3 ``maxChoices`` is ``max-choices``."""
    return (element.get(name) or element.get(_kebab(name)) or default).strip()


@lru_cache(maxsize=64)
def _kebab(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", lambda found: "-" + found[1].lower(), name)


def _find(element: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in element if _name(child) == name), None)


def _all(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (child for child in element.iterdescendants() if _name(child) == name)


def _words(element: etree._Element | None) -> str:
    return "".join(element.itertext()).strip() if element is not None else ""


def _resources(archive: Archive) -> list[tuple[str, dict[str, Any]]]:
    """(path, what the manifest tells of it); without a manifest every XML file of the package."""
    manifest = next((name for name in archive.names() if posixpath.basename(name) == "imsmanifest.xml"), None)
    data = archive.read(manifest) if manifest else None
    if not data:
        return [(name, {}) for name in sorted(archive.names()) if name.endswith(".xml")]
    root = xmlfile.parse(data)
    base = posixpath.dirname(manifest or "")
    found = []
    for resource in (element for element in root.iter() if xmlfile.local(element) == "resource"):
        kind = resource.get("type") or ""
        href = resource.get("href") or ""
        if "imsqti_item" not in kind.lower() or not href:
            continue
        path = posixpath.normpath(posixpath.join(base, unquote(href)))
        if not path.startswith(("..", "/")):
            found.append((path, _lom(resource)))
    return found


def _lom(resource: etree._Element) -> dict[str, Any]:
    told: dict[str, Any] = {"tags": []}
    for element in resource.iterdescendants():
        name = xmlfile.local(element)
        if name == "keyword":
            told["tags"].append(_words(element))
        elif name == "entry" and xmlfile.local(element.getparent()) == "identifier":
            told["code"] = _words(element)
        elif name == "status":
            value = next((child for child in element if xmlfile.local(child) == "value"), None)
            told["status"] = _words(value)
        elif name == "classification":
            purpose = next((child for child in element.iterdescendants() if xmlfile.local(child) == "value"), None)
            entries = [
                _words(entry)
                for taxon in element.iterdescendants()
                if xmlfile.local(taxon) == "taxon"
                for entry in taxon
                if xmlfile.local(entry) == "entry"
            ]
            told[{_LEVEL: "level", _OBJECTIVE: "objective", _SHELF: "category"}.get(_words(purpose), "")] = entries
    first = {name: (told.get(name) or [""])[0] for name in ("level", "objective")}
    return {
        "code": told.get("code", ""),
        "status": told.get("status", ""),
        "tags": tuple(tag for tag in told["tags"] if tag),
        "category": tuple(entry for entry in told.get("category", ()) if entry),
        **first,
    }


def _add(
    source: _Source,
    told: Mapping[str, Any],
    hooks: Sequence[ModuleType],
    items: list[Item],
    problems: list[Problem],
) -> None:
    try:
        items.append(_item(source, told, hooks))
    except RefusedError as error:
        problems.append(Problem(0, error.code, error.values, _shown(source)))


def _item(source: _Source, told: Mapping[str, Any], hooks: Sequence[ModuleType]) -> Item:
    root = source.root
    element = _find(root, "itemBody")
    if element is None:
        raise RefusedError(Trouble.NO_STEM)
    body = _body(element, source)
    name, parsed = _ask(hooks, body)
    stem = parsed.stem if parsed.stem is not None else body.stem
    kept = element.get("data-lms") or ""
    if not stem.strip() and not kept:
        raise RefusedError(Trouble.NO_STEM)
    reasons = [source.markdown(_markup(feedback, [])) for feedback in root if _name(feedback) == "modalFeedback"]
    notes = [*parsed.notes]
    if "img" in source.lost:
        notes.append((Trouble.PICTURE_DROPPED, {"names": "img"}))
    if source.lost - {"img"}:
        notes.append((Trouble.MARKUP_DROPPED, {"names": ", ".join(sorted(source.lost - {"img"}))}))
    item = Item(
        type=name,
        stem=stem,
        content=parsed.content,
        reason="\n\n".join(text for text in reasons if text) or parsed.reason,
        source=_shown(source),
        notes=tuple(Problem(0, code, values) for code, values in notes),
        **told,
    )
    if kept:
        item = keepsake.restore(item, kept)
    named = named_pictures(item)
    # Pictures that only the keepsake names lie in the package under their own names.
    for picture in (element.get("data-lms-pictures") or "").split():
        source.picture(picture)
    return replace(item, pictures={key: data for key, data in source.pictures.items() if key in named})


def _ask(hooks: Sequence[ModuleType], body: Body) -> tuple[str, Parsed]:
    for hook in hooks:
        parsed = hook.qti_read(body) if hasattr(hook, "qti_read") else None
        if parsed is not None:
            return hook.NAME, parsed
    kinds = ", ".join(dict.fromkeys(interaction.kind for interaction in body.interactions))
    raise RefusedError(Trouble.UNKNOWN_TYPE, name=kinds or "itemBody")


def _body(element: etree._Element, source: _Source) -> Body:
    found: list[etree._Element] = []
    marked = source.markdown(_markup(element, found))
    unknown = [_name(child) for child in found if _name(child) not in KINDS]
    if unknown:
        raise RefusedError(Trouble.UNKNOWN_TYPE, name=", ".join(dict.fromkeys(unknown)))
    pieces: list[str | int] = []
    for index, part in enumerate(_MARK.split(marked)):
        if index % 2:
            pieces.append(int(part))
        elif part:
            pieces.append(part)
    interactions = tuple(_interaction(child, source) for child in found)
    stem = _MARK.sub(
        lambda mark: GAP if interactions[int(mark[1])].kind in _INLINE and marked[mark.end() :].strip() else "", marked
    )
    return Body(interactions, re.sub(r"\n{3,}", "\n\n", stem).strip(), tuple(pieces))


def _markup(element: etree._Element, found: list[etree._Element]) -> str:
    """The inside of ``element`` as HTML without namespaces; interactions go to ``found`` and leave a mark."""
    parts = [html.escape(element.text or "", quote=False)]
    for child in element:
        name = _name(child)
        if name.endswith("Interaction"):
            prompt = _find(child, "prompt")
            if prompt is not None:
                parts.append(f"<p>{_markup(prompt, found)}</p>")
            parts.append(f"\ufdd0{len(found)}\ufdd1")
            found.append(child)
        elif name == "object" and (_attr(child, "type") or "image").startswith("image"):
            parts.append(f'<img src="{html.escape(_attr(child, "data"))}" alt="{html.escape(_words(child))}">')
        elif name == "contentBody":
            parts.append(_markup(child, found))
        elif name not in ("feedbackInline", "feedbackBlock", "rubricBlock", "stylesheet", "templateBlock"):
            kept = "".join(
                f' {key}="{html.escape(child.get(key) or "")}"' for key in ("src", "alt", "href") if child.get(key)
            )
            parts.append(
                f"<{name}{kept}>{_markup(child, found)}</{name}>" if name not in ("img", "br") else f"<{name}{kept}>"
            )
        parts.append(html.escape(child.tail or "", quote=False))
    return "".join(parts)


def _interaction(element: etree._Element, source: _Source) -> Interaction:
    kind = _name(element)
    declaration = _declaration(element, source.root)
    right: tuple[str, ...] = ()
    shares: dict[str, Fraction] | None = None
    is_exact, is_number = True, False
    if declaration is not None:
        correct = _find(declaration, "correctResponse")
        right = tuple(_words(value) for value in _all(correct, "value")) if correct is not None else ()
        is_number = _attr(declaration, "baseType") in ("float", "integer")
        mapping = _find(declaration, "mapping")
        if mapping is not None:
            entries = list(_all(mapping, "mapEntry"))
            is_exact = all(_attr(entry, "caseSensitive", "true") == "true" for entry in entries)
            if _maps(source.root) or not right:
                shares = {_attr(entry, "mapKey"): snapped(_number(_attr(entry, "mappedValue"))) for entry in entries}
                default = _number(_attr(mapping, "defaultValue"))
                if default:
                    for choice in _all(element, "simpleChoice"):
                        shares.setdefault(_attr(choice, "identifier"), default)
    sets = [child for child in element if _name(child) == "simpleMatchSet"]
    names = {CHOICE: "simpleChoice", ORDER: "simpleChoice", INLINE_CHOICE: "inlineChoice", HOTSPOT: "hotspotChoice"}
    holder, name = (sets[0], "simpleAssociableChoice") if sets else (element, names.get(kind, "-"))
    found = Interaction(
        kind,
        choices=tuple(_choice(child, source) for child in _all(holder, name)),
        targets=tuple(_choice(child, source) for child in _all(sets[1], name)) if len(sets) > 1 else (),
        right=right,
        shares=shares,
        most=int(_number(_attr(element, "maxChoices", "1"))),
        is_exact=is_exact,
        is_number=is_number,
    )
    return _with_picture(found, element, source) if kind == HOTSPOT else found


def _with_picture(found: Interaction, element: etree._Element, source: _Source) -> Interaction:
    picture = next((child for child in element if _name(child) in ("img", "object", "picture")), None)
    if picture is not None and _name(picture) == "picture":
        picture = next(_all(picture, "img"), None)
    if picture is None:
        raise RefusedError(Trouble.PICTURE_DROPPED, names="hotspot")
    named = source.picture(_attr(picture, "src") or _attr(picture, "data"))
    if named is None:
        raise RefusedError(Trouble.PICTURE_DROPPED, names=_attr(picture, "src") or _attr(picture, "data"))
    key = named.removeprefix("picture:")
    # As large as it is told to be shown: the coordinates are those of that size.
    size = (int(_number(_attr(picture, "width"))), int(_number(_attr(picture, "height"))))
    real = size_of(source.pictures.get(key, b"")) or size
    return replace(
        found,
        picture=key,
        width=size[0] or real[0],
        height=size[1] or real[1],
        alt=_attr(picture, "alt") or _words(picture),
    )


def _choice(element: etree._Element, source: _Source) -> Choice:
    feedback = _find(element, "feedbackInline")
    inside = _markup(element, [])
    source.lost.update(rich.lost_in_plain(inside))
    coords = tuple(_number(part) for part in re.split(r"[\s,]+", _attr(element, "coords")) if part)
    return Choice(
        _attr(element, "identifier"),
        rich.plain_of_html(inside) or _attr(element, "hotspotLabel") or _attr(element, "ariaLabel"),
        source.markdown(_markup(feedback, [])) if feedback is not None else "",
        _attr(element, "shape"),
        coords,
    )


def _declaration(element: etree._Element, root: etree._Element) -> etree._Element | None:
    wanted = _attr(element, "responseIdentifier", "RESPONSE")
    return next(
        (row for row in root if _name(row) == "responseDeclaration" and _attr(row, "identifier") == wanted), None
    )


def _maps(root: etree._Element) -> bool:
    processing = _find(root, "responseProcessing")
    if processing is None:
        return False
    template = _attr(processing, "template")
    return _MAP_RESPONSE in template or any(True for _ in _all(processing, "mapResponse"))


def _number(text: str) -> Fraction:
    return from_decimal(text) or Fraction(0)


def _shown(source: _Source) -> str:
    text = etree.tostring(source.root, encoding="unicode", with_tail=False)
    text = re.sub(r'\sdata-lms="[^"]*"', "", text)
    return (f"{source.path}\n" if source.path else "") + text[:8000]


# --- Writing ---


def write(items: Iterable[Item], hooks: Sequence[ModuleType]) -> Written:
    by_name = {hook.NAME: hook for hook in hooks if hasattr(hook, "qti_write")}
    left_out: list[tuple[str, Trouble]] = []
    resources: list[tuple[str, str, Item, list[str]]] = []
    stored: dict[str, bytes] = {}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for number, item in enumerate(items, start=1):
            hook = by_name.get(item.type)
            body = hook.qti_write(item.content) if hook else None
            if body is None:
                left_out.append((item.code, Trouble.TYPE_NOT_CARRIED))
                continue
            try:
                data, used = _written(item, body, f"item-{number:05d}", hooks)
            except RefusedError:
                left_out.append((item.code, Trouble.BAD_CONTENT))
                continue
            path = f"items/item-{number:05d}.xml"
            _put(package, path, data)
            stored |= used
            resources.append((f"item-{number:05d}", path, item, sorted(used)))
        for path, data in sorted(stored.items()):
            _put(package, path, data)
        _put(package, "imsmanifest.xml", _manifest(resources))
    return Written(buffer.getvalue(), tuple(left_out))


def _put(package: zipfile.ZipFile, path: str, data: bytes) -> None:
    """With a fixed date: the same bank is the same file."""
    package.writestr(zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 6)


class _Loose(Archive):
    """The pictures of one item as if they lay in a package: for reading back what is being written."""

    def __init__(self, parts: Mapping[str, bytes]) -> None:
        self._parts = parts

    def read(self, name: str) -> bytes | None:
        return self._parts.get(name)


def _written(item: Item, body: Body, identifier: str, hooks: Sequence[ModuleType]) -> tuple[bytes, dict[str, bytes]]:
    """(XML, pictures by path); RefusedError if this program could not read it back."""
    paths = {key: f"pictures/{file_name(key, data)}" for key, data in item.pictures.items()}
    used = {paths[key]: item.pictures[key] for key in named_pictures(item) if key in paths}
    root = _root(item, body, identifier, {key: f"../{path}" for key, path in paths.items()})
    element = _find(root, "itemBody")
    assert element is not None  # noqa: S101  _root has just made it
    told = _lom(_resource(("", "", item, [])))
    back = _item(_Source(root, "items/x.xml", _Loose(used)), told, hooks)
    kept = keepsake.parcel(item, back)
    if kept:
        element.set("data-lms", kept)
    missing = sorted(paths[key] for key in named_pictures(item) & set(paths) if key not in back.pictures)
    if missing:
        element.set("data-lms-pictures", " ".join(f"../{path}" for path in missing))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True), used


def _sub(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    """A child in the namespace of QTI 3; ``max_choices`` is the attribute max-choices."""
    named = {key.replace("_", "-"): xmlfile.safe(value) for key, value in attributes.items()}
    element = etree.SubElement(parent, f"{{{_ITEM}}}{name}", named)
    if text is not None:
        element.text = xmlfile.safe(text)
    return element


def _root(item: Item, body: Body, identifier: str, pictures: Mapping[str, str]) -> etree._Element:
    root = etree.Element(f"{{{_ITEM}}}qti-assessment-item", nsmap={None: _ITEM})
    title = " ".join((item.code or item.stem)[:100].split())
    for name, value in (("identifier", identifier), ("title", xmlfile.safe(title) or identifier), ("adaptive", "false"),
                        ("time-dependent", "false")):  # fmt: skip
        root.set(name, value)
    root.set("{http://www.w3.org/XML/1998/namespace}lang", "vi")
    names = [f"RESPONSE{number or ''}" for number in range(len(body.interactions))]
    for name, interaction in zip(names, body.interactions, strict=True):
        _declare(root, name, interaction)
    if body.interactions:
        score = _sub(root, "qti-outcome-declaration", identifier="SCORE", cardinality="single", base_type="float")
        _sub(_sub(score, "qti-default-value"), "qti-value", "0")
    _sub(root, "qti-outcome-declaration", identifier="FEEDBACK", cardinality="multiple", base_type="identifier")
    element = _sub(root, "qti-item-body")
    if body.text:
        _add_markdown(element, item.stem, pictures)
        _add_text(element, body, names, pictures)
    else:
        _add_markdown(element, item.stem, pictures)
        for name, interaction in zip(names, body.interactions, strict=True):
            holder = _sub(element, "p") if interaction.kind in _INLINE else element
            _add_interaction(holder, name, interaction, pictures)
    if any(interaction.right for interaction in body.interactions):
        template = _MAP_RESPONSE if any(row.shares is not None for row in body.interactions) else _MATCH_CORRECT
        _sub(root, "qti-response-processing", template=f"{_TEMPLATES}{template}.xml")
    if item.reason:
        feedback = _sub(
            root, "qti-modal-feedback", outcome_identifier="FEEDBACK", identifier="REASON", show_hide="show"
        )
        _add_markdown(_sub(feedback, "qti-content-body"), item.reason, pictures)
    return root


def _add_text(element: etree._Element, body: Body, names: list[str], pictures: Mapping[str, str]) -> None:
    """The words with their interactions among them: the marks are put into the Markdown and taken out of the HTML."""
    marked = "".join(piece if isinstance(piece, str) else f"\ufdd0{piece}\ufdd1" for piece in body.text)
    _add_markdown(element, marked, pictures)
    for holder in list(element.iter()):
        for is_tail in (False, True):
            text = (holder.tail if is_tail else holder.text) or ""
            parts = _MARK.split(text)
            if len(parts) == 1:
                continue
            parent = holder.getparent() if is_tail else holder
            at = parent.index(holder) + 1 if is_tail else 0
            if is_tail:
                holder.tail = parts[0]
            else:
                holder.text = parts[0]
            for index in range(1, len(parts), 2):
                number = int(parts[index])
                _add_interaction(parent, names[number], body.interactions[number], pictures)
                made = parent[-1]
                parent.remove(made)
                made.tail = parts[index + 1]
                parent.insert(at, made)
                at += 1


def _add_markdown(element: etree._Element, text: str, pictures: Mapping[str, str]) -> None:
    def src(named: str) -> str:
        return pictures.get(named.removeprefix("picture:"), named)

    made = xmlfile.safe(rich.to_html(text.replace("\ufdd0", "\ue000").replace("\ufdd1", "\ue001"), src))
    made = re.sub("\ue000(\\d+)\ue001", "\ufdd0\\1\ufdd1", made)
    holder = etree.fromstring(f'<div xmlns="{_ITEM}">{made}</div>'.encode())
    for child in holder:
        element.append(child)
    etree.cleanup_namespaces(element)


def _declare(root: etree._Element, name: str, interaction: Interaction) -> None:
    kind = interaction.kind
    cardinality = "ordered" if kind == ORDER else "single"
    if kind == MATCH or (kind in (CHOICE, HOTSPOT) and interaction.most != 1):
        cardinality = "multiple"
    base = "identifier"
    if kind in (TEXT_ENTRY, EXTENDED_TEXT):
        base = "float" if interaction.is_number else "string"
    elif kind == MATCH:
        base = "directedPair"
    declaration = _sub(root, "qti-response-declaration", identifier=name, cardinality=cardinality, base_type=base)
    if interaction.right:
        correct = _sub(declaration, "qti-correct-response")
        # One value for a response that is single: the others stand in the mapping.
        for value in interaction.right[: 1 if cardinality == "single" else None]:
            _sub(correct, "qti-value", value)
    if interaction.shares is not None:
        mapping = _sub(declaration, "qti-mapping", lower_bound="0", upper_bound="1", default_value="0")
        for key, share in interaction.shares.items():
            entry = _sub(mapping, "qti-map-entry", map_key=key, mapped_value=decimal(share))
            if kind == TEXT_ENTRY and not interaction.is_number:
                entry.set("case-sensitive", "true" if interaction.is_exact else "false")


def _add_interaction(parent: etree._Element, name: str, interaction: Interaction, pictures: Mapping[str, str]) -> None:
    kind = interaction.kind
    tag = "qti-" + re.sub(r"([A-Z])", lambda found: "-" + found[1].lower(), kind)
    element = _sub(parent, tag, response_identifier=name)
    if kind in (CHOICE, ORDER):
        element.set("shuffle", "false" if interaction.is_true_false else "true")
    if kind in (CHOICE, HOTSPOT):
        element.set("max-choices", str(interaction.most))
    if kind == MATCH:
        element.set("shuffle", "true")
        element.set("max-associations", str(len(interaction.choices)))
        for choices, most in ((interaction.choices, "1"), (interaction.targets, "0")):
            group = _sub(element, "qti-simple-match-set")
            for choice in choices:
                _add_choice(group, "qti-simple-associable-choice", choice, pictures).set("match-max", most)
    elif kind in (CHOICE, ORDER):
        for choice in interaction.choices:
            _add_choice(element, "qti-simple-choice", choice, pictures)
    elif kind == INLINE_CHOICE:
        element.set("shuffle", "true")
        for choice in interaction.choices:
            _sub(element, "qti-inline-choice", choice.text, identifier=choice.id)
    elif kind == HOTSPOT:
        _sub(element, "img", src=pictures.get(interaction.picture, f"picture:{interaction.picture}"),
             alt=interaction.alt, width=str(interaction.width), height=str(interaction.height))  # fmt: skip
        for choice in interaction.choices:
            _sub(element, "qti-hotspot-choice", identifier=choice.id, shape=choice.shape,
                 coords=",".join(decimal(number, 2) for number in choice.coords),
                 **({"hotspot_label": choice.text} if choice.text else {}))  # fmt: skip
    elif kind == EXTENDED_TEXT:
        element.set("expected-lines", "10")


def _add_choice(parent: etree._Element, tag: str, choice: Choice, pictures: Mapping[str, str]) -> etree._Element:
    element = _sub(parent, tag, identifier=choice.id)
    for number, line in enumerate(choice.text.split("\n")):
        if number:
            _sub(element, "br").tail = xmlfile.safe(line)
        else:
            element.text = xmlfile.safe(line)
    if choice.reason:
        feedback = _sub(
            element, "qti-feedback-inline", outcome_identifier="FEEDBACK", identifier=choice.id, show_hide="show"
        )
        _add_markdown(feedback, choice.reason, pictures)
    return element


def _manifest(resources: Iterable[tuple[str, str, Item, list[str]]]) -> bytes:
    root = etree.Element(f"{{{_PACKAGE}}}manifest", nsmap={None: _PACKAGE, "imsmd": _LOM})
    root.set("identifier", "lms-questions")
    metadata = etree.SubElement(root, f"{{{_PACKAGE}}}metadata")
    etree.SubElement(metadata, f"{{{_PACKAGE}}}schema").text = "QTI Package"
    etree.SubElement(metadata, f"{{{_PACKAGE}}}schemaversion").text = "3.0.0"
    etree.SubElement(root, f"{{{_PACKAGE}}}organizations")
    holder = etree.SubElement(root, f"{{{_PACKAGE}}}resources")
    for row in resources:
        holder.append(_resource(row))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _resource(row: tuple[str, str, Item, list[str]]) -> etree._Element:
    identifier, path, item, pictures = row
    element = etree.Element(f"{{{_PACKAGE}}}resource", nsmap={None: _PACKAGE, "imsmd": _LOM})
    for name, value in (("identifier", identifier), ("type", "imsqti_item_xmlv3p0"), ("href", path)):
        element.set(name, value)
    lom = etree.SubElement(etree.SubElement(element, f"{{{_PACKAGE}}}metadata"), f"{{{_LOM}}}lom")
    general = _lom_sub(lom, "general")
    if item.code:
        _lom_sub(_lom_sub(general, "identifier"), "entry", item.code)
    for tag in item.tags:
        _lom_sub(_lom_sub(general, "keyword"), "string", tag)
    if item.status:
        _lom_sub(_lom_sub(_lom_sub(lom, "lifeCycle"), "status"), "value", item.status)
    for purpose, entries in ((_LEVEL, (item.level,)), (_OBJECTIVE, (item.objective,)), (_SHELF, item.category)):
        if not any(entries):
            continue
        classification = _lom_sub(lom, "classification")
        _lom_sub(_lom_sub(classification, "purpose"), "value", purpose)
        taxa = _lom_sub(classification, "taxonPath")
        for entry in entries:
            _lom_sub(_lom_sub(_lom_sub(taxa, "taxon"), "entry"), "string", entry)
    etree.SubElement(element, f"{{{_PACKAGE}}}file").set("href", path)
    for picture in pictures:
        etree.SubElement(element, f"{{{_PACKAGE}}}file").set("href", picture)
    return element


def _lom_sub(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{_LOM}}}{name}")
    if text is not None:
        element.text = xmlfile.safe(text)
    return element
