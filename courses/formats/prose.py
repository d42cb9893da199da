"""What a reader would stumble over in the lessons of a package, whatever a site could load. No Django.

Words are what stands between spaces, as an editor counts Vietnamese (syllables). Counted is what one reads from top to
bottom: not self-checks, not the legal basis, not alternative texts.
"""

import html as entities
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from courses.formats import lesson as source_of
from courses.formats.errors import PackageError
from courses.formats.lesson import Block, BlockSource, LessonSource
from courses.formats.package import PackageSource
from courses.formats.practice import PracticeSource
from courses.formats.simulation import TaskSource
from courses.formats.sources import read_text

LEAST_WORDS, MOST_WORDS = 600, 1200
# A slow reader on a phone. Doing takes longer: the minutes of a lesson may say more, never less.
WORDS_A_MINUTE = 150
# Of DESIGN's page weight, what the lesson's own text and drawings may take.
MOST_BYTES = 150_000
MOST_CHECKS = 3
# Two lessons may share a short phrase, not a sentence of so many words.
SHARED_WORDS = 8
_UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|TBD|[Ll]orem ipsum)\b")
_ENGLISH = re.compile(
    r"\b(the|and|with|for|your|you|this|click|page|pages|post|posts|link|links|like|likes|share|follow|comment|comments|"
    r"inbox|setting|settings|team|content|caption|upload|download|feedback|deadline|online|offline|admin|account|"
    r"password|user|username|profile|group|story|feed|insights|schedule|draft|checklist|workflow|template|update)\b",
    re.IGNORECASE,
)
_FINE = re.compile(r"phạt[^.]{0,80}\d[\d.,]*\s*(triệu|nghìn|đồng|tỷ)", re.IGNORECASE)
# Proper names in which an English word stands by right.
_NAMES = re.compile(
    r"Meta Business Suite|facebook\.com/\S*|https?://\S+|\S+@\S+|business\.facebook\.com", re.IGNORECASE
)
_BREAK = re.compile(r"</(?:p|li|h3|h4|ul|ol)>|<br/>")
_TAG = re.compile(r"<[^>]*>")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_DRAWN = re.compile(r"^Hình vẽ minh họa, ứng dụng [^,]+, tháng \d+/\d{4}\.?$")


def problems(package: PackageSource) -> Iterator[PackageError]:
    sources = [
        activity.source
        for activity in package.activities()
        if isinstance(activity.source, LessonSource | PracticeSource)
    ]
    for source in sources:
        yield from _words_that_do_not_belong(source)
        if isinstance(source, LessonSource):
            yield from problems_of_lesson(source)
    yield from _shared_sentences(sources)


