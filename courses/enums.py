from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Of an activity, a chuyên đề or a course, for one learner. Derived from events, never entered."""

    NOT_STARTED = "not_started", _("Not started")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Completed")


class EventKind(TextChoices):
    OPENED = "opened", _("opened")
    DONE = "done", _("done")
    FAILED = "failed", _("tried, not passed")
    EXEMPTED = "exempted", _("exempted")
    # An earlier "done" no longer holds (a result was voided or marked again); never after the course was completed.
    WITHDRAWN = "withdrawn", _("withdrawn")
