"""Questions from files and into files: send, look beside the source, enter as drafts, undo; write a file."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache

from lms.core import clock
from quizzes import enums, tasks, types
from quizzes.formats import packaging
from quizzes.formats.item import UnreadableError
from quizzes.models import Category, ImportBatch, ImportItem, Question, QuestionVersion
from quizzes.queries import imports as queries
from quizzes.services import exports, imports

State, Outcome = ImportBatch.State, ImportItem.Outcome
PERMISSION = "quizzes.add_question"
ROWS_A_PAGE = 20
LABELS = {
    "docx": gettext_lazy("Word (.docx)"),
    "xlsx": gettext_lazy("Excel (.xlsx)"),
    "gift": gettext_lazy("GIFT (text)"),
    "moodle-xml": gettext_lazy("Moodle XML (everything, with pictures)"),
    "aiken": gettext_lazy("Aiken (text, single choice only)"),
    "cloze": gettext_lazy("Cloze (text)"),
    "qti": gettext_lazy("QTI (archive)"),
}
CHANGES = {
    "content": gettext_lazy("content"),
    "level": gettext_lazy("cognitive level"),
    "category": gettext_lazy("category"),
    "objective": gettext_lazy("objective"),
    "tags": gettext_lazy("tags"),
}
FAULTS = {
    "used": gettext_lazy("it has been asked, or a quiz names it"),
    "changed": gettext_lazy("it was changed since"),
}


class _Categories(forms.ModelChoiceField):
    def label_from_instance(self, obj: Category) -> str:
        return "\u2003" * (obj.depth - 1) + obj.name


class ChoicesForm(forms.Form):
    category = _Categories(
        label=gettext_lazy("Category, for questions whose file names none"),
        queryset=Category.objects.none(),
        required=False,
        empty_label="–",
    )
    category_wins = forms.BooleanField(
        label=gettext_lazy("All questions into this category, whatever the file says"), required=False
    )
    level = forms.ChoiceField(
        label=gettext_lazy("Cognitive level, for questions whose file names none"),
        choices=[("", gettext_lazy("– (such questions are refused)")), *Question.CognitiveLevel.choices],
        required=False,
    )
    convert_from = forms.ChoiceField(
        label=gettext_lazy("Old font of the text"),
        choices=[
            ("", gettext_lazy("none: the text is Unicode")),
            ("tcvn3", "TCVN3 (.VnTime)"),
            ("vni", "VNI (VNI-Times)"),
        ],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = Category.objects.order_by("path")  # type: ignore[attr-defined]


class UploadForm(ChoicesForm):
    file = forms.FileField(label=gettext_lazy("File of questions"), allow_empty_file=True)
    format = forms.ChoiceField(label=gettext_lazy("Format"), required=False)
    field_order = ["file", "format", "category", "category_wins", "level", "convert_from"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        readable = [(name, LABELS[name]) for name in packaging.FORMATS if packaging.can(name, "read")]
        self.fields["format"].choices = [("", gettext_lazy("as the file looks")), *readable]  # type: ignore[attr-defined]


class ExportForm(forms.Form):
    format = forms.ChoiceField(label=gettext_lazy("Format"))
    category = _Categories(
        label=gettext_lazy("category"), queryset=Category.objects.none(), required=False,
        empty_label=gettext_lazy("the whole bank"),
    )  # fmt: skip
    status = forms.ChoiceField(
        label=gettext_lazy("status"),
        choices=[("", pgettext_lazy("status", "any")), *QuestionVersion.Status.choices],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].choices = [(name, LABELS[name]) for name in exports.formats()]  # type: ignore[attr-defined]
        self.fields["category"].queryset = Category.objects.order_by("path")  # type: ignore[attr-defined]


def _render(request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
    crumbs = [{"url": "", "label": title}]
    shared = {"header_title": title, "header_icon": "upload", "breadcrumbs_items": crumbs}
    return TemplateResponse(request, f"quizzes/cms/{template}", {**shared, **context})


def _check(request: HttpRequest) -> None:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied


@never_cache
def batches(request: HttpRequest) -> HttpResponse:
    """The way in: a file and what to make of it; below, what came in before."""
    _check(request)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            batch = imports.receive(
                file=said["file"],
                name=said["file"].name,
                by=request.user,  # type: ignore[arg-type]
                at=clock.now(),
                format=said["format"],
                category=said["category"],
                convert_from=said["convert_from"],
                level=said["level"],
                category_wins=said["category_wins"],
            )
        except UnreadableError as error:
            form.add_error("file", enums.sentence_of(error.problem))
        else:
            transaction.on_commit(lambda: tasks.nudge(tasks.read_import, batch.pk))
            return redirect("quizzes_import", batch.pk)
    page = Paginator(ImportBatch.objects.select_related("made_by"), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return _render(request, "imports.html", _("Questions from a file"), form=form, page=page)


@never_cache
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """One file: how far it is, what was found, what became of it. A page that works asks for itself again."""
    _check(request)
    found = get_object_or_404(ImportBatch.objects.select_related("made_by", "undone_by", "category"), pk=pk)
    if request.method == "POST":
        return _act(request, found)
    works = found.state in (State.WAITING, State.READING, State.ENTERING) or (
        found.state == State.UNDONE and found.done
    )
    context: dict[str, Any] = {"batch": found, "is_working": works}
    if found.state == State.READ:
        context |= _preview(request, found)
    elif found.state == State.REFUSED:
        context |= _refused(found)
    elif found.state in (State.ENTERED, State.UNDONE):
        made = found.items.filter(version__isnull=False).select_related("version__question").order_by("position")
        context |= {
            "made": Paginator(made, 100).get_page(request.GET.get("page")),
            "kept": [(code, FAULTS.get(fault, fault)) for code, fault in found.report.get("kept", [])],
        }
    response = _render(request, "import_batch.html", found.file_name, **context)
    if works:
        response["Refresh"] = "2"
    return response


def _preview(request: HttpRequest, found: ImportBatch) -> dict[str, Any]:
    counts = queries.counts(found)
    chosen = request.GET.get("show", "")
    items = found.items.order_by("position")
    if chosen == "problems":
        items = items.exclude(problems=[])
    elif chosen in Outcome.values:
        items = items.filter(outcome=chosen)
    page = Paginator(items, ROWS_A_PAGE).get_page(request.GET.get("page"))
    numbers = found.format in packaging.TEXT_FORMATS
    shown = queries.rows(items.filter(pk__in=[item.pk for item in page.object_list]), numbers_lines=numbers)
    tabs = [("", _("all"), counts["all"]), ("problems", _("with remarks"), counts["problems"])]
    tabs += [(value, str(label), counts.get(value, 0)) for value, label in Outcome.choices if counts.get(value)]
    styles = {style for row in shown for style in _styles(row)}
    return {
        "form": _choices(found), "rows": shown, "page": page, "tabs": tabs, "chosen": chosen, "counts": counts,
        "suggests": found.report.get("suggests", ""), "samples": found.report.get("samples", []),
        "styles": sorted(styles), "change_labels": CHANGES,
    }  # fmt: skip


def _styles(row: queries.Row) -> list[str]:
    names = row.question.template.split("/")[1:2] if row.question else []
    return [f"lms/types/{name}/{style}" for name in names for style in types.get(name).STYLES]


def _choices(found: ImportBatch) -> ChoicesForm:
    report = found.report
    initial = {"category": found.category_id, "level": report.get("level", ""), "convert_from": found.convert_from}
    return ChoicesForm(initial={**initial, "category_wins": report.get("category_wins", False)})


def _refused(found: ImportBatch) -> dict[str, Any]:
    problem = (found.report.get("problems") or [{"line": 0, "code": "", "values": {}}])[0]
    return {
        "line": problem["line"],
        "sentence": enums.sentence(problem["code"], problem["values"]),
        "suggests": found.report.get("suggests", ""),
        "form": _choices(found) if found.file else None,
    }


def _act(request: HttpRequest, found: ImportBatch) -> HttpResponse:
    action, person, now = request.POST.get("action", ""), request.user, clock.now()
    back = redirect("quizzes_import", found.pk)
    if action == "choose":
        form = ChoicesForm(request.POST)
        if form.is_valid() and imports.choose(batch=found, at=now, **form.cleaned_data):
            transaction.on_commit(lambda: tasks.nudge(tasks.read_import, found.pk))
        return back
    if action in ("tick", "enter"):
        _tick(request, found)
    if action == "tick":
        messages.success(request, _("Your choice is kept."))
        query = request.POST.get("query", "")
        return redirect(f"{back.url}?{query}" if query else back.url)
    if action == "enter" and imports.confirm(batch=found, by=person, at=now):  # type: ignore[arg-type]
        transaction.on_commit(lambda: tasks.nudge(tasks.enter_import, found.pk))
    elif action == "undo" and imports.undo(batch=found, by=person, at=now):  # type: ignore[arg-type]
        transaction.on_commit(lambda: tasks.nudge(tasks.take_back_import, found.pk))
    elif action == "retry" and imports.retry(batch=found, at=now):
        task = tasks.enter_import if found.state == State.ENTERING else tasks.read_import
        transaction.on_commit(lambda: tasks.nudge(task, found.pk))
    elif action == "discard":
        if imports.discard(batch=found):
            messages.success(request, _("The file was dropped; nothing of it was entered."))
        return redirect("quizzes_imports")
    return back


def _tick(request: HttpRequest, found: ImportBatch) -> None:
    """What was shown on the page is in ``shown``, what is ticked of it in ``wanted``."""
    shown = {int(value) for value in request.POST.getlist("shown") if value.isdecimal()}
    wanted = {int(value) for value in request.POST.getlist("wanted") if value.isdecimal()} & shown
    imports.tick(batch=found, items=wanted, wanted=True)
    imports.tick(batch=found, items=shown - wanted, wanted=False)


@never_cache
def export(request: HttpRequest) -> HttpResponse:
    """A file of the bank, or of a part of it. What the format cannot carry is told before the file is given."""
    if not request.user.has_perm("quizzes.view_question") and not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    pks = [int(value) for value in request.GET.getlist("id") if value.isdecimal()] or None
    initial = {name: request.GET.get(name, "") for name in ("format", "category", "status")}
    form = ExportForm(request.POST or None, initial=initial)
    left: list[tuple[str, str]] = []
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        rows = exports.chosen(category=said["category"], status=said["status"], pks=pks)
        made = exports.export(questions=rows, format=said["format"]) if rows.exists() else None
        if made is None or not made.count:
            form.add_error(None, _("No question fits this choice, so there is no file."))
        elif made.left_out and "anyway" not in request.POST:
            left = [(code, enums.sentence(trouble)) for code, trouble in made.left_out[:500]]
        else:
            response = HttpResponse(made.data, content_type=made.media_type)
            response["Content-Disposition"] = f'attachment; filename="{made.name}"'
            return response
    return _render(request, "export.html", _("Questions into a file"), form=form, left=left, chosen=len(pks or ()))


def template(request: HttpRequest, format: str) -> HttpResponse:
    """The blank template of Word or Excel."""
    _check(request)
    module = packaging.module("xlsx" if format == "xlsx" else "docx")
    response = HttpResponse(module.template(), content_type=module.MEDIA_TYPE)
    response["Content-Disposition"] = f'attachment; filename="mau-cau-hoi{module.SUFFIXES[0]}"'
    return response
