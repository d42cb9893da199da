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
        event="UPDATE OF id, page_key, block_id, text_hash, cleared_by_id, cleared_at",
        when="NEW.id = OLD.id",
        message="clearances are append-only",
    ),
    Trigger(
        # Erasing the reviewer empties the name; who it was stands in the account.
        name="name_on_a_legal_clearance_is_only_erased",
        table="courses_legalclearance",
        event="UPDATE OF cleared_by_name",
        when="NEW.cleared_by_name <> ''",
        message="clearances are append-only: the name is erased with the person and never changed",
    ),
    Trigger(
        name="legal_clearance_is_never_deleted",
        table="courses_legalclearance",
        event="DELETE",
        when="OLD.id IS NOT NULL",
        message="clearances are append-only",
    ),
)
