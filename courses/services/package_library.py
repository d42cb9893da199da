"""Registers, drawings and handouts of a package → library. What a trainer changed since is kept and reported."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from courses.formats.handouts import read_handout, to_docx
from courses.formats.package import GROUNDS_FILE, SCREENS_FILE, TERMS_FILE
from courses.formats.registers import DocumentSource, ScreenSource, TermSource
from courses.models import GlossaryTerm, LegalDocument
from courses.services.package_run import CREATED, KEPT, UNCHANGED, UPDATED, Run, digest, fingerprint
from media.models import LibraryDocument, LibraryImage, Screen


def _state(run: Run, kind: str, path: str, existing: Any, loaded_hash: Callable[[], str], source_hash: str) -> str:
    """The outcome that ``path`` is due."""
    item = run.items.get((kind, path))
    if existing is None:
        return CREATED
    if item is None or loaded_hash() != item.loaded_hash:
        return KEPT
    return UNCHANGED if item.source_hash == source_hash else UPDATED


def put_terms(terms: tuple[TermSource, ...], run: Run) -> None:
    """Two queries, and one or two for each term that is new or changed."""
    known = {row.key: row for row in GlossaryTerm.objects.filter(key__in=[term.key for term in terms])}
    for term in terms:
        path = f"{TERMS_FILE}#{term.key}"
        row = known.get(term.key)
        source_hash = _hash_of_term(term)
        outcome = _state(run, "term", path, row, lambda row=row: _hash_of_term(row), source_hash)  # type: ignore[misc]
        message = ""
        if row is None and ("term", path) in run.items:
            run.tell("term", path, KEPT, _("deleted since it was loaded"))
            continue
        if outcome in (CREATED, UPDATED):
            row = row or GlossaryTerm(key=term.key)
            row.term, row.definition, row.english = term.term, term.definition, term.english
            row.save()
            run.keep_item("term", path, key=term.key, source_hash=source_hash, loaded_hash=_hash_of_term(row))
        elif outcome == KEPT:
            message = _("“%(title)s” was edited since it was loaded") % {"title": row}
        run.terms[term.key] = row.pk  # type: ignore[union-attr]
        run.tell("term", path, outcome, message)


def _hash_of_term(row: GlossaryTerm | TermSource) -> str:
    # As before the English was kept, where there is none.
    return fingerprint(row.term, row.definition, *([row.english] if row.english else []))


def put_picture(file: Path, *, title: str, alternative: str, run: Run) -> None:
    """The drawing as a picture of the library; one that was deleted there is made again, since a lesson needs it."""
    path = run.inside(file)
    if path in run.images:
        return
    content = file.read_bytes()
    row = LibraryImage.objects.filter(package_key=f"{run.package}/{path}").first()
    source_hash = fingerprint(digest(content), alternative, title)
    outcome = _state(run, "picture", path, row, lambda: _hash_of_picture(row), source_hash)  # type: ignore[arg-type]
    if outcome in (CREATED, UPDATED):
        row = row or LibraryImage(package_key=f"{run.package}/{path}")
        row.title, row.description = title, alternative
        run.save_with_file(row, file.name, content)
        row.renditions.all().delete()
        loaded = _hash_of_picture(row)
        run.keep_item("picture", path, key=str(row.pk), source_hash=source_hash, loaded_hash=loaded)
    run.images[path] = row.pk  # type: ignore[union-attr]
    run.tell("picture", path, outcome, _edited(row) if outcome == KEPT else "")


def _hash_of_picture(row: LibraryImage) -> str:
    return fingerprint(row.title, row.description, row.file.name)


def put_handout(file: Path, *, run: Run) -> None:
    """The Markdown as a Word file of the library, made again only when the Markdown has changed."""
    path = run.inside(file)
    if path in run.documents:
        return
    handout = read_handout(file)
    row = LibraryDocument.objects.filter(package_key=f"{run.package}/{path}").first()
    source_hash = fingerprint(handout.text)
    outcome = _state(run, "document", path, row, lambda: _hash_of_document(row), source_hash)  # type: ignore[arg-type]
    if outcome in (CREATED, UPDATED):
        row = row or LibraryDocument(package_key=f"{run.package}/{path}")
        row.title = handout.title
        run.save_with_file(row, f"{file.stem}.docx", to_docx(handout))
        loaded = _hash_of_document(row)
        run.keep_item("document", path, key=str(row.pk), source_hash=source_hash, loaded_hash=loaded)
    run.documents[path] = row.pk  # type: ignore[union-attr]
    run.tell("document", path, outcome, _edited(row) if outcome == KEPT else "")


def _hash_of_document(row: LibraryDocument) -> str:
    return fingerprint(row.title, row.file.name)


def _edited(row: Any) -> str:
    return _("“%(title)s” was edited since it was loaded") % {"title": row}


def put_documents(documents: tuple[DocumentSource, ...], run: Run) -> None:
    """The register of documents. One query, and two for each that is new or changed.

    A full text that was uploaded is no edit: it stays, and the entry goes on being refreshed.
    """
    known = {row.key: row for row in LegalDocument.objects.filter(key__in=[source.key for source in documents])}
    due: list[tuple[DocumentSource, str]] = []
    for source in documents:
        path = f"{GROUNDS_FILE}#{source.key}"
        row = known.get(source.key)
        if row is None and ("law", path) in run.items:
            run.tell("law", path, KEPT, _("deleted since it was loaded"))
            continue
        source_hash = _hash_of_document_source(source)
        outcome = _state(run, "law", path, row, lambda row=row: _hash_of_law(row), source_hash)  # type: ignore[misc]
        if outcome in (CREATED, UPDATED):
            row = row or LegalDocument(key=source.key)
            for name in _LAW_FIELDS:
                setattr(row, name, getattr(source, name))
            row.replaced_by = None
            _note_end(row, source, run)
            row.save()
            known[source.key] = row
            due.append((source, source_hash))
        run.tell("law", path, outcome, _edited(row) if outcome == KEPT else "")
    # What replaces them stands by now, wherever it comes in the file.
    for source, source_hash in due:
        row = known[source.key]
        if source.replaced_by in known:
            row.replaced_by = known[source.replaced_by]
            _note_end(row, source, run)
            row.save()
        path = f"{GROUNDS_FILE}#{source.key}"
        run.keep_item("law", path, key=source.key, source_hash=source_hash, loaded_hash=_hash_of_law(row))


_LAW_FIELDS = (
    "number", "name", "kind", "issued_on", "in_force_from", "in_force_to", "summary", "certainty", "checked_on", "url",
)  # fmt: skip


def _note_end(row: LegalDocument, source: DocumentSource, run: Run) -> None:
    """A package knows the end of its documents: its questions, made at the same instant, name them knowingly."""
    if source.in_force_to or source.replaced_by:
        row.ended_noted_at = row.ended_noted_at or run.at


def _hash_of_law(row: LegalDocument) -> str:
    replaced_by = row.replaced_by.key if row.replaced_by else ""
    return fingerprint(*(getattr(row, name) for name in _LAW_FIELDS), replaced_by)


def _hash_of_document_source(source: DocumentSource) -> str:
    return fingerprint(*(getattr(source, name) for name in _LAW_FIELDS), source.replaced_by)


def put_screens(screens: Iterable[ScreenSource], run: Run) -> None:
    """The screens that the drawings show. A drawing that a trainer tied to another screen stays with that one.

    A screen that was marked stale is not any more once the package has seen it later. Pictures went before.
    """
    screens = list(screens)
    known = {row.key: row for row in Screen.objects.filter(key__in=[source.key for source in screens])}
    for source in screens:
        path = f"{SCREENS_FILE}#{source.key}"
        row = known.get(source.key)
        if row is None and ("screen", path) in run.items:
            run.tell("screen", path, KEPT, _("deleted since it was loaded"))
            continue
        source_hash = fingerprint(source.app, source.title, source.seen_on)
        outcome = _state(run, "screen", path, row, lambda row=row: _hash_of_screen(row), source_hash)  # type: ignore[misc]
        if outcome in (CREATED, UPDATED):
            row = row or Screen(key=source.key)
            row.app, row.title, row.seen_on = source.app, source.title, source.seen_on
            if row.stale_since and row.stale_since <= source.seen_on:
                row.stale_since, row.note = None, ""
            row.save()
            run.keep_item("screen", path, key=source.key, source_hash=source_hash, loaded_hash=_hash_of_screen(row))
        run.tell("screen", path, outcome, _edited(row) if outcome == KEPT else "")
        pictures = [run.images[name] for name in source.pictures if name in run.images]
        LibraryImage.objects.filter(pk__in=pictures, screen=None).update(screen=row)


def _hash_of_screen(row: Screen) -> str:
    return fingerprint(row.app, row.title, row.seen_on)
