"""What the database refuses by trigger (see lms.core.triggers): evidence is only ever added."""

from lms.core.triggers import Trigger

TRIGGERS = (
    Trigger(
        name="progress_event_is_never_changed",
        table="courses_progressevent",
        event="UPDATE",
        when="NEW.id = OLD.id",
        message="progress events are append-only",
    ),
    Trigger(
        name="progress_event_is_never_deleted",
        table="courses_progressevent",
        event="DELETE",
        when="OLD.id IS NOT NULL",
        message="progress events are append-only",
    ),
    Trigger(
        name="legal_clearance_is_never_changed",
        table="courses_legalclearance",
        event="UPDATE",
        when="NEW.id = OLD.id",
        message="clearances are append-only",
    ),
    Trigger(
        name="legal_clearance_is_never_deleted",
        table="courses_legalclearance",
        event="DELETE",
        when="OLD.id IS NOT NULL",
        message="clearances are append-only",
    ),
)
