"""practice.md (courses/content/README.md) → a practical task with the blocks of its text. No Django."""

from dataclasses import dataclass
from pathlib import Path

from courses.formats.errors import PackageError
from courses.formats.lesson import Block, SelfCheck, read_head_and_blocks

FILE_NAME = "practice.md"
KEYS = {"title", "slug", "minutes", "summary", "hand_in", "names_page", "is_required", "criteria"}
HAND_IN = ("link", "picture", "either")
CRITERION = 300


@dataclass(frozen=True)
class PracticeSource:
    """``hand_in``: one of HAND_IN. ``names_page``: the link asked for is that of the unit's own page."""

    file: Path
    title: str
    slug: str
    minutes: int
    summary: str
    hand_in: str
    names_page: bool
    is_required: bool
    criteria: tuple[str, ...]
    blocks: tuple[Block, ...]


def read_practice(folder: Path) -> PracticeSource:
    """The practical task in ``folder``; PackageError names file, line and reason."""
    file = folder / FILE_NAME
    table, blocks = read_head_and_blocks(file)
    table.refuse_others(KEYS)
    for block in blocks:
        if isinstance(block.content, SelfCheck):
            raise PackageError(file, block.line, "a practical task holds no self-check: a person confirms it")
    hand_in = table.string("hand_in", limit=10, default="either")
    if hand_in not in HAND_IN:
        raise table.error("hand_in", f"“hand_in” is one of {', '.join(HAND_IN)}, not “{hand_in}”")
    names_page = table.boolean("names_page", default=False)
    if names_page and hand_in == "picture":
        raise table.error("names_page", "“names_page” needs a link: “hand_in” is link or either")
    criteria = table.strings("criteria")
    if not criteria:
        raise PackageError(file, table.line_of("criteria"), "“criteria” says nothing of what is looked at")
    for criterion in criteria:
        if len(criterion) > CRITERION:
            raise table.error(criterion[:20], f"a criterion is longer than {CRITERION} characters")
    return PracticeSource(
        file=file,
        title=table.string("title", limit=255),
        slug=table.slug(),
        minutes=table.integer("minutes", least=1, most=240, default=30),
        summary=table.string("summary", limit=1000, default=""),
        hand_in=hand_in,
        names_page=names_page,
        is_required=table.boolean("is_required", default=True),
        criteria=criteria,
        blocks=blocks,
    )
