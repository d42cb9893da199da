"""The chain that seals the log: what was written there can be emptied by an erasure, but not changed unnoticed.

The entries themselves are Wagtail's rows. A link says only what an entry's digest was; the salt that makes the digest
verifiable lies in a row of its own, so that erasing a person's values takes nothing out of the chain.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class EntryKind(models.TextChoices):
    """Which of Wagtail's two tables an entry lies in."""

    MODEL = "model", _("record")
    PAGE = "page", _("page")


class TraceHead(models.Model):
    """The one row that who seals locks; how far the chain has come. Nothing is proved by it: it can be made anew.

    ``seen``: EntryKind → the highest entry sealed so far, where the next search begins.
    """

    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)
    seen = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("head of the trace")
        verbose_name_plural = _("heads of the trace")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="the_trace_has_one_head")]

    def __str__(self) -> str:
        return f"#{self.seq}"


class TraceLink(models.Model):
    """One sealed entry of the log. Never changed, never deleted (lms.core.invariants).

    ``digest``: SHA-256 of salt and values; ``frame``: of who, what and when alone, which no erasure takes away;
    ``hash``: of this link's columns and the ``hash`` of the one before; all in hexadecimal (lms.core.trace). ``model``
    names what the entry is about, as "app.model": the log forgets it when a model goes.
    """

    seq = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=5, choices=EntryKind.choices)
    entry = models.BigIntegerField()
    model = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    frame = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("link of the trace")
        verbose_name_plural = _("links of the trace")
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "entry"], name="an_entry_is_sealed_once"),
            models.CheckConstraint(condition=Q(seq__gt=0), name="links_are_numbered_from_one"),
            models.CheckConstraint(
                condition=Q(seq=1, previous="") | (Q(seq__gt=1) & ~Q(previous="")), name="a_link_names_the_one_before"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.seq}"


class TraceSalt(models.Model):
    """What makes the digest of a link verifiable; gone when the entry's values were erased."""

    link = models.OneToOneField(TraceLink, on_delete=models.PROTECT, primary_key=True, related_name="salt")
    salt = models.CharField(max_length=32)

    class Meta:
        verbose_name = _("salt of a link")
        verbose_name_plural = _("salts of links")

    def __str__(self) -> str:
        return f"#{self.link_id}"


class TraceAnchor(models.Model):
    """The last link of a day, to be noted outside: who rewrites the chain afterwards cannot arrive at it again."""

    day = models.DateField(unique=True)
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("anchor of the trace")
        verbose_name_plural = _("anchors of the trace")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day}: {self.hash}"
