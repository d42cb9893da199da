"""The question bank in the CMS. Attempts are not here: the CMS opens no learner record."""

from typing import Any

import django_filters
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup

from lms.core import clock, text
from quizzes import types
from quizzes.forms import CategoryForm, QuestionForm
from quizzes.models import Category, Question, QuestionVersion
from quizzes.queries.bank import pool_counts
from quizzes.services import bank


def _type_choices() -> list[tuple[str, Any]]:
    return [(kind.NAME, kind.LABEL) for kind in types.all_types()]


class QuestionFilterSet(WagtailFilterSet):  # type: ignore[misc]
    latest_type = django_filters.ChoiceFilter(label=_("type"), field_name="latest__type", choices=_type_choices)
    status = django_filters.ChoiceFilter(
        label=_("status"), field_name="latest__status", choices=QuestionVersion.Status.choices
    )
    category = django_filters.ModelChoiceFilter(
        label=_("category"), queryset=Category.objects.order_by("path"), method="in_or_below"
    )

    class Meta:
        model = Question
        fields = ["level"]

    def in_or_below(self, queryset: QuerySet[Question], name: str, value: Category) -> QuerySet[Question]:
        return queryset.filter(category__path__startswith=value.path)


class QuestionIndexView(generic.IndexView):  # type: ignore[misc]
    is_searchable = True

    def get_base_queryset(self) -> QuerySet[Question]:
        """One query for the list: the newest wording, its type and number, and how often it was asked."""
        return (
            Question.objects.select_related("category", "latest")
            .annotate(uses=Count("versions__uses"))
            .order_by("code")
        )

    def search_queryset(self, queryset: QuerySet[Question]) -> QuerySet[Question]:
        """Every word, with or without its diacritics, in the newest wording or the code."""
        if not self.is_searching:
            return queryset
        found = queryset
        for word in text.fold(self.search_query).split():
            found = found.filter(latest__search_text__contains=word) | found.filter(code__icontains=word)  # type: ignore[misc]
        return found


def _type_label(question: Any) -> str:
    version = question.latest
    return str(types.get(version.type).LABEL) if version and types.is_known(version.type) else "–"


def _stem(question: Any) -> str:
    return Truncator(question.latest.stem if question.latest else "–").words(18)


class QuestionCreateView(generic.CreateView):  # type: ignore[misc]
    """First the type, then its form."""

    template_name = "quizzes/cms/question_form.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not types.is_known(request.GET.get("type", "")):
            context = {"types": types.all_types(), "add_url": self.add_url, "page_title": self.page_title}
            return render(request, "quizzes/cms/question_types.html", context)
        response: HttpResponse = super().get(request, *args, **kwargs)
        return response

    @property
    def type_name(self) -> str:
        wanted = self.request.GET.get("type", "")
        return wanted if types.is_known(wanted) else types.all_types()[0].NAME

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "type_name": self.type_name}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "kind": types.get(self.type_name), "action_url": f"{self.add_url}?type={self.type_name}"}

    def save_instance(self) -> Question:
        return _save(self.form, self.request)


class QuestionEditView(generic.EditView):  # type: ignore[misc]
    template_name = "quizzes/cms/question_form.html"

    def get_queryset(self) -> QuerySet[Question]:
        return Question.objects.all()

    @property
    def type_name(self) -> str:
        latest = bank.latest_version(self.object)
        return latest.type if latest else types.all_types()[0].NAME

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "type_name": self.type_name}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        versions = self.object.versions.annotate(uses_count=Count("uses")).select_related("created_by")
        return {**context, "kind": self.form.kind, "versions": versions.order_by("-number")}

    def save_instance(self) -> Question:
        return _save(self.form, self.request)


def _save(form: QuestionForm, request: HttpRequest) -> Question:
    cleaned = form.cleaned_data
    saved = bank.save_question(
        code=form.instance.code if form.instance.pk else cleaned["code"],
        category=cleaned["category"],
        type_name=form.kind.NAME,
        stem=cleaned["stem"],
        content=cleaned["content"],
        reason=cleaned["reason"],
        level=cleaned["level"],
        status=cleaned["status"],
        objective=cleaned["objective"],
        actor=request.user,  # type: ignore[arg-type]
        at=clock.now(),
    )
    return saved.question


class KeptView(generic.DeleteView):  # type: ignore[misc]
    """The bank deletes nothing: a question is retired, a drawer stays."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raise PermissionDenied


class QuestionViewSet(ModelViewSet):  # type: ignore[misc]
    model = Question
    icon = "help"
    menu_label = _("Questions")
    index_view_class = QuestionIndexView
    add_view_class = QuestionCreateView
    edit_view_class = QuestionEditView
    delete_view_class = KeptView
    copy_view_enabled = False
    inspect_view_enabled = False
    filterset_class = QuestionFilterSet
    search_fields = ["code"]
    list_display = [
        "code",
        Column("stem", label=_("question"), accessor=_stem),
        Column("type", label=_("type"), accessor=_type_label),
        Column("category", label=_("category"), accessor="category"),
        Column("level", label=_("cognitive level"), accessor="get_level_display"),
        Column("status", label=_("status"), accessor="latest.get_status_display"),
        Column("version", label=_("version"), accessor="latest.number"),
        Column("uses", label=_("asked"), accessor="uses"),
    ]

    def get_form_class(self, for_update: bool = False) -> type:
        return QuestionForm

    def get_edit_handler(self) -> None:
        return None


class CategoryIndexView(generic.IndexView):  # type: ignore[misc]
    def get_base_queryset(self) -> QuerySet[Category]:
        return Category.objects.annotate(ready=pool_counts()).order_by("path")


class CategoryCreateView(generic.CreateView):  # type: ignore[misc]
    def save_instance(self) -> Category:
        cleaned = self.form.cleaned_data
        return bank.save_category(name=cleaned["name"], key=cleaned["key"], parent=cleaned["parent"])


class CategoryEditView(generic.EditView):  # type: ignore[misc]
    def save_instance(self) -> Category:
        return bank.save_category(name=self.form.cleaned_data["name"], key=self.form.instance.key)


def _indented(category: Category) -> str:
    return "\u2003" * (category.depth - 1) + category.name


class CategoryViewSet(ModelViewSet):  # type: ignore[misc]
    model = Category
    icon = "folder-open-inverse"
    menu_label = _("Question categories")
    index_view_class = CategoryIndexView
    add_view_class = CategoryCreateView
    edit_view_class = CategoryEditView
    delete_view_class = KeptView
    copy_view_enabled = False
    inspect_view_enabled = False
    list_display = [
        "name",
        Column("inside", label=_("place in the tree"), accessor=_indented),
        Column("ready", label=_("questions ready, with those below"), accessor="ready"),
        "key",
    ]

    def get_form_class(self, for_update: bool = False) -> type:
        return CategoryForm

    def get_edit_handler(self) -> None:
        return None


class QuestionBank(ModelViewSetGroup):  # type: ignore[misc]
    items = (QuestionViewSet("questions", url_prefix="questions"), CategoryViewSet("question_categories"))
    menu_label = _("Question bank")
    menu_icon = "help"
    menu_order = 250
