"""A reorganisation: what a legal document changes in the tree on one day, first as a plan, then as what was done."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lms.units.models.organisation import Unit
from lms.units.models.serving import Appointment


class Reorganisation(models.Model):
    """``top``: everything happens in its subtree, and whoever holds "approve" over it answers for it.

    ``effective_on`` is the first day of the new state. ``effective_after``, only for a list without dates: the last day
    on which the old state is known. ``applying``: confirmed and being written; ``switched_at`` says since when the tree
    is the new one, ``people_moved`` of ``people_total`` how far the people are. ``failure``: the sentence of what
    stopped it before anything was written (the plan is a draft again), "" otherwise.
    """

    class Source(models.TextChoices):
        SCREEN = "screen", _("entered on the screen")
        LIST = "list", _("from a list of units")

    class State(models.TextChoices):
        DRAFT = "draft", _("being drafted")
        APPLYING = "applying", _("being carried out")
        DONE = "done", _("carried out")
        CANCELLED = "cancelled", _("cancelled")

    top = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    document_kind = models.CharField(pgettext_lazy("document", "kind"), max_length=60)
    document_number = models.CharField(_("number and symbol"), max_length=80)
    document_issued_on = models.DateField(_("date of the document"), null=True, blank=True)
    document_issuer = models.CharField(_("issued by"), max_length=200, blank=True)
    document_title = models.CharField(_("about"), max_length=300, blank=True)
    effective_on = models.DateField(_("takes effect on"))
    effective_after = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=6, choices=Source.choices, default=Source.SCREEN)
    list_hash = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    failure = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField()
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    applied_at = models.DateTimeField(null=True, blank=True)
    switched_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    people_total = models.PositiveIntegerField(default=0)
    people_moved = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("reorganisation of units")
        verbose_name_plural = _("reorganisations of units")
        ordering = ["-effective_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(effective_after__isnull=True) | Q(effective_after__lt=F("effective_on")),
                name="reorganisation_interval_is_ordered",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(switched_at__isnull=False, done_at__isnull=False),
                name="a_done_reorganisation_says_when",
            ),
            models.UniqueConstraint(
                fields=["list_hash"],
                condition=Q(source="list") & ~Q(state="cancelled"),
                name="a_list_reorganises_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document} ({self.effective_on:%d/%m/%Y})"

    @property
    def document(self) -> str:
        """Kind and number: "Nghị quyết 1679/NQ-UBTVQH15". What appointments and successions keep as their basis."""
        return f"{self.document_kind} {self.document_number}".strip()

    @property
    def is_open(self) -> bool:
        """Whether the plan may still be changed."""
        return self.state == self.State.DRAFT


class ReorganisationStep(models.Model):
    """One thing the document says. ``units`` and ``params`` are read by ``lms.units.rules.changes.read_step``, whose
    docstring tells what each kind takes. ``order`` never changes: other steps call what this one opens "<order>/<n>".
    """

    class Kind(models.TextChoices):
        MERGE = "merge", _("merge")
        SPLIT = "split", _("split")
        RENAME = "rename", _("rename")
        TRANSFER = "transfer", _("transfer")
        RELEVEL = "relevel", _("change of level")
        DISSOLVE = "dissolve", _("dissolve")
        FOUND = "found", _("found")

    reorganisation = models.ForeignKey(Reorganisation, on_delete=models.CASCADE, related_name="steps")
    order = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    units = models.JSONField(default=list, blank=True)
    params = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("step of a reorganisation")
        verbose_name_plural = _("steps of a reorganisation")
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["reorganisation", "order"], name="a_step_has_one_place_in_its_plan"),
        ]

    def __str__(self) -> str:
        return f"{self.order}. {self.get_kind_display()}"


class ReorganisedUnit(models.Model):
    """What a reorganisation did to one unit. ``ref``: what the plan called a unit that it opened.

    ``people_to``, of a closed unit: where its people went by themselves; null where a person decides for each.
    """

    class Role(models.TextChoices):
        CLOSED = "closed", _("closed")
        OPENED = "opened", _("opened")
        RENAMED = "renamed", _("renamed")

    reorganisation = models.ForeignKey(Reorganisation, on_delete=models.PROTECT, related_name="reorganised")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="reorganised")
    role = models.CharField(max_length=7, choices=Role.choices)
    ref = models.CharField(max_length=24, blank=True)
    people_to = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("reorganised unit")
        verbose_name_plural = _("reorganised units")
        constraints = [
            models.UniqueConstraint(
                fields=["reorganisation", "unit", "role"], name="a_unit_is_reorganised_once_in_a_plan"
            ),
            models.UniqueConstraint(fields=["unit"], condition=Q(role="closed"), name="a_unit_is_closed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.reorganisation_id}: {self.unit_id} {self.role}"


class ReorganisationMove(models.Model):
    """pii: where somebody decided that a person of a divided or dissolved unit goes on.

    ``to_ref``: a unit as the plan calls it, before it is there; "" with ``to_unit`` null: the person goes nowhere, and
    the appointment ends on the day. ``moved_at``: since when the appointments say so; null until then.
    """

    reorganisation = models.ForeignKey(Reorganisation, on_delete=models.PROTECT, related_name="moves")
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="+")
    to_ref = models.CharField(max_length=24, blank=True)
    to_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField()
    moved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("decision where a person goes on")
        verbose_name_plural = _("decisions where people go on")
        constraints = [
            models.UniqueConstraint(fields=["reorganisation", "appointment"], name="an_appointment_is_decided_once"),
        ]

    def __str__(self) -> str:
        return f"{self.appointment_id} → {self.to_unit_id or self.to_ref or '–'}"
