"""The organisation over time: units that open and close but never move, their dated names and codes.

A boundary known only to lie between two lists has ``…_after`` (the last day on which the old state is known) beside
``…_on`` (the first day on which the new one is); where the day is known, ``…_after`` is null. A period is half open:
``starts_on <= day < ends_on``; null is unbounded.
"""

import datetime as dt
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

from lms.core import text


def in_force(day: dt.date, *, starts: str = "starts_on", ends: str = "ends_on", prefix: str = "") -> Q:
    """Rows whose half-open period holds ``day``."""
    return (Q(**{f"{prefix}{starts}__isnull": True}) | Q(**{f"{prefix}{starts}__lte": day})) & (
        Q(**{f"{prefix}{ends}__isnull": True}) | Q(**{f"{prefix}{ends}__gt": day})
    )


class Level(models.Model):  # type: ignore[django-manager-missing]
    """Centre, province, district, commune …: data, since the state has added and abolished levels."""

    key = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=50)
    rank = models.PositiveSmallIntegerField(_("rank"), unique=True)

    class Meta:
        verbose_name = _("level")
        verbose_name_plural = _("levels")
        ordering = ["rank"]

    def __str__(self) -> str:
        return self.name


class DivisionType(models.Model):
    """tỉnh, thành phố, huyện, xã, phường, đặc khu …: the word in front of a unit's name and its abbreviations."""

    key = models.SlugField()
    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="types")
    name = models.CharField(_("name"), max_length=50)

    class Meta:
        verbose_name = _("type of unit")
        verbose_name_plural = _("types of unit")
        constraints = [models.UniqueConstraint(fields=["key", "level"], name="division_type_is_unique_in_its_level")]

    def __str__(self) -> str:
        return self.name


class UnitQuerySet(MP_NodeQuerySet):
    def open_on(self, day: dt.date) -> Self:
        return self.filter(in_force(day, starts="opened_on", ends="closed_on"))

    def within(self, unit: "Unit") -> Self:
        """``unit`` itself and everything below it, whenever it existed."""
        return self.filter(path__startswith=unit.path)


class UnitManager(MP_NodeManager.from_queryset(UnitQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> UnitQuerySet:
        return UnitQuerySet(self.model, using=self._db).order_by("path")


class Unit(MP_Node):  # type: ignore[misc]
    """One parent for life: a merger, a split, a change of level or of parent closes it and opens successors.

    So ``path`` is true for ever, and ``path LIKE 'x%'`` is right for any date. The code is in ``UnitCode``: it
    identifies nothing without a date; addresses and foreign keys carry this row's id.
    """

    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="units")
    opened_after = models.DateField(null=True, blank=True)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    closed_after = models.DateField(null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True, db_index=True)

    steplen = 4
    objects = UnitManager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        constraints = [
            models.CheckConstraint(
                condition=Q(opened_on__isnull=True) | Q(closed_on__isnull=True) | Q(closed_on__gt=F("opened_on")),
                name="unit_closes_after_it_opens",
            ),
            models.CheckConstraint(
                condition=Q(opened_after__isnull=True) | Q(opened_after__lt=F("opened_on")),
                name="unit_opening_interval_is_ordered",
            ),
            models.CheckConstraint(
                condition=Q(closed_after__isnull=True) | Q(closed_after__lt=F("closed_on")),
                name="unit_closing_interval_is_ordered",
            ),
        ]

    def __str__(self) -> str:
        """The latest name. Note: one query unless ``names`` is prefetched."""
        names = sorted(self.names.all(), key=lambda name: name.starts_on or dt.date.min)
        return names[-1].full_name if names else f"#{self.pk}"

    def move(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("A unit is never moved: close it and open a successor.")


class UnitName(models.Model):
    """What a unit was called, and of which type it was, over a period. Renaming closes nothing."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="names")
    type = models.ForeignKey(DivisionType, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    full_name = models.CharField(_("name with type"), max_length=150)
    short_name = models.CharField(_("name without type"), max_length=150)
    full_folded = models.CharField(max_length=150, editable=False, db_index=True)
    short_folded = models.CharField(max_length=150, editable=False, db_index=True)
    sort_key = models.CharField(max_length=900, editable=False)
    starts_after = models.DateField(null=True, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_after = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("name of a unit")
        verbose_name_plural = _("names of units")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="unit_name_ends_after_it_starts",
            ),
            models.UniqueConstraint(
                fields=["unit"], condition=Q(ends_on__isnull=True), name="unit_has_one_name_without_end"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fill_derived()
        super().save(*args, **kwargs)

    def fill_derived(self) -> None:
        """Set the folded and sort columns; called by ``save``, and by whoever uses ``bulk_create``."""
        self.full_folded = text.fold(self.full_name)
        self.short_folded = text.fold(self.short_name)
        self.sort_key = text.sort_key(self.short_name)


class UnitCode(models.Model):
    """The official code over a period; unique only among the units of a level open on one day."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="codes")
    code = models.CharField(_("code"), max_length=10, db_index=True)
    starts_after = models.DateField(null=True, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_after = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("code of a unit")
        verbose_name_plural = _("codes of units")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="unit_code_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class UnitList(models.Model):
    """An official list that was loaded: the days on which the state of the tree is known, not inferred."""

    as_of = models.DateField(unique=True)
    source = models.CharField(max_length=100)
    source_hash = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()

    class Meta:
        verbose_name = _("list of units")
        verbose_name_plural = _("lists of units")
        ordering = ["as_of"]

    def __str__(self) -> str:
        return f"{self.as_of:%d/%m/%Y}"


class Succession(models.Model):
    """``old`` went on in ``new`` when it closed: whole, or in part where it was divided."""

    class Share(models.TextChoices):
        WHOLE = "whole", _("whole")
        PART = "part", _("part")

    old = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="successions")
    new = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="predecessions")
    share = models.CharField(max_length=5, choices=Share.choices)
    basis = models.CharField(_("legal basis"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("succession")
        verbose_name_plural = _("successions")
        constraints = [
            models.UniqueConstraint(fields=["old", "new"], name="succession_is_told_once"),
            models.UniqueConstraint(
                fields=["old"], condition=Q(share="whole"), name="a_whole_unit_goes_to_one_successor"
            ),
            models.CheckConstraint(condition=~Q(old=F("new")), name="a_unit_does_not_succeed_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.old_id} → {self.new_id} ({self.share})"
