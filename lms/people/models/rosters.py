"""A roster on its way in: staged rows, of which nothing reaches an account before somebody confirms."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.accounts.models import User
from lms.fanpages.enums import Problem as PageProblem
from lms.people.enums import BatchState, Outcome, Refusal, Remark
from lms.units.models import Grant, Unit
from lms.units.scope import scope_q


class RosterBatchQuerySet(models.QuerySet["RosterBatch"]):
    def visible_to(self, person: User) -> Self:
        """Batches for units in which ``person`` may bring in people today."""
        return self.filter(scope_q(person, right=Grant.Right.IMPORT))


class RosterBatch(models.Model):
    """One file, read once. ``unit`` is the top of the subtree its rows may name.

    ``layout`` says how the file was understood (queries.Layout reads it): columns, what was skipped, groups, old names.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    file_name = models.CharField(max_length=200)
    file_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.READING, db_index=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    layout = models.JSONField(default=dict, blank=True)
    codes_issued_at = models.DateTimeField(null=True, blank=True)

    objects = RosterBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("roster")
        verbose_name_plural = _("rosters")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=[BatchState.APPLYING, BatchState.DONE]) | Q(confirmed_at__isnull=False),
                name="roster_is_written_only_once_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class RosterRow(models.Model):
    """pii: one row as it stood in the file (``number`` is Excel's), and what would become of it.

    ``original``: of a refused row, column → the cell as written. ``remarks``: [key, words] of what was understood
    otherwise than written. ``page_status`` is "" where the row says nothing of the unit's page.
    """

    batch = models.ForeignKey(RosterBatch, on_delete=models.CASCADE, related_name="rows")
    sheet = models.CharField(max_length=100, blank=True)
    number = models.PositiveIntegerField()
    full_name = models.CharField(max_length=100, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    email = models.CharField(max_length=254, blank=True)
    born_on = models.DateField(null=True, blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    position = models.CharField(max_length=150, blank=True)
    page_duty = models.CharField(max_length=10, blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    unit_text = models.CharField(max_length=300, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    page_status = models.CharField(max_length=10, blank=True)
    page_url = models.CharField(max_length=300, blank=True)
    original = models.JSONField(default=dict, blank=True)
    remarks = models.JSONField(default=list, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    refusal = models.CharField(max_length=30, blank=True)
    refusal_words = models.JSONField(default=dict, blank=True)
    changes = models.JSONField(default=dict, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    written_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("row of a roster")
        verbose_name_plural = _("rows of a roster")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "sheet", "number"], name="roster_row_is_read_once"),
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.REFUSED) | ~Q(refusal=""), name="refused_roster_row_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=[Outcome.NEW, Outcome.CHANGED]) | Q(written_at__isnull=True),
                name="only_new_and_changed_rows_are_written",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}#{self.number}"

    @property
    def sentence(self) -> str:
        """Why the row is refused, in the reader's language; empty otherwise."""
        return sentence(self.refusal, self.refusal_words)

    @property
    def notes(self) -> list[str]:
        """What was understood otherwise than written, as sentences in the reader's language."""
        return [str(Remark(key).label) % words for key, words in self.remarks]


def sentence(refusal: str, words: dict[str, Any]) -> str:
    """``reason`` among the words is a code of lms.fanpages: why an address is no page's."""
    if not refusal:
        return ""
    why = str(PageProblem(words["reason"]).label) if "reason" in words else ""
    return str(Refusal(refusal).label) % {**words, "why": why}


class HeadingChoice(models.Model):
    """What people of a unit have said that a heading means; ``column`` is "" for one that is not to be read.

    ``head`` is folded (formats.headings.folded). It counts for files of the unit and of all below it.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    head = models.CharField(max_length=100)
    column = models.CharField(max_length=20, blank=True)
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("meaning of a heading")
        verbose_name_plural = _("meanings of headings")
        constraints = [models.UniqueConstraint(fields=["unit", "head"], name="heading_means_one_thing_in_a_unit")]

    def __str__(self) -> str:
        return f"{self.head} → {self.column}"
