"""What the database refuses by trigger (see lms.core.triggers): a certificate is frozen."""

from lms.core.triggers import Trigger

TRIGGERS = (
    Trigger(
        name="certificate_number_is_never_changed",
        table="certificates_certificate",
        event="UPDATE OF number, register_id, verify_code, completion_id, issued_at",
        when=(
            "NEW.number <> OLD.number OR NEW.register_id <> OLD.register_id OR NEW.verify_code <> OLD.verify_code"
            " OR NEW.completion_id <> OLD.completion_id OR NEW.issued_at <> OLD.issued_at"
        ),
        message="a certificate is frozen: supersede it",
    ),
    Trigger(
        # Erasing a person empties the payload; nothing else touches it. The hash outlives the file.
        name="certificate_words_are_never_changed",
        table="certificates_certificate",
        event="UPDATE OF payload, sha256",
        when=(
            "(NEW.payload <> OLD.payload AND NEW.payload <> '{}') OR (OLD.sha256 <> '' AND NEW.sha256 <> OLD.sha256)"
        ),
        message="the words and the file of a certificate are frozen: supersede it",
    ),
    Trigger(
        name="certificate_is_never_deleted",
        table="certificates_certificate",
        event="DELETE",
        when="OLD.id IS NOT NULL",
        message="a certificate stays in the register: revoke it",
    ),
)
