"""to-nho.md (courses/content/README.md) → the job aid of a topic: head and blocks. No Django."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from courses.formats.errors import PackageError
from courses.formats.lesson import Block, Callout, Checklist, Comparison, Content, Text, read_head_and_blocks

FILE_NAME = "to-nho.md"
KEYS = {"title", "slug", "summary", "updated_on"}
# As the blocks of the page allow (courses/blocks.py), by the word in the file.
KINDS = ("text", "callout", "checklist", "table")


@dataclass(frozen=True)
class JobAidSource:
    file: Path
    title: str
    slug: str
    summary: str
    updated_on: dt.date
    blocks: tuple[Block, ...]


def read_job_aid(folder: Path) -> JobAidSource:
    """The job aid in ``folder``; PackageError names file, line and reason. Whether it fits on a page is not asked."""
    file = folder / FILE_NAME
    table, blocks = read_head_and_blocks(file)
    table.refuse_others(KEYS)
    for block in blocks:
        if block.kind not in KINDS:
            reason = f"a job aid holds only {', '.join(KINDS)}, no block {block.kind}"
            raise PackageError(file, block.line, reason)
        for reference in block.references():
            raise PackageError(file, reference.line, "a job aid is read on paper: it holds no terms and no links")
        if "<a " in "".join(_rich(block.content)):
            raise PackageError(file, block.line, "a job aid is read on paper: it holds no terms and no links")
    updated_on = table.day("updated_on")
    if updated_on is None:
        raise PackageError(file, None, "“updated_on” is missing")
    return JobAidSource(
        file=file,
        title=table.string("title", limit=255),
        slug=table.slug(),
        summary=table.string("summary", limit=1000, default=""),
        updated_on=updated_on,
        blocks=blocks,
    )


def _rich(content: Content) -> Iterator[str]:
    if isinstance(content, Text | Callout):
        yield content.text.html


def words(source: JobAidSource) -> Iterator[str]:
    """Everything that is read, block by block, for checks of the wording."""
    yield source.title
    yield source.summary
    for block in source.blocks:
        yield block.title
        content = block.content
        yield from _rich(content)
        if isinstance(content, Checklist):
            yield from content.items
        elif isinstance(content, Comparison):
            yield from content.header
            for row in content.rows:
                yield from row
