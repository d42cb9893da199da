from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page

from courses.models import ActivityPage
from quizzes.models.bank import Category
from quizzes.models.quiz import QuizSettings


class QuizPage(ActivityPage, QuizSettings):
    activity_kind = "quiz"

    introduction = RichTextField(_("introduction"), blank=True, features=["bold", "italic", "ol", "ul", "link"])

    content_panels: ClassVar[list[object]] = [
        *Page.content_panels,
        *ActivityPage.shared_panels,
        FieldPanel("introduction"),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("pass_percent"), FieldPanel("max_attempts")]),
                FieldRowPanel([FieldPanel("limit_minutes"), FieldPanel("wait_minutes")]),
                FieldPanel("shuffles"),
            ],
            heading=_("Rules"),
        ),
        InlinePanel("draws", heading=_("Draw from the bank"), min_num=1),
    ]
    template = "quizzes/quiz_page.html"

    class Meta:
        verbose_name = _("quiz page")
        verbose_name_plural = _("quiz pages")


class QuizPageDraw(Orderable):
    page = ParentalKey(QuizPage, on_delete=models.CASCADE, related_name="draws")
    category = models.ForeignKey(Category, verbose_name=_("category"), on_delete=models.PROTECT, related_name="+")
    count = models.PositiveSmallIntegerField(_("how many"), default=10)

    panels: ClassVar[list[object]] = [FieldPanel("category"), FieldPanel("count")]

    class Meta(Orderable.Meta):
        verbose_name = _("draw")
        verbose_name_plural = _("draws")
