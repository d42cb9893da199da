"""The programme as the Front announced it: the conference, its points, the targets."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.plans.models.assignments import BasisDocument
from lms.units.models import Level, Unit


class Target(models.Model):
    """What was asked for. ``indicator`` says what is counted: a guide issued is no page set up.

    ``deadline_as_written`` is the source's own word ("trong tháng 6/2022"); ``deadline`` the last day it can mean, null
    where the source states none.
    """

    class Indicator(models.TextChoices):
        GUIDE_ISSUED = "guide_issued", _("units that have issued a guide")
        PAGE_SET_UP = "page_set_up", _("units that have set up a page")

    class Strength(models.TextChoices):
        ASKED = "asked", _("asked for")
        STRIVEN = "striven", _("to strive for")
        ANNOUNCED = "announced", _("will be completed")

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="+")
    indicator = models.CharField(max_length=20, choices=Indicator.choices)
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    strength = models.CharField(max_length=10, choices=Strength.choices)
    announced_on = models.DateField(null=True, blank=True)
    deadline = models.DateField(null=True, blank=True)
    deadline_as_written = models.CharField(max_length=60, blank=True)
    basis = models.ForeignKey(BasisDocument, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    counts = models.CharField(_("what it counts"), max_length=300)
    source = models.CharField(_("source"), max_length=200)
    is_illustrative = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "level", "indicator", "announced_on", "source"], name="target_is_entered_once"
            ),
            models.CheckConstraint(condition=Q(percent__gt=0) & Q(percent__lte=100), name="target_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % {self.indicator}"


class Conference(models.Model):
    """A session of training with its points (điểm cầu). Names and posts are those of the day, as written."""

    title = models.CharField(_("title"), max_length=200)
    held_on = models.DateField()
    mode = models.CharField(_("form"), max_length=60)
    chair = models.CharField(_("chaired by"), max_length=120, blank=True)
    chair_position = models.CharField(_("position on that day"), max_length=200, blank=True)
    content = models.TextField(_("content"), blank=True)
    source = models.CharField(_("source"), max_length=200)
    is_illustrative = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("conference")
        verbose_name_plural = _("conferences")
        constraints = [models.UniqueConstraint(fields=["title", "held_on"], name="conference_is_entered_once")]

    def __str__(self) -> str:
        return self.title


class ConferencePoint(models.Model):
    """One point (điểm cầu), the room of one unit. ``attendants`` null: the source gives no number."""

    conference = models.ForeignKey(Conference, on_delete=models.PROTECT, related_name="points")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    attendants = models.PositiveIntegerField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("point of a conference")
        verbose_name_plural = _("points of a conference")
        constraints = [models.UniqueConstraint(fields=["conference", "unit"], name="a_unit_is_one_point")]

    def __str__(self) -> str:
        return f"{self.conference_id} @ {self.unit_id}"
