"""Celery only nudges: every task is driven by a row with a state, may run twice, and is found again by the sweep."""

import logging

from celery import shared_task

from lms.core import clock
from quizzes.models import ExamSession, Regrade
from quizzes.services import analysis, attempts, imports, regrades

logger = logging.getLogger(__name__)


def nudge(task: object, *args: object) -> None:
    """Ask a worker. A broker that is down costs nobody anything: the sweep finds the row."""
    try:
        # Without retries, which would hold the request up for as long as the broker is away.
        task.apply_async(args=args, retry=False)  # type: ignore[attr-defined]
    except Exception:
        logger.exception("%s%s is left to the sweep: the broker does not answer", task, args)


# --- Item analysis --------------------------------------------------------------------------------------


@shared_task(name="quizzes.analyse")
def analyse(quiz_id: int, choice: str) -> None:
    """Nothing where no result came in since."""
    analysis.compute(quiz_id=quiz_id, choice=choice, at=clock.now())


def analyse_due() -> int:
    """For the sweep: hand every analysis that is due to a worker; how many there were."""
    found = analysis.due(clock.now())
    for quiz_id, choice in found:
        nudge(analyse, quiz_id, choice)
    return len(found)


# --- Regrading ------------------------------------------------------------------------------------------


@shared_task(name="quizzes.work_out_regrade")
def work_out_regrade(regrade_id: int) -> None:
    regrades.work_out(regrade_id=regrade_id)


@shared_task(name="quizzes.carry_out_regrade")
def carry_out_regrade(regrade_id: int) -> None:
    regrades.carry_out(regrade_id=regrade_id, at=clock.now())


def regrade_unfinished() -> int:
    """For the sweep: hand what waits, or was left in the middle, to a worker; how many there were."""
    found = regrades.unfinished()
    for regrade_id, state in found:
        nudge(work_out_regrade if state == Regrade.State.WAITING else carry_out_regrade, regrade_id)
    return len(found)


# --- Imports of questions -------------------------------------------------------------------------------


@shared_task(name="quizzes.read_import")
def read_import(batch_id: int) -> None:
    imports.read(batch_id=batch_id)


@shared_task(name="quizzes.enter_import")
def enter_import(batch_id: int) -> None:
    imports.enter(batch_id=batch_id)


@shared_task(name="quizzes.take_back_import")
def take_back_import(batch_id: int) -> None:
    imports.take_back(batch_id=batch_id)


# --- Supervised sessions --------------------------------------------------------------------------------


@shared_task(name="quizzes.reserve_seats")
def reserve_seats(session_id: int) -> None:
    """A nudge that is lost costs nothing: an attempt that was not reserved is made when its learner begins."""
    session = ExamSession.objects.select_related("quiz__activity").filter(pk=session_id, closed_at__isnull=True).first()
    if session is not None:
        attempts.reserve_seats(session=session, at=clock.now())
