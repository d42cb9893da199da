"""Content packages → pages, through the ordinary models and revisions. What a trainer edited since is kept.

All in one transaction; files that were written meanwhile are taken back when it fails.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.models import Page, Site

from courses import kinds
from courses.formats import prose
from courses.formats.errors import PackageError
from courses.formats.job_aid import JobAidSource
from courses.formats.package import ActivitySource, ModuleSource, PackageSource, Readers, read_package
from courses.models import CoursePage, JobAidPage, ModulePage
from courses.services import package_job_aids
from courses.services.package_library import put_documents, put_screens, put_terms
from courses.services.package_run import CREATED, KEPT, UNCHANGED, UPDATED, Note, Run, digest, fingerprint

PAGE = "page"


def read(root: Path) -> PackageSource:
    """The package with everything checked that keeps it from being loaded. PackageError names file, line, reason."""
    package = read_package(root, _readers())
    for error in _check_references(package):
        raise error
    for _module, job_aid in package_job_aids.read_all(package):
        for error in package_job_aids.check(job_aid, package):
            raise error
    return package


def problems(root: Path) -> list[PackageError]:
    """Everything that is wrong with a package, also what a site could load: lengths, reasons, words. No query."""
    found: list[PackageError] = []
    try:
        package = read_package(root, _readers(), found.append)
    except PackageError as error:
        return [*found, error]
    found.extend(_check_references(package))
    for kind in kinds.all_kinds():
        if kind.check_all:
            sources = [activity.source for activity in package.activities() if activity.kind == kind.name]
            found.extend(kind.check_all(sources, package))
    found.extend(prose.problems(package))
    found.extend(package_job_aids.problems(package))
    return sorted(dict.fromkeys(found), key=lambda error: (error.file, error.line or 0, error.reason))


def _readers() -> Readers:
    return {kind.source_name: (kind.name, kind.read) for kind in kinds.all_kinds()}


def _check_references(package: PackageSource) -> Iterator[PackageError]:
    for activity in package.activities():
        check = kinds.get(activity.kind).check
        if check:
            yield from check(activity.source, package)


def load(
    package: PackageSource, *, at: dt.datetime, is_rehearsal: bool = False, step: Callable[[], object] = lambda: None
) -> list[Note]:
    """Bring pages, library and glossary in line with ``package``; what became of each path, in order.

    A second call with the same package changes nothing. ``is_rehearsal``: everything is done and taken back.
    ``step`` is told of every activity. PackageError leaves nothing written.
    """
    run = Run(package.name, package.root, at, step)
    try:
        with transaction.atomic():
            _load(package, run)
            if is_rehearsal:
                transaction.set_rollback(True)
            else:
                transaction.on_commit(run.drop_replaced_files)
    except BaseException:
        run.forget_files()
        raise
    if is_rehearsal:
        run.forget_files()
    return run.notes


@dataclass
class _Place:
    """A page of the package in the tree. ``page`` None: a trainer has deleted it. ``is_kept``: edited since."""

    path: str
    file: Path
    page: Any
    is_new: bool = False
    is_kept: bool = False


def _load(package: PackageSource, run: Run) -> None:
    run.remember()
    root = _home()
    put_terms(package.terms, run)
    put_documents(package.documents, run)
    # First every page stands, then they are filled: lessons link to lessons that come later.
    course = _stand(run, "course.toml", package.file, CoursePage, root, None, package)
    modules = _stand_modules(package, course, run)
    activities = _stand_activities(package, modules, run)
    job_aids = _stand_job_aids(package, modules, activities, run)
    _settle(course, run, lambda page: _fill_course(page, package))
    for module in package.modules:
        _settle(modules[module.path], run, lambda page, module=module: _fill_module(page, module, modules))  # type: ignore[misc]
    for activity in package.activities():
        _load_activity(activity, activities[activity.path], run)
        run.step()
    for place, job_aid in job_aids:
        _settle(place, run, lambda page, job_aid=job_aid: package_job_aids.build(job_aid, page, run))  # type: ignore[misc]
    put_screens(list(package.screens()), run)
    _tell_of_strays(run)


def _home() -> Page:
    """Where courses stand: the root page of the default site."""
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    root = site.root_page.specific if site else None
    if root is None or not CoursePage.can_exist_under(root):
        raise PackageError("course.toml", None, "the default site has no home page under which a course may stand")
    return root


def _stand_modules(package: PackageSource, course: _Place, run: Run) -> dict[str, _Place]:
    found: dict[str, _Place] = {}
    before = None
    for module in package.modules:
        place = _stand(run, module.path, module.file, ModulePage, course.page, before, module)
        found[module.path] = place
        before = place.page or before
    return found


def _stand_activities(package: PackageSource, modules: dict[str, _Place], run: Run) -> dict[str, _Place]:
    found: dict[str, _Place] = {}
    for module in package.modules:
        before = None
        parent = modules[module.path].page
        for activity in module.activities:
            model = apps.get_model(kinds.get(activity.kind).page_model)
            source = activity.source
            place = _stand(run, activity.path, source.file, model, parent, before, source)
            found[activity.path] = place
            before = place.page or before
    return found


def _stand_job_aids(
    package: PackageSource, modules: dict[str, _Place], activities: dict[str, _Place], run: Run
) -> list[tuple[_Place, JobAidSource]]:
    """Each after the last activity of its topic."""
    found = []
    for module, source in package_job_aids.read_all(package):
        before = next(
            (page for activity in reversed(module.activities) if (page := activities[activity.path].page)), None
        )
        parent = modules[module.path].page
        found.append((_stand(run, module.job_aid, source.file, JobAidPage, parent, before, source), source))
    return found


def _stand(run: Run, path: str, file: Path, model: Any, parent: Any, before: Any, source: Any) -> _Place:
    """The page of ``path``; a new one as an empty draft right after ``before``."""
    page = model.objects.filter(translation_key=run.uuid_of(path)).first()
    if page is None:
        if (PAGE, path) in run.items:
            run.kept.add(path)
            run.tell(PAGE, path, KEPT, _("“%(title)s” was deleted since it was loaded") % {"title": source.title})
            return _Place(path, file, None)
        if parent is None:
            run.kept.add(path)
            run.tell(PAGE, path, KEPT, _("the page above “%(title)s” was deleted") % {"title": source.title})
            return _Place(path, file, None)
        page = model(title=source.title, slug=source.slug, live=False, translation_key=run.uuid_of(path))
        _add(parent, before, page, file)
        run.page_ids[path] = page.pk
        return _Place(path, file, page, is_new=True)
    run.page_ids[path] = page.pk
    reason = _edited(page, run.items.get((PAGE, path)))
    if reason:
        run.kept.add(path)
        run.tell(PAGE, path, KEPT, reason)
    return _Place(path, file, page, is_kept=bool(reason))


def _add(parent: Any, before: Any, page: Any, file: Path) -> None:
    """As the next sibling of ``before``, or as the first child. The tree is asked anew: other adds have changed it."""
    parent.refresh_from_db()
    try:
        if before is not None and before.get_parent().pk == parent.pk:
            before.refresh_from_db()
            before.add_sibling(pos="right", instance=page)
        elif isinstance(page, CoursePage) or not parent.numchild:
            parent.add_child(instance=page)
        else:
            parent.get_first_child().add_sibling(pos="left", instance=page)
    except ValidationError as error:
        raise PackageError(file, None, " ".join(error.messages)) from None


def _edited(page: Any, item: Any) -> str:
    """Why the page is a trainer's now; "" when it still is what was loaded. A draft is an edit, so is unpublishing."""
    title = {"title": page.title}
    if item is None:
        return _("“%(title)s” stands here already and was not loaded") % title
    if str(page.latest_revision_id or "") != item.revision:
        if page.has_unpublished_changes:
            return _("“%(title)s” has a draft newer than what was loaded") % title
        return _("“%(title)s” was edited since it was loaded") % title
    return "" if page.live else _("“%(title)s” was unpublished since it was loaded") % title


