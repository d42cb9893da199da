"""Glossary, drawings and handouts of a package → library. What a trainer changed since is kept and reported."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from courses.formats.handouts import read_handout, to_docx
from courses.formats.package import TermSource
from courses.models import GlossaryTerm
from courses.services.package_run import CREATED, KEPT, UNCHANGED, UPDATED, Run, digest, fingerprint
from media.models import LibraryDocument, LibraryImage

TERMS_FILE = "thuat-ngu.toml"


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
        source_hash = fingerprint(term.term, term.definition)
        outcome = _state(run, "term", path, row, lambda row=row: _hash_of_term(row), source_hash)  # type: ignore[misc]
        message = ""
        if row is None and ("term", path) in run.items:
            run.tell("term", path, KEPT, _("deleted since it was loaded"))
            continue
        if outcome in (CREATED, UPDATED):
            row = row or GlossaryTerm(key=term.key)
            row.term, row.definition = term.term, term.definition
            row.save()
            run.keep_item("term", path, key=term.key, source_hash=source_hash, loaded_hash=_hash_of_term(row))
        elif outcome == KEPT:
            message = _("“%(title)s” was edited since it was loaded") % {"title": row}
        run.terms[term.key] = row.pk  # type: ignore[union-attr]
        run.tell("term", path, outcome, message)


def _hash_of_term(row: GlossaryTerm) -> str:
    return fingerprint(row.term, row.definition)


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
