"""The question bank in the CMS. Attempts are not here: the CMS opens no learner record."""

from typing import Any

import django_filters
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.functional import lazy
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from taggit.models import Tag
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms.choosers import BaseFilterForm, SearchFilterMixin
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.views.generic import chooser
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy

from lms.accounts.models import User
from lms.core import clock
from quizzes import types
from quizzes.cms_views import bank as bank_views
from quizzes.forms import CategoryForm, ObjectiveForm, QuestionForm
from quizzes.forms.bank import ACTIONS
from quizzes.models import Category, Objective, Question, QuestionVersion
from quizzes.queries import bank_cms
from quizzes.queries.bank import pool_counts
from quizzes.services import bank

# Whoever writes questions writes what they test.
register_permission_policy(Objective, ModelPermissionPolicy(Objective, auth_model=Question))


capfirst_lazy = lazy(capfirst, str)


def _type_choices() -> list[tuple[str, Any]]:
    return [(kind.NAME, kind.LABEL) for kind in types.all_types()]


def _tag_choices() -> list[tuple[str, str]]:
    tags = Tag.objects.filter(taggit_taggeditem_items__content_type__model="question").distinct().order_by("name")
    return [(name, name) for name in tags.values_list("name", flat=True)]


def _owners(request: HttpRequest | None) -> "QuerySet[User]":
    return User.objects.filter(questions__isnull=False).distinct().order_by("name_sort_key")


class _CategoryFilter(django_filters.ModelChoiceFilter):  # type: ignore[misc]
    @property
    def field(self) -> Any:
        field = super().field
        field.label_from_instance = lambda category: "\u2003" * (category.depth - 1) + category.name
        return field


class QuestionFilterSet(WagtailFilterSet):  # type: ignore[misc]
    latest_type = django_filters.ChoiceFilter(label=_("type"), field_name="latest__type", choices=_type_choices)
    status = django_filters.ChoiceFilter(
        label=_("status"), field_name="latest__status", choices=QuestionVersion.Status.choices
    )
    category = _CategoryFilter(label=_("category"), queryset=Category.objects.order_by("path"), method="in_or_below")
    objective = django_filters.ModelChoiceFilter(label=_("objective"), queryset=Objective.objects.order_by("key"))
    tag = django_filters.ChoiceFilter(label=_("tag"), choices=_tag_choices, method="tagged")
    owner = django_filters.ModelChoiceFilter(label=_("person in charge"), queryset=_owners)
    checking = django_filters.ChoiceFilter(
        label=_("figures"), choices=[("yes", _("needs checking"))], method="to_be_checked"
    )
    asked = django_filters.ChoiceFilter(
        label=_("asked"), choices=[("yes", _("already asked")), ("no", _("never asked"))], method="was_asked"
    )
    draft = django_filters.ChoiceFilter(
        label=_("draft"), choices=[("yes", _("a draft newer than the ready version"))], method="newer_draft"
    )

    class Meta:
        model = Question
        fields = ["level"]

    def in_or_below(self, queryset: QuerySet[Question], name: str, value: Category) -> QuerySet[Question]:
        return queryset.filter(category__path__startswith=value.path)

    def tagged(self, queryset: QuerySet[Question], name: str, value: str) -> QuerySet[Question]:
        return queryset.filter(pk__in=Question.objects.filter(tags__name=value).values("pk"))

    def to_be_checked(self, queryset: QuerySet[Question], name: str, value: str) -> QuerySet[Question]:
        return queryset.filter(bank_cms.needs_checking())

    def was_asked(self, queryset: QuerySet[Question], name: str, value: str) -> QuerySet[Question]:
        return queryset.filter(bank_cms.was_asked() if value == "yes" else ~bank_cms.was_asked())

    def newer_draft(self, queryset: QuerySet[Question], name: str, value: str) -> QuerySet[Question]:
        return queryset.filter(bank_cms.has_newer_draft())


class QuestionIndexView(generic.IndexView):  # type: ignore[misc]
    is_searchable = True
    template_name = "quizzes/cms/question_index.html"
    results_template_name = "quizzes/cms/question_results.html"

    @property
    def columns(self) -> list[Column]:
        """A box for each row before what the viewset lists."""
        return [TickColumn("tick", label=_("Choose"), accessor="pk", width="1%"), *super().columns]

    def get_base_queryset(self) -> QuerySet[Question]:
        return bank_cms.listed()

    def search_queryset(self, queryset: QuerySet[Question]) -> QuerySet[Question]:
        return bank_cms.search(queryset, self.search_query) if self.is_searching else queryset

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        changes = self.user_has_permission("change")
        return {**context, "bulk_actions": ACTIONS if changes else (), "bulk_query": self.request.GET.urlencode()}


