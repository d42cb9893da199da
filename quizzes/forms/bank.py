"""A question of any type, a drawer, an objective; what is done to many questions at once."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm

from courses.models import Activity, LegalDocument
from lms.accounts.models import User
from lms.core import text
from quizzes import types
from quizzes.models import Category, Objective, Question, QuestionVersion
from quizzes.types.base import lines

Status = QuestionVersion.Status


class CategoryChoiceField(forms.ModelChoiceField):
    """Drawers in the order of the tree, indented."""

    def label_from_instance(self, obj: Category) -> str:
        return "\u2003" * (obj.depth - 1) + obj.name


class LessonChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Activity) -> str:
        return f"{obj.course.title}: {obj.title}"


class OwnerChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: User) -> str:
        return obj.full_name or obj.username


class WordsField(forms.CharField):
    """Words between commas → a list of them, each once, in their order."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, (list, tuple)) else value

    def to_python(self, value: Any) -> Any:
        return list(dict.fromkeys(word for part in str(value or "").split(",") if (word := text.clean(part))))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if any(len(word) > 100 for word in value):
            raise ValidationError(_("A tag has at most 100 characters."))

    def run_validators(self, value: Any) -> None:
        """What a CharField asks of one text is not asked of the list."""


def authors() -> Any:
    """Who may own a question: whoever may change the bank. One query."""
    return User.objects.with_perm(
        "quizzes.change_question", backend="django.contrib.auth.backends.ModelBackend"
    ).order_by("name_sort_key", "username")


class QuestionForm(WagtailAdminModelForm):  # type: ignore[misc]
    """One question of one type. The content is the type's own; saving goes through services.bank.

    ``opens_version``: the author came to write the next version: it begins as a draft.
    """

    code = forms.CharField(
        label=gettext_lazy("code"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Stays with the question for ever. Left empty, it is given by the system."),
    )
    category = CategoryChoiceField(label=gettext_lazy("category"), queryset=Category.objects.none())
    stem = forms.CharField(label=gettext_lazy("question"), widget=forms.Textarea(attrs={"rows": 4}))
    reason = forms.CharField(
        label=gettext_lazy("Explanation, shown after handing in"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    hints = forms.CharField(
        label=gettext_lazy("Hints"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One a line. Shown one after the other after wrong tries, where the quiz allows tries."),
    )
    new_objective = forms.CharField(
        label=gettext_lazy("or a new objective"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Fill this in only if the objective is not in the list above."),
    )
    tags = WordsField(
        label=gettext_lazy("tags"), required=False, help_text=gettext_lazy("Separated by commas."), max_length=1000
    )
    owner = OwnerChoiceField(label=gettext_lazy("person in charge"), queryset=User.objects.none(), required=False)
    status = forms.ChoiceField(label=gettext_lazy("status"), choices=Status.choices)

    class Meta:
        model = Question
        fields: ClassVar[list[str]] = ["code", "category", "level", "objective", "documents", "facts"]
        widgets: ClassVar[dict[str, object]] = {"documents": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, type_name: str, opens_version: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = types.get(type_name)
        self.fields["category"].queryset = Category.objects.order_by("path")
        self.fields["objective"].queryset = Objective.objects.order_by("key")
        self.fields["owner"].queryset = authors()
        self.fields["documents"].queryset = LegalDocument.objects.order_by("name", "number")
        latest = self.instance.latest if self.instance.pk else None
        if latest:
            self.fields["code"].disabled = True
            self.initial |= {
                "stem": latest.stem,
                "reason": latest.reason,
                "status": Status.DRAFT if opens_version else latest.status,
                "hints": "\n".join(latest.hints),
                "tags": sorted(tag.name for tag in self.instance.tags.all()),
                "owner": self.instance.owner_id,
            }
        if not latest or latest.status != Status.RETIRED:
            self.fields["status"].choices = [pair for pair in Status.choices if pair[0] != Status.RETIRED]
        content = latest.content if latest and latest.type == type_name else {}
        self.own = self.kind.edit_fields(content)
        reason, hints = self.fields.pop("reason"), self.fields.pop("hints")
        self.fields.update(self.own)
        self.fields |= {"reason": reason, "hints": hints}
        entry = ["category", "objective", "new_objective", "level", "tags", "documents", "facts", "owner", "code",
                 "status"]  # fmt: skip
        self.order_fields(["stem", *self.own, "reason", "hints", *entry])
        for field in self.fields.values():
            field.label = capfirst(field.label or "")

    def clean_code(self) -> str:
        code = text.clean(self.cleaned_data["code"])
        if self.instance.pk or code:
            return code
        number = (Question.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
        while Question.objects.filter(code=f"cau-{number:05d}").exists():
            number += 1
        return f"cau-{number:05d}"

    def clean_hints(self) -> list[str]:
        return lines(self.cleaned_data["hints"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if not self.errors:
            content = self.kind.from_form(cleaned)
            errors = self.kind.validate(content)
            if errors:
                raise ValidationError(errors)
            cleaned["content"] = content
        return cleaned


class CategoryForm(WagtailAdminModelForm):  # type: ignore[misc]
    """A drawer is given its place once; afterwards it is only renamed."""

    parent = CategoryChoiceField(
        label=gettext_lazy("inside"), queryset=Category.objects.none(), required=False, empty_label="–"
    )

    class Meta:
        model = Category
        fields: ClassVar[list[str]] = ["name", "key"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = Category.objects.order_by("path")
        if self.instance.pk:
            self.fields["key"].disabled = True
            del self.fields["parent"]


class ObjectiveForm(WagtailAdminModelForm):  # type: ignore[misc]
    """What is to be known, and the lesson that teaches it: whoever fails it is sent there."""

    key = forms.CharField(
        label=gettext_lazy("key"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Stays for ever, orders the list. Left empty, it is made from the name."),
    )
    lesson = LessonChoiceField(
        label=gettext_lazy("lesson"), queryset=Activity.objects.none(), required=False, empty_label="–"
    )

    class Meta:
        model = Objective
        fields: ClassVar[list[str]] = ["name", "key", "lesson"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lesson"].queryset = (
            Activity.objects.filter(kind="lesson", retired_at__isnull=True)
            .select_related("course")
            .order_by("course__title", "module__position", "position")
        )
        if self.instance.pk:
            self.fields["key"].disabled = True


# --- Many at once ---------------------------------------------------------------------------------------

READY, DRAFT, RETIRE, TAG, UNTAG, MOVE = "ready", "draft", "retire", "tag", "untag", "move"
ACTIONS = (
    (READY, gettext_lazy("Mark as ready")),
    (DRAFT, gettext_lazy("Back to draft")),
    (RETIRE, gettext_lazy("Retire")),
    (TAG, gettext_lazy("Add tags")),
    (UNTAG, gettext_lazy("Remove tags")),
    (MOVE, gettext_lazy("Move to another category")),
)
STATUS_OF = {READY: Status.READY, DRAFT: Status.DRAFT, RETIRE: Status.RETIRED}


class BulkForm(forms.Form):
    """What the action needs besides the questions."""

    def __init__(self, *args: Any, action: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if action in (TAG, UNTAG):
            self.fields["tags"] = WordsField(
                label=capfirst(_("tags")), help_text=gettext_lazy("Separated by commas."), max_length=1000
            )
        elif action == MOVE:
            self.fields["category"] = CategoryChoiceField(
                label=capfirst(_("category")), queryset=Category.objects.order_by("path")
            )
