"""Item analysis is worked out here, in Celery, and kept; no page works anything out.

``QuizAnalysis.stale_since`` says that something is to do. The sweep looks, and lets PAUSE pass first, so that a mass
exam is analysed every few minutes and not at each submit. Equal populations have equal hashes: nothing is done twice.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict

from django.db.models import Exists, OuterRef

from quizzes import statistics
from quizzes.models import Attempt, Quiz, QuizAnalysis, VersionAnalysis
from quizzes.queries import analysis as reads

Choice = QuizAnalysis.Choice

PAUSE = dt.timedelta(minutes=10)
# Part of the hash: raise it when a formula or the shape of what is kept changes, and everything is worked out anew.
EDITION = 1
# A result that came in at the very moment of writing is found by comparing counts for so long.
_WATCHED = dt.timedelta(days=1)


def mark_stale(*, quiz_id: int, at: dt.datetime) -> None:
    """A result came in or changed. One query, which writes nothing when it is known already."""
    QuizAnalysis.objects.filter(quiz_id=quiz_id, stale_since__isnull=True).update(stale_since=at)


def ask(*, quiz: Quiz, choice: str, at: dt.datetime) -> QuizAnalysis:
    """Somebody wants it now: due at once. A second call changes nothing."""
    analysis, _created = QuizAnalysis.objects.get_or_create(quiz=quiz, choice=choice)
    QuizAnalysis.objects.filter(pk=analysis.pk).update(stale_since=at - PAUSE)
    return analysis


def due(at: dt.datetime) -> list[tuple[int, str]]:
    """(quiz, choice) that are to be worked out: stale for longer than PAUSE, or with marked attempts and no analysis.

    Also those worked out since yesterday that know fewer changes of grades than there are. Four queries.
    """
    _add_missing(at)
    fresh = list(
        QuizAnalysis.objects.filter(stale_since__isnull=True, computed_at__gte=at - _WATCHED).values_list(
            "pk", "quiz_id", "figures__changes"
        )
    )
    counts = reads.changes_of({quiz for _pk, quiz, _known in fresh}) if fresh else {}
    missed = [pk for pk, quiz, known in fresh if known != counts.get(quiz, 0)]
    if missed:
        QuizAnalysis.objects.filter(pk__in=missed, stale_since__isnull=True).update(stale_since=at)
    return list(
        QuizAnalysis.objects.filter(stale_since__lte=at - PAUSE)
        .order_by("stale_since")
        .values_list("quiz_id", "choice")
    )


def _add_missing(at: dt.datetime) -> None:
    has_results = Attempt.objects.of_statistics().filter(quiz=OuterRef("pk"))
    known = QuizAnalysis.objects.filter(quiz=OuterRef("pk"), choice=Choice.FIRST)
    found = Quiz.objects.filter(Exists(has_results), ~Exists(known)).values_list("pk", flat=True)
    QuizAnalysis.objects.bulk_create(
        [QuizAnalysis(quiz_id=pk, stale_since=at - PAUSE) for pk in found], ignore_conflicts=True
    )


def compute(*, quiz_id: int, choice: str, at: dt.datetime) -> bool:
    """Work out and keep what is stale; True if anything was worked out, False where the population is as it was.

    The number of queries depends neither on attempts nor on questions. Killed in the middle, or run twice at once, it
    leaves what was there or what is right. Of fewer than FEWEST people nothing is kept but their number.
    """
    row = QuizAnalysis.objects.select_related("quiz").filter(quiz_id=quiz_id, choice=choice).first()
    if row is None or row.stale_since is None:
        return False
    changes = reads.changes_of([quiz_id]).get(quiz_id, 0)
    members = reads.population(quiz_id, choice)
    digest = reads.hash_of(members, choice, row.quiz.pass_percent, EDITION)
    is_same = digest == row.population and row.computed_at is not None
    if is_same:
        figures = {**row.figures, "changes": changes}
    else:
        figures = {**_figures(row.quiz, members, choice, at), "changes": changes}
    # What became stale meanwhile carries another moment, or is found by its count.
    QuizAnalysis.objects.filter(pk=row.pk).update(
        population=digest, sample=len(members), figures=figures, computed_at=at
    )
    QuizAnalysis.objects.filter(pk=row.pk, stale_since=row.stale_since).update(stale_since=None)
    return not is_same


def _figures(quiz: Quiz, members: Sequence[reads.Member], choice: str, at: dt.datetime) -> dict[str, object]:
    people = len({member.person for member in members})
    if people < statistics.FEWEST:
        return {"people": people}
    matrix = reads.matrix(quiz.pk, members)
    found = statistics.analyse(matrix.sheets, unit=reads.UNIT, pass_percent=quiz.pass_percent)
    shares = [float(member.score) for member in members]
    whole = found.whole
    error = whole.sem / whole.most if whole.sem is not None and whole.most else None
    if choice == Choice.FIRST:
        compute_versions(version_ids=list(matrix.versions), at=at)
    return {
        "people": people,
        "pass_percent": quiz.pass_percent,
        "whole": asdict(whole),
        "borderline": asdict(statistics.borderline(shares, pass_percent=quiz.pass_percent, error=error)),
        "totals": [asdict(row) for row in statistics.histogram(shares)],
        "items": [
            {
                "version": item.key,
                "figures": asdict(item),
                "needs_checking": statistics.needs_checking(item, reads.guess_of(matrix.versions[item.key])),  # type: ignore[index]
                "responses": reads.responses(matrix.versions[item.key], matrix),  # type: ignore[index]
            }
            for item in found.items
            # A drawn question that hardly anybody was asked would show who answered what.
            if item.size >= statistics.FEWEST
        ],
    }


def compute_versions(*, version_ids: Sequence[int], at: dt.datetime) -> int:
    """Figures of each version over all quizzes that ask it, kept with the bank; how many changed. Five queries."""
    columns = reads.columns(version_ids)
    known = dict(VersionAnalysis.objects.filter(version__in=version_ids).values_list("version_id", "population"))
    fresh = {pk: column for pk, column in columns.items() if known.get(pk) != column.population}
    versions = reads.QuestionVersion.objects.in_bulk(list(fresh))
    rows = []
    for pk, column in fresh.items():
        item = statistics.analyse_item(column.marks, column.rests, key=pk, unit=reads.UNIT)
        is_shown = item.size >= statistics.FEWEST
        rows.append(
            VersionAnalysis(
                version_id=pk,
                population=column.population,
                sample=item.size,
                facility=item.facility.value if is_shown else None,
                discrimination=item.discrimination.value if is_shown else None,
                efficiency=item.efficiency if is_shown else None,
                needs_checking=statistics.needs_checking(item, reads.guess_of(versions[pk])),
                figures=asdict(item) if is_shown else {},
                computed_at=at,
            )
        )
    VersionAnalysis.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["version"],
        update_fields=["population", "sample", "facility", "discrimination", "efficiency", "needs_checking", "figures",
                       "computed_at"],
    )  # fmt: skip
    return len(rows)
