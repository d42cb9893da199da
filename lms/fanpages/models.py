"""The unit's page: what was said about it, by whom, who confirmed it, and figures that were reported as they are."""

import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.accounts.models import User
from lms.units.models import Level, Unit
from lms.units.scope import scope_q


class PageRecordQuerySet(models.QuerySet[Any]):
    def as_of(self, end: dt.datetime) -> Self:
        """What stood just before ``end`` (the end of a day): one record a unit at most."""
        return self.filter(Q(replaced_at__isnull=True) | Q(replaced_at__gte=end), reported_at__lt=end)

    def standing(self) -> Self:
        return self.filter(replaced_at__isnull=True)

    def visible_to(self, person: User) -> Self:
        return self.filter(scope_q(person))


class PageRecord(models.Model):
    """What was known of a unit's page from ``reported_at`` until ``replaced_at`` (null: it still stands). A unit
    without a record is "chưa rõ", so counts never depend on rows that nobody made.

    ``url`` is the canonical address (lms.fanpages.rules), ``page_key`` what is the same for every spelling of it.
    ``since`` is the day on which the page was set up, as far as anybody said. A record is never changed but by
    confirming and by replacing it.
    """

    class Status(models.TextChoices):
        YES = "yes", _("has a page")
        NO = "no", _("has no page yet")
        UNKNOWN = "unknown", _("not known")

    class Source(models.TextChoices):
        OFFICER = "officer", _("the unit's officer")
        MANAGER = "manager", _("the manager")
        ROSTER = "roster", _("a roster")
        PRACTICE = "practice", _("a practical task")
        PUBLISHED = "published", _("published")
        DEMO = "demo", _("demonstration")

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="page_records")
    status = models.CharField(_("page"), max_length=10, choices=Status.choices)
    name = models.CharField(_("name of the page"), max_length=150, blank=True)
    url = models.CharField(_("address"), max_length=300, blank=True)
    page_key = models.CharField(max_length=120, blank=True, db_index=True)
    since = models.DateField(_("set up on"), null=True, blank=True)
    source = models.CharField(max_length=10, choices=Source.choices)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reported_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects = PageRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("record of a community page")
        verbose_name_plural = _("records of community pages")
        ordering = ["unit_id", "-reported_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit"], condition=Q(replaced_at__isnull=True), name="one_page_record_stands_for_a_unit"
            ),
            models.CheckConstraint(
                condition=Q(status="yes") | Q(url="", page_key="", name="", since__isnull=True),
                name="only_a_page_has_an_address",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="a_confirmed_page_record_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(replaced_at__isnull=True) | Q(replaced_at__gte=models.F("reported_at")),
                name="a_page_record_is_replaced_after_it_was_made",
            ),
        ]

    def is_word_of(self, person_id: int) -> bool:
        """Reported by ``person_id`` himself. A roster holds the word of the units, whoever brought the file in: else
        the only manager of a province could confirm nothing of what its units sent.
        """
        return self.reported_by_id == person_id and self.source != PageRecord.Source.ROSTER

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.status}"


class ReportedFigure(models.Model):
    """A figure as somebody reported it, with its kind: a percentage that came without its numerator keeps none, and
    none is ever computed back. ``qualifier`` is the source's own word ("hơn", "trên"), "" for a plain figure.
    """

    class Indicator(models.TextChoices):
        UNITS_WITH_PAGE = "units_with_page", _("units that have a page")
        POSTS = "posts", _("posts")
        FOLLOWERS = "followers", _("followers")
        REACH = "reach", _("people reached")

    class Kind(models.TextChoices):
        COUNT = "count", _("a count")
        FRACTION = "fraction", _("numerator and denominator")
        PERCENTAGE = "percentage", _("a percentage, without its numerator")

    indicator = models.CharField(max_length=20, choices=Indicator.choices)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    level = models.ForeignKey(Level, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    page_name = models.CharField(_("name of the page"), max_length=150, blank=True)
    as_of = models.DateField(null=True, blank=True)
    as_of_written = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    qualifier = models.CharField(max_length=20, blank=True)
    value = models.PositiveIntegerField(null=True, blank=True)
    denominator = models.PositiveIntegerField(null=True, blank=True)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    source = models.CharField(max_length=200)
    is_illustrative = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("reported figure")
        verbose_name_plural = _("reported figures")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="count", value__isnull=False, denominator__isnull=True, percent__isnull=True)
                | Q(kind="fraction", value__isnull=False, denominator__gt=0, percent__isnull=True)
                | Q(kind="percentage", value__isnull=True, denominator__isnull=True, percent__isnull=False),
                name="a_figure_holds_what_its_kind_says",
            ),
            models.UniqueConstraint(
                fields=["indicator", "unit", "level", "page_name", "as_of_written", "source"],
                name="figure_is_entered_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.as_of_written}"
