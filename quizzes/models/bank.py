"""The bank: entry (identity) ≠ version (content) ≠ use (slot, attempt)."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from taggit.managers import TaggableManager
from treebeard.mp_tree import MP_Node

from courses.models import Activity, LegalDocument
from lms.core.storage import private_storage


class Category(MP_Node):  # type: ignore[misc]
    """A drawer of the bank; a draw from a category takes what lies below it too."""

    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=150)
    key = models.CharField(
        _("key"), max_length=255, unique=True, help_text=_("Path in the content package, or chosen by hand.")
    )
    node_order_by = ["name"]

    class Meta:
        verbose_name = _("question category")
        verbose_name_plural = _("question categories")

    def __str__(self) -> str:
        return self.name


class Objective(models.Model):
    """What a question tests: a row of the blueprint, a bar of the result. ``lesson``: where it is taught."""

    key = models.CharField(_("key"), max_length=200, unique=True)
    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=200)
    lesson = models.ForeignKey(
        Activity, verbose_name=_("lesson"), on_delete=models.PROTECT, null=True, blank=True, related_name="objectives"
    )

    class Meta:
        verbose_name = _("objective")
        verbose_name_plural = _("objectives")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name


class QuestionQuerySet(models.QuerySet[Any]):
    def drawable(self) -> Self:
        return self.filter(ready__isnull=False)


class Question(models.Model):
    """A bank entry: what stays when its wording changes.

    ``latest``: its newest version; ``ready``: the newest of those that are ready, the one that is drawn, null while
    there is none (a draft, or retired). Both are kept by services.bank and nobody else.
    """

    class CognitiveLevel(models.TextChoices):
        KNOW = "nhan_biet", _("recall")
        UNDERSTAND = "thong_hieu", _("understand")
        APPLY = "van_dung", _("apply")

    code = models.CharField(_("code"), max_length=60, unique=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="questions")
    level = models.CharField(_("cognitive level"), max_length=12, choices=CognitiveLevel.choices)
    objective = models.ForeignKey(
        Objective,
        verbose_name=_("objective"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="questions",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="questions"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    latest = models.ForeignKey(
        "QuestionVersion", on_delete=models.PROTECT, null=True, editable=False, related_name="latest_of"
    )
    ready = models.ForeignKey(
        "QuestionVersion", on_delete=models.PROTECT, null=True, editable=False, related_name="ready_of"
    )
    tags = TaggableManager(_("tags"), blank=True)
    documents = models.ManyToManyField(
        LegalDocument, verbose_name=_("rests on these documents"), blank=True, related_name="questions"
    )
    facts = models.CharField(
        _("rests on these facts"), max_length=200, blank=True, help_text=_("Keys of the fact list, or a source.")
    )

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class QuestionVersion(models.Model):
    """Content, immutable once used (a trigger says so). ``content`` follows the schema of its type (quizzes.types).

    ``search_text``: stem and parts folded, for searching; ``duplicate_key``: equal for two questions that ask the same
    in other spelling (services.bank.duplicate_key). ``hints``: texts for the interactive behaviour, in order.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        READY = "ready", _("ready")
        RETIRED = "retired", _("retired")

    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.DRAFT)
    type = models.SlugField(_("type"), max_length=20)
    stem = models.TextField(_("question"))
    stem_folded = models.TextField(editable=False)
    search_text = models.TextField(editable=False, blank=True)
    duplicate_key = models.CharField(max_length=64, editable=False, blank=True, db_index=True)
    content = models.JSONField(default=dict)
    reason = models.TextField(_("reason"), blank=True)
    hints = models.JSONField(_("hints"), default=list, blank=True)
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


class QuestionPicture(models.Model):
    """A picture that questions show, known by its content: what a version names by hash can never change.

    In a text: ``![mô tả](picture:<sha256>)``. In a content: the hash. Re-encoded when it came in.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    file = models.FileField(storage=private_storage, upload_to="questions/")
    media_type = models.CharField(max_length=30)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("picture of questions")
        verbose_name_plural = _("pictures of questions")

    def __str__(self) -> str:
        return self.sha256[:12]


class ImportBatch(models.Model):
    """One file of questions on its way in: read → looked at → entered as drafts → perhaps undone.

    ``done`` of ``total``: how far the work of the present state has come, for the progress bar.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be read")
        READING = "reading", _("being read")
        READ = "read", _("read, to be looked at")
        REFUSED = "refused", _("refused")
        ENTERING = "entering", _("being entered")
        ENTERED = "entered", _("entered as drafts")
        UNDONE = "undone", _("undone")

    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    format = models.CharField(_("format"), max_length=20)
    file_name = models.CharField(_("file"), max_length=200)
    file = models.FileField(storage=private_storage, upload_to="question-imports/", blank=True)
    sha256 = models.CharField(max_length=64)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # The old code table that the author asked to convert from ("tcvn3", "vni"), "" for none.
    convert_from = models.CharField(max_length=10, blank=True)
    report = models.JSONField(default=dict)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    worked_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("import of questions")
        verbose_name_plural = _("imports of questions")
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return self.file_name


class ImportItem(models.Model):
    """One question of the file, in its order: what was read, what is wrong with it, what became of it."""

    class Outcome(models.TextChoices):
        NEW = "new", _("new")
        CHANGED = "changed", _("a new version")
        UNCHANGED = "unchanged", _("already in the bank")
        DUPLICATE = "duplicate", _("asks what another question asks")
        REFUSED = "refused", _("refused")

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    line = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    # Left out by the author's own choice; refused ones never enter.
    is_wanted = models.BooleanField(default=True)
    item = models.JSONField(default=dict)
    source = models.TextField(blank=True)
    problems = models.JSONField(default=list)
    duplicate_of = models.ForeignKey(Question, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # Set once entered: the version that this item made (null while nothing was made).
    version = models.ForeignKey(
        QuestionVersion, on_delete=models.SET_NULL, null=True, blank=True, related_name="import_items"
    )

    class Meta:
        verbose_name = _("question of an import")
        verbose_name_plural = _("questions of an import")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="import_item_has_one_position"),
            models.CheckConstraint(condition=Q(position__gte=1), name="import_item_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}#{self.position}"
