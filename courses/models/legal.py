"""The register of documents that lessons and questions rest on, and who has looked through which legal paragraph."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.search import index

from lms.core import clock, text


class LegalDocument(index.Indexed, models.Model):
    """A law, a decree, an internal regulation. Paragraphs link to it by ``key`` (#luat-key), questions name it.

    ``summary``: what the course may say of it. ``certainty``: how well that was checked; only A is cited by content
    packages. ``checked_on``: the day up to which this entry is right. In force from the first to the last day
    inclusive; an empty end is open.
    """

    class Kind(models.TextChoices):
        LAW = "law", _("law")
        DECREE = "decree", _("decree")
        DECISION = "decision", _("decision")
        INTERNAL = "internal", _("internal document")

    class Certainty(models.TextChoices):
        A = "A", _("A: seen in an official text or in several independent sources")
        B = "B", _("B: one decent source")
        C = "C", _("C: not confirmed")

    key = models.SlugField(_("key"), max_length=80, unique=True, help_text=_("Lessons link to #luat-key."))
    number = models.CharField(_("number and symbol"), max_length=60, blank=True)
    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=255)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.LAW)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    in_force_from = models.DateField(_("in force from"), null=True, blank=True)
    in_force_to = models.DateField(_("in force until"), null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self", verbose_name=_("replaced by"), on_delete=models.PROTECT, null=True, blank=True, related_name="replaces"
    )
    summary = models.TextField(_("what may be said of it"), blank=True)
    certainty = models.CharField(_("certainty"), max_length=1, choices=Certainty.choices, default=Certainty.C)
    checked_on = models.DateField(_("checked on"))
    full_text = models.ForeignKey(
        "media.LibraryDocument",
        verbose_name=_("full text"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    url = models.URLField(_("address of the official text"), blank=True)
    # When it was first said here that it ends or is replaced: what was published since then took note of it.
    ended_noted_at = models.DateTimeField(null=True, blank=True, editable=False)

    search_fields = [index.SearchField("name"), index.SearchField("number"), index.AutocompleteField("name")]

    class Meta:
        verbose_name = _("legal document")
        verbose_name_plural = _("legal documents")
        ordering = ["name", "number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(in_force_from__isnull=True)
                | Q(in_force_to__isnull=True)
                | Q(in_force_to__gte=F("in_force_from")),
                name="a_document_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(replaced_by__isnull=True) | ~Q(replaced_by=F("pk")), name="a_document_replaces_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}".strip()

    def clean(self) -> None:
        super().clean()
        if self.in_force_from and self.in_force_to and self.in_force_to < self.in_force_from:
            raise ValidationError({"in_force_to": _("This day lies before the one on which it came into force.")})
        seen = {self.pk}
        following = self.replaced_by
        while following is not None:
            if following.pk in seen:
                raise ValidationError({"replaced_by": _("These documents would replace one another in a circle.")})
            seen.add(following.pk)
            following = following.replaced_by

    def is_in_force(self, on: dt.date) -> bool:
        """Not yet, not any more, or replaced: False. A document without dates is taken to be in force."""
        if self.in_force_from and on < self.in_force_from:
            return False
        if self.in_force_to:
            return on <= self.in_force_to
        return self.replaced_by_id is None

    @property
    def taken_note_of_after(self) -> dt.datetime | None:
        """Whoever wrote then or later knew that it is not in force any more; None while it has no end."""
        if self.ended_noted_at is None or self.in_force_to is None:
            return self.ended_noted_at
        return max(self.ended_noted_at, clock.end_of_day(self.in_force_to))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.number, self.name = text.clean(self.number), text.clean(self.name)
        if not (self.in_force_to or self.replaced_by_id):
            self.ended_noted_at = None
        elif self.ended_noted_at is None:
            self.ended_noted_at = clock.now()
        super().save(*args, **kwargs)


class LegalClearance(models.Model):
    """One legal paragraph, as it read on that day (``text_hash``), cleared by a named reviewer. Only ever added.

    ``page_key`` is the translation key of the page. A paragraph that is changed by one letter is not cleared any more.
    """

    page_key = models.UUIDField()
    block_id = models.CharField(max_length=40)
    text_hash = models.CharField(max_length=64)
    cleared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    cleared_by_name = models.CharField(max_length=150)
    cleared_at = models.DateTimeField()

    class Meta:
        verbose_name = _("clearance of a legal paragraph")
        verbose_name_plural = _("clearances of legal paragraphs")
        permissions = [("clear_legal", _("Can clear legal paragraphs"))]
        constraints = [
            models.UniqueConstraint(fields=["page_key", "block_id", "text_hash"], name="a_paragraph_is_cleared_once")
        ]

    def __str__(self) -> str:
        return f"{self.page_key}#{self.block_id}"
