"""The job aid of a topic in a content package → JobAidPage."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from courses.formats import job_aid_sheet
from courses.formats.errors import PackageError
from courses.formats.job_aid import JobAidSource, read_job_aid
from courses.formats.package import ModuleSource, PackageSource
from courses.models import JobAidPage
from courses.services import job_aids
from courses.services.package_lessons import body_of
from courses.services.package_run import Run


def read(folder: Path) -> JobAidSource:
    return read_job_aid(folder)


def read_all(package: PackageSource) -> Iterator[tuple[ModuleSource, JobAidSource]]:
    """PackageError at the first that cannot be read."""
    for module in package.modules:
        if module.job_aid:
            yield module, read(package.root / module.job_aid)


def check(source: JobAidSource, package: PackageSource) -> Iterator[PackageError]:
    """That it can stand beside the activities of its topic. No query."""
    for module in package.modules:
        if package.root / module.job_aid != source.file.parent:
            continue
        for activity in module.activities:
            if activity.source.slug == source.slug:
                yield PackageError(source.file, None, f"the slug “{source.slug}” is already used in {activity.path}")


def problems(package: PackageSource) -> Iterator[PackageError]:
    """All that is wrong with job aids, also that one takes more than a page: each is set, 0.2 s. No query."""
    for position, module in enumerate(package.modules, start=1):
        if not module.job_aid:
            continue
        try:
            source = read(package.root / module.job_aid)
        except PackageError as error:
            yield error
            continue
        yield from check(source, package)
        pages = pages_of(source, package, topic=module.title, position=position)
        if pages > 1:
            yield PackageError(source.file, None, f"does not fit on one A4 page: it takes {pages}")


def pages_of(source: JobAidSource, package: PackageSource, *, topic: str, position: int) -> int:
    """How many A4 pages its sheet takes. No query."""
    run = Run(package.name, package.root, dt.datetime.now(dt.UTC))
    content = {
        "topic": topic,
        "title": source.title,
        "summary": source.summary,
        "blocks": job_aids.plain_blocks(body_of(source, run)),
        "updated_on": source.updated_on.isoformat(),
        "look_again_on": job_aids.look_again_on(source.updated_on).isoformat(),
        # As long as one that will stand there.
        "address": f"/{package.slug}/{'x' * 60}/{source.slug}/",
    }
    return job_aid_sheet.pages_of(job_aids.sheet_of(content, position=position, number=10))


def build(source: JobAidSource, page: JobAidPage, run: Run) -> JobAidPage:
    """The page, filled and unsaved. When it is to be looked at again is the trainer's to say, and stays."""
    page.title, page.slug, page.summary = source.title, source.slug, source.summary
    page.updated_on = source.updated_on
    page.body = body_of(source, run)
    return page