class BulkView(QuestionIndexView):
    """What was ticked in the list, or all that its filters leave, changed at once (cms_views.bank.bulk)."""

    permission_required = "change"
    any_permission_required = None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return bank_views.bulk(request, self.get_queryset())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return bank_views.bulk(request, self.get_queryset())


def _column(name: str, label: Any, cell: type[Column] = Column, **more: Any) -> Column:
    """Headings begin with a capital; what they name stands in the models in small letters."""
    return cell(name, label=capfirst_lazy(label), **more)


class TickColumn(Column):  # type: ignore[misc]
    """A box that belongs to the form below the list."""

    cell_template_name = "quizzes/cms/tick_cell.html"
    header_template_name = "quizzes/cms/tick_header.html"


class WordingColumn(Column):  # type: ignore[misc]
    cell_template_name = "quizzes/cms/wording_cell.html"


class FiguresColumn(Column):  # type: ignore[misc]
    """Facility and discrimination of the version that is drawn, with the mark of one that needs checking."""

    cell_template_name = "quizzes/cms/figures_cell.html"

    def get_value(self, instance: Any) -> Any:
        for version in (instance.ready, instance.latest):
            analysis = getattr(version, "analysis", None) if version else None
            if analysis is not None:
                return analysis
        return None


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
    """``?new=1``: the author came for the next version, which begins as a draft."""

    template_name = "quizzes/cms/question_form.html"

    def get_queryset(self) -> QuerySet[Question]:
        return Question.objects.select_related("latest", "ready", "category")

    @property
    def type_name(self) -> str:
        latest = bank.latest_version(self.object)
        return latest.type if latest else types.all_types()[0].NAME

    def get_form_kwargs(self) -> dict[str, Any]:
        opens = bool(self.request.GET.get("new"))
        return {**super().get_form_kwargs(), "type_name": self.type_name, "opens_version": opens}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        latest = self.object.latest
        return {
            **context,
            "kind": self.form.kind,
            "versions": bank_cms.versions_of(self.object),
            "uses": bank_cms.uses_of(self.object),
            "is_rewritten": latest is not None and bank.is_free_draft(latest),
            "opens_version": bool(self.request.GET.get("new")),
        }

    def save_instance(self) -> Question:
        return _save(self.form, self.request)


def _save(form: QuestionForm, request: HttpRequest) -> Question:
    cleaned = form.cleaned_data
    actor = request.user
    if isinstance(actor, AnonymousUser):
        raise PermissionDenied
    objective = cleaned["objective"]
    if cleaned["new_objective"]:
        objective = bank.add_objective(name=cleaned["new_objective"], actor=actor)
    saved = bank.write(
        actor=actor,
        at=clock.now(),
        owner=cleaned["owner"],
        code=form.instance.code if form.instance.pk else cleaned["code"],
        category=cleaned["category"],
        type_name=form.kind.NAME,
        stem=cleaned["stem"],
        content=cleaned["content"],
        reason=cleaned["reason"],
        level=cleaned["level"],
        status=cleaned["status"],
        objective=objective,
        hints=cleaned["hints"],
        tags=cleaned["tags"],
        documents=cleaned["documents"],
        facts=cleaned["facts"],
    )
    return saved.question


