import uuid

from celery import shared_task

from lms.accounts.models import User
from lms.core import clock
from lms.people.enums import BatchState
from lms.people.models import RosterBatch
from lms.people.services import privacy, retention, roster_answers, roster_undo, rosters


@shared_task(name="lms.people.read_roster")
def read_roster(batch_id: int) -> bool:
    """Only a nudge: the sweep reads a file that nobody has begun to read."""
    return rosters.read(batch_id=batch_id, at=clock.now())


@shared_task(name="lms.people.write_roster")
def write_roster(batch_id: int) -> int:
    """Only a nudge: the rows say what is to be written, and the sweep writes on when this task is lost. What takes
    longer than a turn asks for another one.
    """
    written = rosters.write(batch_id=batch_id, at=clock.now(), turn=rosters.TURN)
    if RosterBatch.objects.filter(pk=batch_id, state=BatchState.APPLYING).exists():
        write_roster.delay(batch_id)
    return written


@shared_task(name="lms.people.undo_roster")
def undo_roster(batch_id: int) -> int:
    """As ``write_roster``, for a roster that is taken back."""
    done = roster_undo.take_back(batch_id=batch_id, turn=rosters.TURN)
    if RosterBatch.objects.filter(pk=batch_id, state=BatchState.UNDOING).exists():
        undo_roster.delay(batch_id)
    return done


@shared_task(name="lms.people.decide_roster")
def decide_roster(batch_id: int, by_id: int) -> int:
    """Rows whose doubtful unit was answered; the sweep does it too."""
    batch = RosterBatch.objects.select_related("unit").get(pk=batch_id)
    return roster_answers.decide_anew(batch=batch, by=User.objects.get(pk=by_id))


@shared_task(name="lms.people.make_export")
def make_export(export_id: str) -> bool:
    """Only a nudge: the sweep makes packages that nobody is at."""
    return privacy.make_export(export_id=uuid.UUID(export_id), at=clock.now())


@shared_task(name="lms.people.retention")
def clean_old_data() -> None:
    retention.run(at=clock.now(), by=None)
