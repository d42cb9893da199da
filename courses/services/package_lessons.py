"""A lesson of a content package → LessonPage. Registered in courses.kinds as the kind "lesson"."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from courses.formats import lesson as source_of
from courses.formats.errors import PackageError
from courses.formats.handouts import read_handout
from courses.formats.lesson import Block, BlockSource, LessonSource, Picture
from courses.formats.markdown import RichText
from courses.formats.package import PackageSource, problems_of_lesson
from courses.formats.simulation import TaskSource
from courses.models import LessonPage
from courses.services import package_library
from courses.services.package_run import Run
from courses.simulator import Task
from media.rules import svg_problem

_LESSON_LINK = re.compile(r'<a href="lesson:([^"]*)">(.*?)</a>')


def check(source: BlockSource, package: PackageSource) -> Iterator[PackageError]:
    """References across the package; that drawings only draw and every handout can be made. No query."""
    yield from problems_of_lesson(source, package)
    for block in source.blocks:
        for picture in block.pictures():
            if svg_problem((source.file.parent / picture.file).read_bytes()):
                reason = f"the drawing “{picture.file}” holds more than a drawing: a script or an address outside"
                yield PackageError(source.file, picture.line, reason)
        if isinstance(block.content, source_of.Handout):
            try:
                read_handout(source.file.parent / block.content.file)
            except PackageError as error:
                yield error


def prepare(source: BlockSource, run: Run) -> None:
    """Drawings and handouts. Those of a lesson that was edited or deleted since belong to the trainer: left alone."""
    if run.inside(source.file.parent) in run.kept:
        return
    for block in source.blocks:
        for picture in block.pictures():
            package_library.put_picture(
                source.file.parent / picture.file,
                title=f"{source.title}: {picture.file.removesuffix('.svg')}"[:255],
                alternative=picture.alternative,
                run=run,
            )
        if isinstance(block.content, source_of.Handout):
            package_library.put_handout(source.file.parent / block.content.file, run=run)


def build(source: LessonSource, parent_page: Any, page: LessonPage | None, run: Run) -> LessonPage:
    """The page, filled and unsaved. Drawings and handouts are in ``run`` (see ``prepare``)."""
    page = page or LessonPage()
    page.title, page.slug, page.summary = source.title, source.slug, source.summary
    page.minutes, page.updated_on = source.minutes, source.updated_on
    page.objectives = "\n".join(source.objectives)
    page.body = body_of(source, run)
    return page


def body_of(source: BlockSource, run: Run) -> list[dict[str, Any]]:
    """The blocks as StreamField keeps them. Their drawings and handouts are in ``run`` (see ``prepare``)."""
    writer = _Writer(source, run)
    return [raw for block in source.blocks if (raw := writer.block(block))]


class _Writer:
    """Blocks as StreamField keeps them, with ids that come from their place in the package."""

    def __init__(self, source: BlockSource, run: Run) -> None:
        self.run = run
        self.path = run.inside(source.file.parent)

    def block(self, block: Block) -> dict[str, Any] | None:
        """None for a term that a trainer has deleted from the glossary."""
        content = block.content
        place = f"{self.path}#{block.key}"
        value: dict[str, Any]
        match content:
            case source_of.Text():
                value = self._text(block, content)
            case source_of.Callout():
                value = {"kind": content.tone, "heading": block.title, "text": self.rich(content.text)}
            case source_of.Steps():
                steps = self.items(place, [self._step(step) for step in content.steps])
                value = {"heading": block.title, "steps": steps}
            case Picture():
                value = {"heading": block.title, **self._picture(content)}
            case source_of.Checklist():
                value = {"heading": block.title, "items": self.items(place, content.items)}
            case source_of.Comparison():
                value = self._comparison(block, content, place)
            case source_of.Term():
                if content.key not in self.run.terms:
                    return None
                value = {"term": self.run.terms[content.key]}
            case source_of.Handout():
                document = self.run.documents[f"{self.path}/{content.file}"]
                value = {"title": block.title or _("Handout"), "document": document, "note": ""}
            case source_of.SelfCheck():
                value = self._self_check(content, place)
            case TaskSource():
                value = {"heading": block.title, **self._simulator(content.task, place)}
        return {"type": _TYPES.get(block.kind, block.kind), "id": str(self.run.uuid_of(place)), "value": value}

    def items(self, place: str, values: Any) -> list[dict[str, Any]]:
        ids = (str(self.run.uuid_of(f"{place}/{index}")) for index in range(len(values)))
        return [{"type": "item", "id": key, "value": value} for key, value in zip(ids, values, strict=True)]

    def rich(self, text: RichText) -> str:
        return _LESSON_LINK.sub(self._lesson_link, text.html)

    def _lesson_link(self, found: re.Match[str]) -> str:
        page_id = self.run.page_ids.get(found[1])
        return f'<a linktype="page" id="{page_id}">{found[2]}</a>' if page_id else found[2]

    def _text(self, block: Block, content: source_of.Text) -> dict[str, Any]:
        # What the block requires and a package may leave out.
        words = {"practice": _("Practical task"), "legal": _("Legal basis")}
        return {"heading": block.title or words.get(block.kind, ""), "text": self.rich(content.text)}

    def _picture(self, picture: Picture | None) -> dict[str, Any]:
        if picture is None:
            return {"image": None, "caption": ""}
        return {"image": self.run.images[f"{self.path}/{picture.file}"], "caption": picture.caption}

    def _step(self, step: source_of.Step) -> dict[str, Any]:
        return {"title": step.title, "text": self.rich(step.text), **self._picture(step.picture)}

    def _comparison(self, block: Block, content: source_of.Comparison, place: str) -> dict[str, Any]:
        rows = [{"cells": self.items(f"{place}/rows/{index}", row)} for index, row in enumerate(content.rows)]
        return {
            "heading": block.title,
            "header": self.items(f"{place}/header", content.header),
            "rows": self.items(f"{place}/rows", rows),
        }

    def _self_check(self, content: source_of.SelfCheck, place: str) -> dict[str, Any]:
        options = [
            {"text": option.text, "is_right": option.is_right, "reason": option.reason} for option in content.options
        ]
        return {"question": content.question, "options": self.items(place, options)}

    def _simulator(self, task: Task, place: str) -> dict[str, Any]:
        """As SimulatorBlock keeps it; the solution of the file is for the check of the package only."""
        parts = []
        for kind, rows in task.parts().items():
            for row in rows:
                part_place = f"{place}/{kind}/{row.key}"
                table = asdict(row)
                choices = table.pop("choices") if kind == "situation" else None
                value = self._plain(table, part_place)
                if choices:
                    value["choice"] = self.items(f"{part_place}/choice", choices)
                parts.append({"type": kind, "id": str(self.run.uuid_of(part_place)), "value": value})
        rules = []
        for index, rule in enumerate(task.rules):
            table = {**asdict(rule), "least": rule.least or None, "most": rule.most or None}
            rules.append(self._plain(table, f"{place}/rules/{index}"))
        return {
            "kind": task.kind,
            "scene": task.scene,
            "goals": self.items(f"{place}/goals", task.goals),
            "draft": task.draft,
            "parts": parts,
            "rules": self.items(f"{place}/rules", rules),
            "model": task.model,
            "call": self.items(f"{place}/call", task.call),
        }

    def _plain(self, row: dict[str, Any], place: str) -> dict[str, Any]:
        """Texts and numbers as they are; a list of texts with the ids of its items."""
        return {
            name: self.items(f"{place}/{name}", value) if isinstance(value, tuple) else value
            for name, value in row.items()
        }


_TYPES = {"table": "comparison", "selfcheck": "self_check"}
