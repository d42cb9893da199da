"""The bank in the CMS beside its lists: play a question, compare two versions, change one or many.

Whoever may look into the bank may play and compare; changing needs the right to change questions. Nothing is recorded
of what is played.
"""

import random
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from quizzes import types
from quizzes.cms_views.analysis import CHANGES, may_look
from quizzes.forms import bank as forms
from quizzes.models import Question, QuestionVersion
from quizzes.models.quiz import QuizSettings
from quizzes.queries import bank_cms, preview
from quizzes.services import bank

# As many as are changed in one go, so that nobody else waits long for the database.
AT_ONCE = 200
NAMED = 30
ALLOWED_TRIES = 3


def _authors_only(request: HttpRequest, *, to_change: bool = False) -> None:
    if not (request.user.has_perm(CHANGES) if to_change else may_look(request.user)):
        raise PermissionDenied


def _question(pk: int) -> Question:
    question: Question = get_object_or_404(Question.objects.select_related("latest", "ready", "category"), pk=pk)
    return question


def version_of(question: Question, number: str | None) -> QuestionVersion:
    """The version with this number, without one the newest; 404."""
    versions = question.versions.select_related("question__objective")
    if number is None or number == "":
        found = versions.order_by("-number").first()
    else:
        found = versions.filter(number=int(number)).first() if number.isdecimal() and len(number) < 6 else None
    if found is None or not types.is_known(found.type):
        raise Http404
    return found


def number_of(text: str | None, default: int, most: int) -> int:
    """A number from 1 that a browser sent; anything else is ``default``."""
    found = int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else default
    return min(max(found, 1), most)


def play(request: HttpRequest, pk: int) -> HttpResponse:
    """The question as a learner sees it. POST marks what was chosen and keeps nothing. ``?version=`` of it."""
    _authors_only(request)
    question = _question(pk)
    sent = request.POST if request.method == "POST" else request.GET
    version = version_of(question, sent.get("version"))
    behaviour = sent.get("behaviour", "")
    if behaviour not in QuizSettings.Behaviour.values:
        behaviour = QuizSettings.Behaviour.DEFERRED
    seed = number_of(sent.get("seed"), random.randint(1, preview.MOST_SEED), preview.MOST_SEED)  # noqa: S311  no secret
    post = request.POST if request.method == "POST" else None
    played = preview.play(version, position=1, seed=seed, shuffles=True, post=post)
    tries = number_of(sent.get("tries"), 1, 99)
    verdict = (
        preview.after_try(played, version, behaviour=behaviour, tries=tries, allowed=ALLOWED_TRIES) if post else None
    )
    kind = types.get(version.type)
    return render(
        request,
        "quizzes/cms/play.html",
        {
            "question": played,
            "entry": question,
            "version": version,
            "verdict": verdict,
            "behaviour": behaviour,
            "behaviours": QuizSettings.Behaviour.choices,
            "seed": seed,
            "tries": tries,
            "next_try": tries + 1 if post else 1,
            "hints": version.hints,
            "back_url": reverse("questions:edit", args=[question.pk]),
            **assets([kind.NAME]),
        },
    )


def assets(kinds: list[str] | frozenset[str]) -> dict[str, list[str]]:
    """Scripts and style sheets of these types."""
    found = [types.get(name) for name in sorted(kinds)]
    return {
        "scripts": [f"lms/types/{kind.NAME}/{file}" for kind in found for file in kind.SCRIPTS],
        "styles": [f"lms/types/{kind.NAME}/{file}" for kind in found for file in kind.STYLES],
    }


@require_GET
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """``?a=`` and ``?b=``: numbers of two versions; without them the newest beside the one before."""
    _authors_only(request)
    question = _question(pk)
    rows = bank_cms.versions_of(question)
    if len(rows) < 2:
        messages.info(request, _("There is only one version so far: nothing to compare."))
        return redirect("questions:edit", question.pk)
    before = version_of(question, request.GET.get("a") or str(rows[1].version.number))
    after = version_of(question, request.GET.get("b") or str(rows[0].version.number))
    lines = bank_cms.compare(before, after)
    return TemplateResponse(
        request,
        "quizzes/cms/compare.html",
        {
            "header_title": _("Versions of %(code)s side by side") % {"code": question.code},
            "header_icon": "history",
            "breadcrumbs_items": _breadcrumbs(_("Compare versions"), question),
            "question": question,
            "rows": rows,
            "before": before,
            "after": after,
            "lines": lines,
            "differ": sum(line.differs for line in lines),
        },
    )