class KeptView(generic.DeleteView):  # type: ignore[misc]
    """The bank deletes nothing: a question is retired, a drawer stays."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raise PermissionDenied


class QuestionViewSet(ModelViewSet):  # type: ignore[misc]
    """Names of addresses: questions:index, add, edit, try, compare, status, bulk."""

    model = Question
    icon = "help"
    menu_label = _("Questions")
    index_view_class = QuestionIndexView
    index_template_name = "quizzes/cms/question_index.html"
    index_results_template_name = "quizzes/cms/question_results.html"
    add_view_class = QuestionCreateView
    edit_view_class = QuestionEditView
    delete_view_class = KeptView
    copy_view_enabled = False
    inspect_view_enabled = False
    filterset_class = QuestionFilterSet
    search_fields = ["code"]
    list_per_page = 50
    list_display = [
        "code",
        _column("stem", _("question"), WordingColumn, accessor=_stem),
        _column("type", _("type"), accessor=_type_label, sort_key="latest__type"),
        _column("category", _("category"), accessor="category", sort_key="category__path"),
        _column("level", pgettext_lazy("of a question", "level"), accessor="get_level_display", sort_key="level"),
        _column("status", _("status"), accessor="latest.get_status_display", sort_key="latest__status"),
        _column("version", _("version"), accessor="latest.number", sort_key="latest__number"),
        _column("uses", _("asked"), accessor="uses", sort_key="uses"),
        _column("figures", _("figures"), FiguresColumn, sort_key="ready__analysis__facility"),
    ]

    def get_form_class(self, for_update: bool = False) -> type:
        return QuestionForm

    def get_edit_handler(self) -> None:
        return None

    @property
    def bulk_view(self) -> Any:
        return self.construct_view(BulkView, **self.get_index_view_kwargs())

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("bulk/", self.bulk_view, name="bulk"),
            path("<int:pk>/try/", bank_views.play, name="try"),
            path("<int:pk>/compare/", bank_views.compare, name="compare"),
            path("<int:pk>/status/", bank_views.status, name="status"),
        ]


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
        Column("inside", label=capfirst_lazy(_("place in the tree")), accessor=_indented),
        Column("ready", label=capfirst_lazy(_("questions ready, with those below")), accessor="ready"),
        "key",
    ]

    def get_form_class(self, for_update: bool = False) -> type:
        return CategoryForm

    def get_edit_handler(self) -> None:
        return None


class ObjectiveIndexView(generic.IndexView):  # type: ignore[misc]
    is_searchable = True

    def get_base_queryset(self) -> QuerySet[Objective]:
        return bank_cms.objectives()


class ObjectiveCreateView(generic.CreateView):  # type: ignore[misc]
    def save_instance(self) -> Objective:
        cleaned = self.form.cleaned_data
        return bank.add_objective(
            name=cleaned["name"], key=cleaned["key"], lesson=cleaned["lesson"], actor=self.request.user
        )


class ObjectiveEditView(generic.EditView):  # type: ignore[misc]
    def save_instance(self) -> Objective:
        cleaned = self.form.cleaned_data
        return bank.change_objective(
            objective=self.object, name=cleaned["name"], lesson=cleaned["lesson"], actor=self.request.user
        )


class ObjectiveViewSet(ModelViewSet):  # type: ignore[misc]
    model = Objective
    icon = "tick-inverse"
    menu_label = _("Objectives")
    index_view_class = ObjectiveIndexView
    add_view_class = ObjectiveCreateView
    edit_view_class = ObjectiveEditView
    delete_view_class = KeptView
    copy_view_enabled = False
    inspect_view_enabled = False
    search_fields = ["name", "key"]
    list_display = [
        "name",
        Column("lesson", label=capfirst_lazy(_("lesson")), accessor="lesson.title"),
        Column("ready", label=capfirst_lazy(_("questions ready")), accessor="ready"),
        "key",
    ]

    def get_form_class(self, for_update: bool = False) -> type:
        return ObjectiveForm

    def get_edit_handler(self) -> None:
        return None


# --- Choosing one question in the editor of a quiz ------------------------------------------------------


class _QuestionFilterForm(SearchFilterMixin, BaseFilterForm):  # type: ignore[misc]
    def filter(self, objects: Any) -> Any:
        words = self.cleaned_data.get("q")
        if words:
            self.search_query, self.is_searching = words, True
            return bank_cms.search(objects, words)
        return objects


class _ChooseMixin:
    filter_form_class = _QuestionFilterForm

    def get_object_list(self) -> Any:
        return Question.objects.exclude(latest__status="retired").select_related("latest").order_by("code")

    @property
    def columns(self) -> list[Any]:
        return [
            *super().columns,  # type: ignore[misc]
            Column("stem", label=capfirst_lazy(_("question")), accessor=_stem),
            Column("status", label=capfirst_lazy(_("status")), accessor="latest.get_status_display"),
        ]


class _ChooseView(_ChooseMixin, chooser.ChooseView):  # type: ignore[misc]
    pass


class _ChooseResultsView(_ChooseMixin, chooser.ChooseResultsView):  # type: ignore[misc]
    pass


class QuestionChooser(ChooserViewSet):  # type: ignore[misc]
    model = Question
    icon = "help"
    choose_one_text = _("Choose a question")
    choose_another_text = _("Choose another question")
    edit_item_text = _("Edit this question")
    choose_view_class = _ChooseView
    choose_results_view_class = _ChooseResultsView


question_chooser = QuestionChooser("question_chooser")


class QuestionBank(ModelViewSetGroup):  # type: ignore[misc]
    items = (
        QuestionViewSet("questions", url_prefix="questions"),
        CategoryViewSet("question_categories"),
        ObjectiveViewSet("question_objectives"),
    )
    menu_label = _("Question bank")
    menu_icon = "help"
    # Item analysis and imports hang themselves below it.
    submenu_hook = "register_question_bank_menu_item"
    menu_order = 250