def problems_of_lesson(lesson: LessonSource) -> Iterator[PackageError]:
    """Its length, its weight, and whether every part of a lesson is there."""
    words = word_count(lesson)
    if not LEAST_WORDS <= words <= MOST_WORDS:
        yield PackageError(lesson.file, None, f"has {words} words; a lesson has {LEAST_WORDS} to {MOST_WORDS}")
    if words > lesson.minutes * WORDS_A_MINUTE:
        least = -(-words // WORDS_A_MINUTE)
        reason = f"says {lesson.minutes} minutes for {words} words: it takes {least} at least"
        yield PackageError(lesson.file, _line(lesson.file, "minutes"), reason)
    weight = _weight(lesson)
    if weight > MOST_BYTES:
        yield PackageError(lesson.file, None, f"weighs {weight} bytes with its drawings, more than {MOST_BYTES}")
    yield from _missing_parts(lesson)


def _missing_parts(lesson: LessonSource) -> Iterator[PackageError]:
    tones = {block.content.tone for block in lesson.blocks if isinstance(block.content, source_of.Callout)}
    kinds = [block.kind for block in lesson.blocks]
    parts = {
        "objectives": bool(lesson.objectives),
        "a drawing": any(block.pictures() for block in lesson.blocks),
        "an example (callout example)": "example" in tones,
        "the common mistakes (callout warning)": "warning" in tones,
        "a checklist": "checklist" in kinds,
        "a practical task (practice)": "practice" in kinds,
        "a self-check": "selfcheck" in kinds,
        "the legal basis": "legal" in kinds,
    }
    for name, is_there in parts.items():
        if not is_there:
            yield PackageError(lesson.file, None, f"lacks {name}")
    checks = [block for block in lesson.blocks if block.kind == "selfcheck"]
    if len(checks) > MOST_CHECKS:
        reason = f"has {len(checks)} self-checks; {MOST_CHECKS} are enough"
        yield PackageError(lesson.file, checks[MOST_CHECKS].line, reason)
    for block in lesson.blocks:
        if block.kind == "legal" and isinstance(block.content, source_of.Text):
            yield from _uncited(lesson, block, block.content)


def _uncited(lesson: LessonSource, block: Block, content: source_of.Text) -> Iterator[PackageError]:
    if lesson.updated_on is None:
        yield PackageError(lesson.file, block.line, "a legal basis says up to which day it was checked: “updated_on”")
    items = re.findall(r"<li>.*?</li>", content.text.html)
    for item in items or [content.text.html]:
        if 'href="#luat-' not in item:
            words = " ".join(_plain(item).split()[:6])
            yield PackageError(lesson.file, block.line, f"“{words}…” cites no document as [[luat:key|words]]")


# --- Words ----------------------------------------------------------------------------------------------


def word_count(source: BlockSource) -> int:
    return sum(len(text.split()) for block in source.blocks for text in _read_texts(block))


def _read_texts(block: Block) -> Iterator[str]:
    """What one reads of a block, as plain lines."""
    if block.kind in ("selfcheck", "legal"):
        return
    if block.title:
        yield block.title
    content = block.content
    match content:
        case source_of.Text() | source_of.Callout():
            yield _plain(content.text.html)
        case source_of.Steps():
            for step in content.steps:
                yield step.title
                yield _plain(step.text.html)
        case source_of.Checklist():
            yield from content.items
        case source_of.Comparison():
            yield from content.header
            for row in content.rows:
                yield from row
        case _:
            pass
    for picture in block.pictures():
        if picture.caption:
            yield picture.caption


def _all_texts(block: Block) -> Iterator[str]:
    """Everything that any reader meets: also self-checks, legal basis and alternative texts."""
    yield from _read_texts(block)
    content = block.content
    if isinstance(content, source_of.SelfCheck):
        yield content.question
        for option in content.options:
            yield option.text
            yield option.reason
    elif isinstance(content, TaskSource):
        yield from content.task.texts()
    elif block.kind == "legal" and isinstance(content, source_of.Text):
        yield _plain(content.text.html)
    for picture in block.pictures():
        yield picture.alternative


def _plain(html: str) -> str:
    return entities.unescape(_TAG.sub("", _BREAK.sub("\n", html))).strip()


def _words_that_do_not_belong(source: BlockSource) -> Iterator[PackageError]:
    for block in source.blocks:
        for text in _all_texts(block):
            yield from unwelcome(text, file=source.file, line=block.line)
    head = [source.title, getattr(source, "summary", "")]
    for text in [*head, *getattr(source, "objectives", ()), *getattr(source, "criteria", ())]:
        yield from unwelcome(text, file=source.file, line=_line(source.file, text[:30]))


def unwelcome(text: str, *, file: Path, line: int | None) -> Iterator[PackageError]:
    """Unfinished, English, or an amount of a fine (amounts change, and are looked up)."""
    if found := _UNFINISHED.search(text):
        yield PackageError(file, line, f"“{found[0]}”: something is not finished")
    if found := _ENGLISH.search(_NAMES.sub(" ", text)):
        yield PackageError(file, line, f"“{found[0]}” is English")
    if found := _FINE.search(text):
        yield PackageError(file, line, f"“{found[0]}” is the amount of a fine: it is looked up, not taught")


def _shared_sentences(sources: Iterable[BlockSource]) -> Iterator[PackageError]:
    seen: dict[str, tuple[Path, int]] = {}
    for source in sources:
        for block in source.blocks:
            for text in _all_texts(block):
                for sentence in _SENTENCE.split(text):
                    sentence = " ".join(sentence.split()).strip(" .")
                    if len(sentence.split()) < SHARED_WORDS or _DRAWN.match(sentence):
                        continue
                    file, line = seen.setdefault(sentence.casefold(), (source.file, block.line))
                    if file != source.file:
                        where = f"{file.parent.name}/{file.name}, line {line}"
                        yield PackageError(source.file, block.line, f"“{sentence[:60]}…” stands in {where} already")


# --- Weight ---------------------------------------------------------------------------------------------


def _weight(lesson: LessonSource) -> int:
    """Bytes of the text and of each drawing once, uncompressed."""
    names = {picture.file for block in lesson.blocks for picture in block.pictures()}
    drawings = sum((lesson.file.parent / name).stat().st_size for name in names)
    return drawings + len(lesson.file.read_bytes())


def _line(file: Path, word: str) -> int | None:
    return next((number for number, text in enumerate(read_text(file).split("\n"), start=1) if word in text), None)
