"""A roster on its way in: staged rows, of which nothing reaches an account before somebody confirms."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.accounts.models import User
from lms.fanpages.enums import Problem as PageProblem
from lms.people.enums import FIELDS, WRITTEN, Answer, BatchState, FileFault, Left, Outcome, Refusal, Remark, Sync
from lms.units.models import Appointment, Grant, Unit
from lms.units.scope import scope_q


class RosterBatchQuerySet(models.QuerySet["RosterBatch"]):
    def visible_to(self, person: User) -> Self:
        """Batches for units in which ``person`` may bring in people today."""
        return self.filter(scope_q(person, right=Grant.Right.IMPORT))


class RosterBatch(models.Model):
    """One file, read once. ``unit`` is the top of the subtree its rows may name.

    ``layout`` says how the file was understood (queries.Layout reads it): columns, what was skipped, groups, old names.
    ``stored`` names the file in the private storage until it is read; ``fault`` and ``fault_words`` say why it could
    not be. ``serving``: how many served where the file is the full list, when it was read. ``taken_at``: when a worker
    last showed that it was at work on the batch.
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
    sync = models.CharField(max_length=10, choices=Sync.choices, default=Sync.ADD)
    leaving_on = models.DateField(null=True, blank=True)
    serving = models.PositiveIntegerField(default=0)
    leaving_allowed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    leaving_allowed_at = models.DateTimeField(null=True, blank=True)
    stored = models.CharField(max_length=200, blank=True)
    fault = models.CharField(max_length=20, blank=True)
    fault_words = models.JSONField(default=dict, blank=True)
    rows_all = models.PositiveIntegerField(default=0)
    rows_read = models.PositiveIntegerField(default=0)
    taken_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    undo_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    undo_at = models.DateTimeField(null=True, blank=True)
    undo_reason = models.CharField(_("reason"), max_length=300, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = RosterBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("roster")
        verbose_name_plural = _("rosters")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=[BatchState.APPLYING, BatchState.DONE]) | Q(confirmed_at__isnull=False),
                name="roster_is_written_only_once_confirmed",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[BatchState.UNDOING, BatchState.UNDONE])
                | (Q(undo_at__isnull=False) & Q(done_at__isnull=False)),
                name="only_a_written_roster_is_taken_back",
            ),
            models.CheckConstraint(
                condition=Q(sync=Sync.ADD) | Q(leaving_on__isnull=False), name="roster_says_when_people_leave"
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def fault_sentence(self) -> str:
        """Why the file could not be read, in the reader's language; empty otherwise."""
        return str(FileFault(self.fault).label) % self.fault_words if self.fault else ""


class RosterRow(models.Model):
    """pii: one row as it stood in the file (``number`` is Excel's), and what would become of it.

    ``original``: column → the cell as written, of a refused or doubtful row; of any other the cells that have no field
    here (further post, acting, last day, decision, the mark that clears an e-mail; rules.said_of_post reads them).
    ``remarks``: [key, words] of what was understood otherwise than written. ``page_status`` is "" where the row says
    nothing of the unit's page.
    ``candidates``: of a doubtful row, accounts or units that it may mean; ``unit_key``: of one whose unit is doubtful,
    the text as UnitChoice keeps it. ``undo``: what writing it changed (services.roster_undo reads it).
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
    candidates = models.JSONField(default=list, blank=True)
    unit_key = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=10, choices=Answer.choices, blank=True)
    answer_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    undo = models.JSONField(default=dict, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undo_left = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = _("row of a roster")
        verbose_name_plural = _("rows of a roster")
        ordering = ["pk"]
        indexes = [models.Index(fields=["batch", "outcome"], name="roster_row_by_outcome")]
        constraints = [
            models.UniqueConstraint(fields=["batch", "sheet", "number"], name="roster_row_is_read_once"),
            models.CheckConstraint(
                condition=~Q(outcome__in=[Outcome.REFUSED, Outcome.CONFLICT]) | ~Q(refusal=""),
                name="refused_roster_row_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=WRITTEN) | Q(written_at__isnull=True),
                name="only_new_and_changed_rows_are_written",
            ),
            models.CheckConstraint(
                condition=Q(written_at__isnull=False) | Q(undone_at__isnull=True),
                name="only_a_written_roster_row_is_taken_back",
            ),
            models.CheckConstraint(
                condition=~Q(answer=Answer.PERSON) | Q(answer_person__isnull=False),
                name="roster_answer_names_the_person",
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

    @property
    def left(self) -> list[str]:
        """What taking the row back has left alone, as sentences in the reader's language."""
        return left_alone(self.undo_left)


def left_alone(kept: list[Any]) -> list[str]:
    """[key, words] of what taking back leaves alone, as sentences in the reader's language."""
    return [str(Left(key).label) % in_words(words) for key, words in kept]


def in_words(words: dict[str, Any]) -> dict[str, Any]:
    """The key of a field among the words, as people call it."""
    return {**words, "field": str(FIELDS[words["field"]])} if words.get("field") in FIELDS else words


class RosterLeaver(models.Model):
    """pii: somebody who serves where the file is the full list, and is not in it: ``appointment`` is to end.

    ``stays``: not to be ended after all; so it is from the first for ``is_guarded``, somebody with rights over others
    or the importer, until a person says otherwise. ``problem``: a Refusal, why it was not ended.
    """

    batch = models.ForeignKey(RosterBatch, on_delete=models.CASCADE, related_name="leavers")
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="+")
    stays = models.BooleanField(default=False)
    is_guarded = models.BooleanField(default=False)
    problem = models.CharField(max_length=30, blank=True)
    written_at = models.DateTimeField(null=True, blank=True)
    undo = models.JSONField(default=dict, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undo_left = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = _("person leaving by a roster")
        verbose_name_plural = _("people leaving by a roster")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "appointment"], name="roster_leaver_is_listed_once"),
            models.CheckConstraint(
                condition=Q(stays=False) | Q(written_at__isnull=True), name="who_stays_does_not_leave"
            ),
            models.CheckConstraint(
                condition=Q(written_at__isnull=False) | Q(undone_at__isnull=True),
                name="only_who_has_left_is_taken_back",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.appointment_id}"

    @property
    def sentence(self) -> str:
        return sentence(self.problem, {})

    @property
    def left(self) -> list[str]:
        return left_alone(self.undo_left)


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


class UnitChoice(models.Model):
    """What people of a unit have said that a doubtful name of a unit means; ``meaning`` None: rows with it stay out.

    ``written`` is the text as queries.places.key_of gives it. It counts for files of the unit and of all below it.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    written = models.CharField(max_length=300)
    meaning = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("meaning of a unit's name")
        verbose_name_plural = _("meanings of units' names")
        constraints = [models.UniqueConstraint(fields=["unit", "written"], name="unit_name_means_one_thing_in_a_unit")]

    def __str__(self) -> str:
        return f"{self.written} → {self.meaning_id}"
