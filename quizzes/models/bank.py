"""The bank: entry (identity) ≠ version (content) ≠ use (slot, attempt)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node


class Category(MP_Node):  # type: ignore[misc]
    """A drawer of the bank; a draw from a category takes what lies below it too."""

    name = models.CharField(_("name"), max_length=150)
    key = models.CharField(
        _("key"), max_length=255, unique=True, help_text=_("Path in the content package, or chosen by hand.")
    )
    node_order_by = ["name"]

    class Meta:
        verbose_name = _("question category")
        verbose_name_plural = _("question categories")

    def __str__(self) -> str:
        return self.name


class Question(models.Model):
    """A bank entry: what stays when its wording changes."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        READY = "ready", _("ready")
        RETIRED = "retired", _("retired")

    class CognitiveLevel(models.TextChoices):
        KNOW = "nhan_biet", _("recall")
        UNDERSTAND = "thong_hieu", _("understand")
        APPLY = "van_dung", _("apply")

    code = models.CharField(_("code"), max_length=60, unique=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="questions")
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.DRAFT)
    level = models.CharField(_("cognitive level"), max_length=12, choices=CognitiveLevel.choices)
    objective = models.CharField(_("objective"), max_length=200, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="questions"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class QuestionVersion(models.Model):
    """Content, immutable once used (a trigger says so). ``content`` follows the schema of its type (quizzes.types)."""

    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    type = models.SlugField(_("type"), max_length=20)
    stem = models.TextField(_("question"))
    stem_folded = models.TextField(editable=False)
    content = models.JSONField(default=dict)
    reason = models.TextField(_("reason"), blank=True)
    content_hash = models.CharField(max_length=64)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("version of a question")
        verbose_name_plural = _("versions of questions")
        ordering = ["question", "number"]
        constraints = [
            models.UniqueConstraint(fields=["question", "number"], name="question_version_has_one_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="question_version_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.question_id}.{self.number}"