def _breadcrumbs(here: str, question: Question | None = None) -> list[dict[str, str]]:
    found = [
        {"url": reverse("wagtailadmin_home"), "label": _("Home")},
        {"url": reverse("questions:index"), "label": _("Questions")},
    ]
    if question is not None:
        found.append({"url": reverse("questions:edit", args=[question.pk]), "label": question.code})
    return [*found, {"url": "", "label": here}]


@require_POST
def status(request: HttpRequest, pk: int) -> HttpResponse:
    """One click: ``status`` ready, draft or retired of the newest version. A second click changes nothing."""
    _authors_only(request, to_change=True)
    question = _question(pk)
    wanted = request.POST.get("status", "")
    if wanted not in QuestionVersion.Status.values:
        raise Http404
    changed = bank.set_status(questions=[question], status=wanted, actor=request.user)  # type: ignore[arg-type]
    label = QuestionVersion.Status(wanted).label
    if changed:
        messages.success(request, _("%(code)s is now: %(status)s.") % {"code": question.code, "status": label})
    else:
        messages.info(request, _("%(code)s was that already.") % {"code": question.code})
    return redirect(_back(request, reverse("questions:edit", args=[question.pk])))


def _back(request: HttpRequest, default: str) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else default


# --- Many at once ---------------------------------------------------------------------------------------


def bulk(request: HttpRequest, everything: Any) -> HttpResponse:
    """First what would change, named and counted; then, with ``confirmed``, done. ``everything``: of the list as it is
    filtered, for "all of them"."""
    _authors_only(request, to_change=True)
    sent = request.POST if request.method == "POST" else request.GET
    action, back = sent.get("action", ""), _back(request, reverse("questions:index"))
    if action not in dict(forms.ACTIONS):
        messages.warning(request, _("Choose what is to be done with the questions."))
        return redirect(back)
    questions = list(bank_cms.chosen(sent.getlist("id"), everything if sent.get("all") else None))
    if not questions:
        messages.warning(request, _("Tick the questions first."))
        return redirect(back)
    is_confirmed = request.method == "POST" and "confirmed" in request.POST
    form = forms.BulkForm(request.POST if is_confirmed else None, action=action)
    if is_confirmed and form.is_valid():
        changed = sum(
            _apply(request, action, questions[start : start + AT_ONCE], form)
            for start in range(0, len(questions), AT_ONCE)
        )
        messages.success(
            request,
            ngettext("%(count)s question was changed.", "%(count)s questions were changed.", changed)
            % {"count": changed},
        )
        return redirect(back)
    return TemplateResponse(
        request,
        "quizzes/cms/bulk.html",
        {
            "header_title": dict(forms.ACTIONS)[action],
            "header_icon": "help",
            "breadcrumbs_items": _breadcrumbs(str(dict(forms.ACTIONS)[action])),
            "action": action,
            "form": form,
            "ids": [question.pk for question in questions],
            "named": questions[:NAMED],
            "more": max(0, len(questions) - NAMED),
            "count": len(questions),
            "unchanged": _already(action, questions),
            "is_retiring": action == forms.RETIRE,
            "back": back,
        },
    )


def _already(action: str, questions: list[Question]) -> int:
    wanted = forms.STATUS_OF.get(action)
    return bank_cms.statuses(questions).get(wanted, 0) if wanted else 0


def _apply(request: HttpRequest, action: str, questions: list[Question], form: forms.BulkForm) -> int:
    actor: Any = request.user
    if action in forms.STATUS_OF:
        return bank.set_status(questions=questions, status=forms.STATUS_OF[action], actor=actor)
    if action == forms.MOVE:
        return bank.set_category(questions=questions, category=form.cleaned_data["category"], actor=actor)
    tags = form.cleaned_data["tags"]
    add, remove = (tags, []) if action == forms.TAG else ([], tags)
    return bank.change_tags(questions=questions, add=add, remove=remove, actor=actor)
