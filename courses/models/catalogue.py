"""The identities that records point at. Made and refreshed when pages are published; never deleted, only retired."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Course(models.Model):
    """``key`` is the translation key of its CoursePage, so a course read in two languages is one course."""

    key = models.UUIDField(unique=True)
    title = models.CharField(_("title"), max_length=255)
    url = models.CharField(max_length=500, blank=True)
    hours = models.DecimalField(_("hours"), max_digits=5, decimal_places=1, null=True, blank=True)
    is_open = models.BooleanField(_("officers may enrol themselves"), default=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")

    def __str__(self) -> str:
        return self.title


class Module(models.Model):
    """A chuyên đề. ``requires``: modules of the same course to be finished first."""

    key = models.UUIDField(unique=True)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="modules")
    title = models.CharField(_("title"), max_length=255)
    url = models.CharField(max_length=500, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    # Of its job aid when last published, "" for none: so that the page of a lesson asks no further question.
    job_aid_url = models.CharField(max_length=500, blank=True)
    requires = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="opens")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title


class Activity(models.Model):
    """A lesson, a quiz, a practical task: whatever reports through ``record_activity``.

    ``url`` is where its page was when last published; reports and "my training" never open the page tree.
    """

    key = models.UUIDField(unique=True)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="activities")
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="activities")
    kind = models.SlugField(max_length=30)
    title = models.CharField(_("title"), max_length=255)
    url = models.CharField(max_length=500, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=10)
    is_required = models.BooleanField(_("required"), default=True)
    # A test that may be taken first: passing it exempts from the lessons of the topic.
    exempts = models.BooleanField(default=False)
    # {hash of a legal paragraph: [name of who cleared it, ISO day]}: kept here from LegalClearance, so that the page of
    # a lesson asks no further question (services.legal).
    cleared_legal = models.JSONField(default=dict, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["position", "pk"]
        indexes = [models.Index(fields=["course", "retired_at"], name="activity_of_course")]

    def __str__(self) -> str:
        return self.title
