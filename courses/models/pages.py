"""Pages hold content and nothing else: no queries, no user. Who may read is asked by one hook (wagtail_hooks)."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page
from wagtail.search import index

from courses.blocks import JobAidBody, LessonBody
from courses.models.catalogue import Course
from lms.core.addresses import refuse_reserved


class CoursePage(Page):
    summary = models.TextField(_("summary"), blank=True)
    introduction = RichTextField(_("introduction"), blank=True, features=["bold", "italic", "link", "ol", "ul", "h3"])
    hours = models.DecimalField(_("hours"), max_digits=5, decimal_places=1, null=True, blank=True)
    is_open = models.BooleanField(_("officers may enrol themselves"), default=True)
    # A copied course is a new course, so the identity stays behind.
    course = models.OneToOneField(
        Course, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="page"
    )

    exclude_fields_in_copy: ClassVar[list[str]] = ["course"]
    content_panels: ClassVar[list[object]] = [
        *Page.content_panels,
        FieldPanel("summary"),
        FieldPanel("introduction"),
        MultiFieldPanel([FieldPanel("hours"), FieldPanel("is_open")], heading=_("Enrolment")),
    ]
    search_fields: ClassVar[list[object]] = [*Page.search_fields, index.SearchField("summary")]
    parent_page_types: ClassVar[list[str]] = ["home.HomePage"]
    subpage_types: ClassVar[list[str]] = ["courses.ModulePage"]
    template = "courses/course_page.html"

    class Meta:
        verbose_name = _("course page")
        verbose_name_plural = _("course pages")

    def clean(self) -> None:
        super().clean()
        refuse_reserved(self.slug)


class ModulePage(Page):
    """A chuyên đề."""

    summary = models.TextField(_("summary"), blank=True)
    requires = ParentalManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        verbose_name=_("to be finished first"),
        help_text=_("Topics of the same course that an officer must finish before this one opens."),
    )

    content_panels: ClassVar[list[object]] = [*Page.content_panels, FieldPanel("summary"), FieldPanel("requires")]
    parent_page_types: ClassVar[list[str]] = ["courses.CoursePage"]
    subpage_types: ClassVar[list[str]] = [
        "courses.LessonPage",
        "courses.PracticePage",
        "quizzes.QuizPage",
        "courses.JobAidPage",
    ]
    template = "courses/module_page.html"

    class Meta:
        verbose_name = _("topic page")
        verbose_name_plural = _("topic pages")


class ActivityPage(Page):
    """What lessons, quizzes and practical tasks share. ``activity_kind`` names the kind in ``Activity.kind``."""

    activity_kind: ClassVar[str]

    summary = models.TextField(_("summary"), blank=True)
    minutes = models.PositiveSmallIntegerField(
        _("minutes needed"), default=10, validators=[MinValueValidator(1), MaxValueValidator(240)]
    )
    is_required = models.BooleanField(_("required for the certificate"), default=True)

    parent_page_types: ClassVar[list[str]] = ["courses.ModulePage"]
    subpage_types: ClassVar[list[str]] = []
    shared_panels: ClassVar[list[object]] = [
        FieldPanel("summary"),
        MultiFieldPanel([FieldPanel("minutes"), FieldPanel("is_required")], heading=_("Completion")),
    ]

    class Meta:
        abstract = True


class LessonPage(ActivityPage):
    activity_kind = "lesson"

    objectives = models.TextField(
        _("objectives"), blank=True, help_text=_("One a line, each going on from “Having finished this lesson, you …”.")
    )
    body = StreamField(LessonBody(), verbose_name=_("content"), blank=True)
    updated_on = models.DateField(
        _("content up to date as of"), null=True, blank=True, help_text=_("Shown beside every legal statement.")
    )

    content_panels: ClassVar[list[object]] = [
        *Page.content_panels,
        *ActivityPage.shared_panels,
        FieldPanel("objectives"),
        FieldPanel("body"),
        FieldPanel("updated_on"),
    ]
    search_fields: ClassVar[list[object]] = [
        *Page.search_fields,
        index.SearchField("summary"),
        index.SearchField("body"),
    ]
    template = "courses/lesson_page.html"

    class Meta:
        verbose_name = _("lesson")
        verbose_name_plural = _("lessons")


class PracticePage(ActivityPage):
    """A practical task: what to do in one's own unit, and what to hand in. Done when a person confirms it."""

    class HandIn(models.TextChoices):
        LINK = "link", _("a link")
        PICTURE = "picture", _("a screenshot")
        EITHER = "either", _("a link or a screenshot")

    activity_kind = "practice"

    body = StreamField(LessonBody(), verbose_name=_("content"), blank=True)
    hand_in = models.CharField(_("to be handed in"), max_length=10, choices=HandIn.choices, default=HandIn.EITHER)
    names_page = models.BooleanField(
        _("the link is that of the unit's page"),
        default=False,
        help_text=_("Then the link handed in also enters the record of the unit's page."),
    )
    criteria = models.TextField(
        _("what is looked at"), blank=True, help_text=_("One a line; shown to the learner and to whoever confirms.")
    )

    content_panels: ClassVar[list[object]] = [
        *Page.content_panels,
        *ActivityPage.shared_panels,
        MultiFieldPanel(
            [FieldPanel("hand_in"), FieldPanel("names_page"), FieldPanel("criteria")], heading=_("Handing in")
        ),
        FieldPanel("body"),
    ]
    search_fields: ClassVar[list[object]] = [*Page.search_fields, index.SearchField("body")]
    template = "courses/practice_page.html"

    class Meta:
        verbose_name = _("practical task")
        verbose_name_plural = _("practical tasks")


class JobAidPage(Page):
    """What an officer keeps beside the desk or on the phone: one A4 page. No activity: nobody has to do anything.

    Its versions are ``JobAidEdition``.
    """

    summary = models.TextField(_("summary"), blank=True)
    body = StreamField(JobAidBody(), verbose_name=_("content"), blank=True)
    updated_on = models.DateField(_("content up to date as of"), null=True, blank=True)
    look_again_on = models.DateField(
        _("to be looked at again by"),
        null=True,
        blank=True,
        help_text=_("Printed on it. Empty: six months after the day above."),
    )

    content_panels: ClassVar[list[object]] = [
        *Page.content_panels,
        FieldPanel("summary"),
        FieldPanel("body"),
        MultiFieldPanel([FieldPanel("updated_on"), FieldPanel("look_again_on")], heading=_("How long it holds")),
    ]
    search_fields: ClassVar[list[object]] = [
        *Page.search_fields,
        index.SearchField("summary"),
        index.SearchField("body"),
    ]
    parent_page_types: ClassVar[list[str]] = ["courses.ModulePage"]
    subpage_types: ClassVar[list[str]] = []
    template = "courses/job_aid_page.html"

    class Meta:
        verbose_name = _("job aid")
        verbose_name_plural = _("job aids")
