"""Attempts as those see them who mark there: the list of a quiz, one attempt, what people decide about it."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lms.core import clock
from lms.core.http import AuthenticatedRequest
from quizzes.models import Attempt
from quizzes.queries import desk_attempts
from quizzes.services import attempts, salvage
from quizzes.views.desk import for_markers, number_of, pages_of, quiz_or_404, viewer
from quizzes.views.desk_forms import ReasonForm, SalvageForm, VoidForm


@for_markers
@require_safe
def attempt_list(request: AuthenticatedRequest, quiz_id: int) -> HttpResponse:
    quiz = quiz_or_404(quiz_id)
    asked = {key: request.GET.get(key, "").replace("\0", "")[:80] for key in ("trang_thai", "don_vi", "ten")}
    state = asked["trang_thai"] if asked["trang_thai"] in Attempt.State.values else ""
    found = desk_attempts.attempt_list(
        viewer(request),
        quiz,
        state=state,
        unit=asked["don_vi"],
        name=asked["ten"],
        number=number_of(request.GET.get("trang")),
    )
    context = {
        "quiz": quiz,
        "found": found,
        "asked": {**asked, "trang_thai": state},
        "is_narrowed": any([state, asked["don_vi"].strip(), asked["ten"].strip()]),
        "pages": pages_of(found.page, **{**asked, "trang_thai": state}),
        "marks": True,
        "tab": "home",
    }
    return render(request, "quizzes/desk/attempts.html", context)


def _held(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> Attempt:
    found = desk_attempts.held(viewer(request), attempt_id)
    if found is None:
        raise Http404
    return found


@for_markers
@require_safe
def attempt(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> HttpResponse:
    return page(request, _held(request, attempt_id))


def page(request: AuthenticatedRequest, found: Attempt, *, status: int = 200, **forms: Any) -> HttpResponse:
    """``forms``: those that came back with something to say."""
    shown = desk_attempts.attempt_page(viewer(request), found, clock.now())
    context = {
        "page": shown,
        "void_form": VoidForm(label_suffix=""),
        "reopen_form": ReasonForm(label_suffix="", prefix="reopen"),
        "refuse_form": ReasonForm(label_suffix="", prefix="refuse"),
        "salvage_form": SalvageForm(label_suffix="", prefix="salvage"),
        "marks": True,
        "tab": "home",
        **forms,
    }
    return render(request, "quizzes/desk/attempt.html", context, status=status)


@for_markers
@require_POST
def reopen(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> HttpResponse:
    found = _held(request, attempt_id)
    form = ReasonForm(request.POST, label_suffix="", prefix="reopen")
    if not form.is_valid():
        return page(request, found, status=422, reopen_form=form)
    try:
        opened = attempts.reopen(attempt=found, by=viewer(request), reason=form.cleaned_data["reason"], at=clock.now())
    except attempts.DecisionRefusedError as refusal:
        messages.warning(request, str(refusal))
    else:
        if opened.state in Attempt.OPEN:
            messages.success(request, _("The attempt is open again. Tell the learner to go on."))
        else:
            messages.info(request, _("Its time was over already: it was handed in as it stood, at its deadline."))
    return redirect("quizzes:desk-attempt", found.pk)


@for_markers
@require_POST
def ask_to_void(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> HttpResponse:
    found = _held(request, attempt_id)
    form = VoidForm(request.POST, label_suffix="")
    if not form.is_valid():
        return page(request, found, status=422, void_form=form)
    try:
        attempts.ask_to_void(attempt=found, by=viewer(request), at=clock.now(), **form.cleaned_data)
    except attempts.DecisionRefusedError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Proposed. A second person who marks here has to confirm it."))
    return redirect("quizzes:desk-attempt", found.pk)


@for_markers
@require_POST
def confirm_void(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> HttpResponse:
    found = _held(request, attempt_id)
    try:
        stays = attempts.confirm_void(attempt=found, by=viewer(request), at=clock.now())
    except attempts.DecisionRefusedError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("The attempt is voided. It stays in the record and counts no more."))
        if stays:
            messages.warning(request, _("The course had been completed with it and stays completed: that needs a "
                                        "decision of its own."))  # fmt: skip
    return redirect("quizzes:desk-attempt", found.pk)


@for_markers
@require_POST
def refuse_void(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> HttpResponse:
    found = _held(request, attempt_id)
    form = ReasonForm(request.POST, label_suffix="", prefix="refuse")
    if not form.is_valid():
        return page(request, found, status=422, refuse_form=form)
    try:
        attempts.refuse_void(attempt=found, by=viewer(request), reason=form.cleaned_data["reason"], at=clock.now())
    except attempts.DecisionRefusedError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("The proposal is dropped. The attempt counts as before."))
    return redirect("quizzes:desk-attempt", found.pk)


@for_markers
@require_POST
def take_salvage(request: AuthenticatedRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """A file first shows what it would change; the second post takes it. The file itself travels with the page: it is
    signed, so nobody changes it on the way."""
    found = _held(request, attempt_id)
    form = SalvageForm(request.POST, request.FILES, label_suffix="", prefix="salvage")
    if not form.is_valid():
        return page(request, found, status=422, salvage_form=form)
    try:
        read = salvage.read(form.data_bytes, attempt=found)
    except salvage.SalvageRefusedError as refusal:
        form.add_error("file", str(refusal))
        return page(request, found, status=422, salvage_form=form)
    if "accept" not in request.POST:
        return _show_salvage(request, found, read, form)
    try:
        taken = salvage.accept(salvage=read, by=viewer(request), reason=form.cleaned_data["reason"], at=clock.now())
    except salvage.SalvageRefusedError as refusal:
        form.add_error(None, str(refusal))
        return _show_salvage(request, found, read, form, status=422)
    if taken.positions:
        messages.success(
            request,
            _("Taken from the file: questions %(numbers)s.") % {"numbers": ", ".join(map(str, taken.positions))},
        )
    else:
        messages.info(request, _("The file says what stands already. Nothing was changed."))
    return redirect("quizzes:desk-attempt", found.pk)


def _show_salvage(
    request: AuthenticatedRequest, found: Attempt, read: salvage.Salvage, form: SalvageForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "page": desk_attempts.attempt_page(viewer(request), found, clock.now()),
        "salvage": read,
        "text": form.text,
        "form": form,
        "marks": True,
        "tab": "home",
    }
    return render(request, "quizzes/desk/salvage.html", context, status=status)
