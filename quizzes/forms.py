"""Forms of the CMS: a question of any type, a drawer of the bank, the page of a quiz."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.forms import WagtailAdminModelForm, WagtailAdminPageForm

from quizzes import types
from quizzes.models import Category, Question, QuestionVersion
from quizzes.queries import bank

# A pool this many times as large as a draw makes two attempts differ.
COMFORTABLE = 3


class CategoryChoiceField(forms.ModelChoiceField):
    """Drawers in the order of the tree, indented."""

    def label_from_instance(self, obj: Category) -> str:
        return "\u2003" * (obj.depth - 1) + obj.name


class QuestionForm(WagtailAdminModelForm):  # type: ignore[misc]
    """One question of one type. The content is the type's own; saving goes through services.bank."""

    category = CategoryChoiceField(label=gettext_lazy("category"), queryset=Category.objects.none())
    stem = forms.CharField(label=gettext_lazy("question"), widget=forms.Textarea(attrs={"rows": 4}))
    reason = forms.CharField(
        label=gettext_lazy("Explanation, shown after handing in"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    status = forms.ChoiceField(label=gettext_lazy("status"), choices=QuestionVersion.Status.choices)

    class Meta:
        model = Question
        fields: ClassVar[list[str]] = ["code", "category", "level", "objective"]

    def __init__(self, *args: Any, type_name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = types.get(type_name)
        self.fields["category"].queryset = Category.objects.order_by("path")
        latest = self.instance.latest if self.instance.pk else None
        if latest:
            self.fields["code"].disabled = True
            self.initial |= {"stem": latest.stem, "reason": latest.reason, "status": latest.status}
        content = latest.content if latest and latest.type == type_name else {}
        self.own = self.kind.edit_fields(content)
        reason = self.fields.pop("reason")
        self.fields.update(self.own)
        self.fields["reason"] = reason
        self.order_fields(["stem", *self.own, "reason", *self.Meta.fields, "status"])

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


class QuizPageForm(WagtailAdminPageForm):  # type: ignore[misc]
    """A quiz that asks for more than its pool holds is not published; as a draft it may be saved."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if "action-publish" not in self.data and "action-submit" not in self.data:
            return cleaned
        for form in self.formsets["draws"].forms:
            row = getattr(form, "cleaned_data", None) if form.is_valid() else None
            if not row or row.get("DELETE") or not row.get("category") or not row.get("count"):
                continue
            size = bank.pool_size(row["category"])
            if row["count"] > size:
                form.add_error("count", self._too_few(size))
                self.add_error(None, self._too_few(size))
        return cleaned

    @staticmethod
    def _too_few(size: int) -> str:
        return ngettext(
            "There is only %(size)s question ready in this category.",
            "There are only %(size)s questions ready in this category.",
            size,
        ) % {"size": size}


def thin_draws(draws: Any) -> list[str]:
    """A sentence for each draw whose pool is less than three times what it takes. A query a draw."""
    sentences = []
    for draw in draws:
        size = bank.pool_size(draw.category)
        if size < COMFORTABLE * draw.count:
            sentences.append(
                _(
                    "“%(category)s” holds %(size)s questions for a draw of %(count)s: "
                    "with fewer than three times as many, attempts will resemble each other."
                )
                % {"category": draw.category.name, "size": size, "count": draw.count}
            )
    return sentences
