"""What the database refuses by trigger (see lms.core.triggers): what people took note of is never rewritten."""

from lms.core.triggers import Trigger

TRIGGERS = (
    Trigger(
        name="published_notice_is_never_changed",
        table="people_privacynotice",
        event="UPDATE",
        when="NEW.id = OLD.id",
        message="a published notice is never changed: publish the next version",
    ),
    Trigger(
        name="published_notice_is_never_deleted",
        table="people_privacynotice",
        event="DELETE",
        when="OLD.id IS NOT NULL",
        message="a published notice is never deleted: publish the next version",
    ),
    Trigger(
        name="taken_notice_is_never_changed",
        table="people_noticeacceptance",
        event="UPDATE",
        when="NEW.id = OLD.id",
        message="that somebody took note is never changed",
    ),
)
