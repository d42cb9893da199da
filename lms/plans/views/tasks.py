"""A manager's screens: the tasks, a new one with the step before it is given, one task, its change and withdrawal.
Strangers get 404 at every one of them.
"""

from io import BytesIO
from typing import Any

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from courses.enums import State
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.plans import queries, rules, services
from lms.plans.forms import ChangeForm, TaskForm, WithdrawForm
from lms.plans.models import BasisDocument
from lms.units.queries import names_on
from lms.units.services.errors import RefusedError

_PER_PAGE = 50
_TASKS_A_PAGE = 20
_STATES = {"chua-hoc": State.NOT_STARTED, "dang-hoc": State.IN_PROGRESS, "da-hoan-thanh": State.DONE}


@never_cache
@login_required
@require_safe
def tasks(request: AuthenticatedRequest) -> HttpResponse:
    if not queries.may_see_tasks(request.user):  # type: ignore[arg-type]
        raise Http404
    found = queries.tasks_for(request.user, clock.today())  # type: ignore[arg-type]
    context = {
        "tasks": found,
        "page": Paginator(found.own, _TASKS_A_PAGE).get_page(request.GET.get("trang")),
        "may_assign": queries.may_assign(request.user),  # type: ignore[arg-type]
    }
    return render(request, "plans/tasks.html", context)


@never_cache
@login_required
def new(request: AuthenticatedRequest) -> HttpResponse:
    """One page; "find" brings up units, "preview" shows what the task would do, "assign" gives it, "edit" goes back."""
    if not queries.may_assign(request.user):  # type: ignore[arg-type]
        raise Http404
    if request.method != "POST":
        return _form_page(request, TaskForm(manager=request.user))  # type: ignore[arg-type]
    form = TaskForm(request.POST, manager=request.user)  # type: ignore[arg-type]
    step = request.POST.get("step", "preview")
    if step in ("find", "edit"):
        return _form_page(request, form.without_complaints())
    if not form.is_valid():
        return _form_page(request, form)
    if step == "assign":
        return _assign(request, form)
    return render(request, "plans/preview.html", _preview(form))


def _form_page(request: AuthenticatedRequest, form: TaskForm) -> HttpResponse:
    return render(request, "plans/new.html", {"form": form})


def _preview(form: TaskForm) -> dict[str, Any]:
    today = clock.today()
    unit = form.unit_row
    data, typed = form.cleaned_data, form.document
    basis = data["basis"] or (BasisDocument(**typed) if typed else None)
    warnings = []
    if typed and not rules.looks_like_reference(typed["reference"]):
        warnings.append(_("A number and symbol mostly look like 141/KH-MTTQ-BTT. It is kept as you wrote it."))
    if typed and typed["date_as_written"] and rules.day_as_written(typed["date_as_written"]) is None:
        warnings.append(_("No day can be read from the date of the document. It is kept as you wrote it."))
    if data["deadline"] is None:
        warnings.append(_("No deadline is set."))
    return {
        "form": form,
        "course": data["course"],
        "whom": queries.whom_said(
            names_on([unit], today).get(unit.pk), list(data["levels"]), form.wanted_positions, form.duties
        ),
        "document": queries.document_said(basis),
        "deadline": queries.deadline_said(data["deadline"], today),
        "reach": queries.reach(form.aim(unit), data["course"].pk, today),
        "warnings": warnings,
    }


def _assign(request: AuthenticatedRequest, form: TaskForm) -> HttpResponse:
    data, typed = form.cleaned_data, form.document
    try:
        task = services.assign(
            course=data["course"],
            unit=form.unit_row,
            levels=data["levels"],
            positions=form.wanted_positions,
            duties=form.duties,
            deadline=data["deadline"],
            basis=data["basis"] or (services.enter_document(**typed) if typed else None),
            contact_name=data["contact_name"],
            contact_phone=data["contact_phone"],
            note=data["note"],
            by=request.user,  # type: ignore[arg-type]
            at=clock.now(),
        )
    except RefusedError as error:
        form.add_error(None, _(error.reason) % error.params)
        return _form_page(request, form)
    messages.success(request, _("The task is given. It stands in “My training” of everybody whom it concerns."))
    return redirect("plans:task", task.pk)


def _view(request: AuthenticatedRequest, pk: int) -> queries.View:
    sent = request.GET.get("don-vi", "")
    unit_id = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 12 else None
    view = queries.view_of(request.user, pk, clock.today(), unit_id=unit_id)  # type: ignore[arg-type]
    if view is None:
        raise Http404
    return view


def _changeable(request: AuthenticatedRequest, pk: int) -> queries.View:
    view = _view(request, pk)
    if not view.may_change:
        raise Http404
    return view


@never_cache
@login_required
@require_safe
def task(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    view, today = _view(request, pk), clock.today()
    chosen = request.GET.get("trang-thai", "chua-hoc")
    if chosen not in _STATES:
        chosen = "chua-hoc"
    sent = request.GET.get("trang", "")
    number = max(1, int(sent)) if sent.isascii() and sent.isdigit() and len(sent) < 7 else 1
    aim = queries.narrowed(queries.aim_of(view.task, today), view.unit.path)
    count, people = queries.people_lines(
        aim, view.task.course_id, today, state=_STATES[chosen], offset=(number - 1) * _PER_PAGE, limit=_PER_PAGE
    )
    context = {
        "view": view,
        "task": view.task,
        "row": view.row,
        "standing": queries.standing_of(view.task, today, unit=view.unit),
        "states": [(key, state.label, key == chosen) for key, state in _STATES.items()],
        "chosen": chosen,
        "state": _STATES[chosen],
        "count": count,
        "people": people,
        "pages": {"number": number, "last": Paginator(range(count), _PER_PAGE).num_pages},
        "link": queries.task_link(view.task.code),
        "message": queries.message_for(view.task, view.row),
    }
    return render(request, "plans/task.html", context)


@never_cache
@login_required
def edit(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    view = _changeable(request, pk)
    form = ChangeForm(
        request.POST or None,
        initial={
            "deadline": view.task.deadline,
            "contact_name": view.task.contact_name,
            "contact_phone": view.task.contact_phone,
            "note": view.task.note,
        },
        standing_deadline=view.task.deadline,
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.change(assignment=view.task, by=request.user, at=clock.now(), **form.cleaned_data)  # type: ignore[arg-type]
        except RefusedError as error:
            form.add_error(None, _(error.reason) % error.params)
        else:
            messages.success(request, _("The task was changed."))
            return redirect("plans:task", pk)
    return render(request, "plans/edit.html", {"form": form, "view": view, "row": view.row})


@never_cache
@login_required
def withdraw(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    view = _changeable(request, pk)
    form = WithdrawForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        services.withdraw(
            assignment=view.task,
            by=request.user,  # type: ignore[arg-type]
            reason=form.cleaned_data["reason"],
            at=clock.now(),
        )
        messages.success(request, _("The task was withdrawn. It no longer stands in anybody's “My training”."))
        return redirect("plans:tasks")
    return render(request, "plans/withdraw.html", {"form": form, "view": view, "row": view.row})


@login_required
@require_safe
def qr(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """The short link as a picture, for a slide or a printed notice."""
    view = _view(request, pk)
    picture = BytesIO()
    segno.make_qr(queries.task_link(view.task.code), error="m").save(
        picture, kind="svg", scale=8, border=4, svgclass=None, lineclass=None, nl=False
    )
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml", headers={"Cache-Control": "private"})