def _load_activity(activity: ActivitySource, place: _Place, run: Run) -> None:
    kind = kinds.get(activity.kind)
    if kind.prepare:
        kind.prepare(activity.source, run)
    _settle(place, run, lambda page: kind.build(activity.source, page.get_parent(), page, run))


def _settle(place: _Place, run: Run, fill: Callable[[Any], Any]) -> None:
    """Fill the page and publish it, unless it is a trainer's or says the same already."""
    if place.page is None or place.is_kept:
        return
    # The tree may have moved under the page since it was read.
    place.page.refresh_from_db()
    page = fill(place.page)
    loaded_hash = content_hash(page)
    item = run.items.get((PAGE, place.path))
    values = {"key": str(page.translation_key), "source_hash": digest(place.file.read_bytes())}
    if item and item.loaded_hash == loaded_hash:
        run.keep_item(PAGE, place.path, **values)
        run.tell(PAGE, place.path, UNCHANGED)
        return
    try:
        revision = page.save_revision()
        revision.publish()
    except ValidationError as error:
        raise PackageError(place.file, None, " ".join(error.messages)) from None
    run.keep_item(PAGE, place.path, **values, loaded_hash=loaded_hash, revision=str(revision.pk))
    run.tell(PAGE, place.path, CREATED if place.is_new else UPDATED)


def content_hash(page: Page) -> str:
    """Of what an author writes: title, address and the page type's own fields with their rows, not the tree."""
    own = {field.name for field in page._meta.get_fields()} - {field.name for field in Page._meta.get_fields()}
    data = page.serializable_data()
    kept = {name: _without_keys(data[name]) for name in sorted(own | {"title", "slug"}) if name in data}
    kept.pop("page_ptr", None)
    kept.pop("course", None)
    return fingerprint(kept)


def _without_keys(value: Any) -> Any:
    """A page keeps new keys for its rows each time they are set."""
    if isinstance(value, list):
        return [_without_keys(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_keys(item) for name, item in value.items() if name not in ("pk", "page")}
    if isinstance(value, str) and value.startswith(("[", "{")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _fill_course(page: CoursePage, package: PackageSource) -> CoursePage:
    page.title, page.slug, page.summary = package.title, package.slug, package.summary
    page.hours = None if package.hours is None else round(package.hours, 1)
    return page


def _fill_module(page: ModulePage, module: ModuleSource, modules: dict[str, _Place]) -> ModulePage:
    page.title, page.slug, page.summary = module.title, module.slug, module.summary
    page.requires.set([place.page for name in module.requires if (place := modules[name]).page is not None])
    return page


def _tell_of_strays(run: Run) -> None:
    """Pages that an earlier run made and the package has no more: left where they are, and said."""
    told = {note.path for note in run.notes if note.kind == PAGE}
    for kind, path in run.items:
        if kind == PAGE and path not in told:
            run.tell(PAGE, path, KEPT, _("is no longer in the package; its page was left alone"))
