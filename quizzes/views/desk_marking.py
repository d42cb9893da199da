"""Marking by question: one answer after the other, without names. Enter saves and goes on; all of it works by hand."""

from fractions import Fraction

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.core.numbers import percent
from quizzes.models import QuestionVersion
from quizzes.queries import desk, desk_marking
from quizzes.queries.desk_marking import Sheet
from quizzes.services import manual
from quizzes.services.manual import Given, Outcome
from quizzes.views.desk import for_markers, number_of, viewer

ALL = "tat-ca"


@for_markers
@require_GET
def queue(request: AuthenticatedRequest) -> HttpResponse:
    """What waits, by quiz and question, the nearest due date first."""
    found = desk_marking.waiting(viewer(request), clock.now())
    return render(
        request, "quizzes/desk/marking.html", {"quizzes": found, "to_do": sum(q.to_do for q in found), "tab": "marking"}
    )


def _version(request: AuthenticatedRequest, version_id: int) -> QuestionVersion:
    found = desk_marking.one_version(viewer(request), version_id)
    if found is None:
        raise Http404
    return found


def _everything(request: AuthenticatedRequest) -> bool:
    return (request.POST.get("xem") or request.GET.get("xem")) == ALL


def _address(version_id: int, question_id: int | None, *, everything: bool) -> str:
    base = (
        reverse("quizzes:desk-mark", args=[version_id, question_id])
        if question_id
        else reverse("quizzes:desk-mark-question", args=[version_id])
    )
    return f"{base}?xem={ALL}" if everything else base


@for_markers
@require_GET
def question(request: AuthenticatedRequest, version_id: int) -> HttpResponse:
    """The first answer in this marker's order; a sentence where none waits any more."""
    version, everything = _version(request, version_id), _everything(request)
    ids = desk_marking.ids_of(viewer(request), version_id, everything=everything)
    if ids:
        return redirect(_address(version_id, ids[0], everything=everything))
    return render(request, "quizzes/desk/marked_all.html", {"version": version, "all": ALL, "tab": "marking"})


@for_markers
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: AuthenticatedRequest, version_id: int, question_id: int) -> HttpResponse:
    if request.method == "POST":
        return _give(request, version_id, question_id)
    return _page(request, version_id, question_id)


def _page(
    request: AuthenticatedRequest,
    version_id: int,
    question_id: int,
    *,
    typed: dict[str, str] | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    everything = _everything(request)
    ids = desk_marking.ids_of(viewer(request), version_id, everything=everything)
    found = desk_marking.sheet(viewer(request), question_id, ids, version_id=version_id)
    if found is None:
        raise Http404
    if typed is None and (inserted := request.GET.get("them")):
        typed = {"mark": request.GET.get("diem", ""), "comment": inserted}
    words = typed or {"mark": found.value, "comment": found.comment, "reason": ""}
    context = {
        "sheet": found,
        "typed": words,
        "error": error,
        "everything": everything,
        "all": ALL,
        "next_url": _address(version_id, found.following, everything=everything) if found.following else "",
        "previous_url": _address(version_id, found.previous, everything=everything) if found.previous else "",
        "tab": "marking",
    }
    return render(request, "quizzes/desk/mark.html", context, status=status)


def _give(request: AuthenticatedRequest, version_id: int, question_id: int) -> HttpResponse:
    """Save and go on to the next; with what was typed back where something is wrong."""
    person, at, everything = viewer(request), clock.now(), _everything(request)
    ids = desk_marking.ids_of(person, version_id, everything=everything)
    found = desk_marking.sheet(person, question_id, ids, version_id=version_id)
    if found is None:
        raise Http404
    typed = {key: request.POST.get(key, "") for key in ("mark", "comment", "reason")}
    go = request.POST.get("go", "save")
    if go.startswith("snippet:"):
        return _insert(request, found, typed, go)
    if go == "keep":
        return _keep(request, found, typed)
    if go == "back":
        return _take_back(request, found)
    try:
        share = manual.parse_mark(_quick(go) or typed["mark"], found.max_mark)
        given = manual.give(
            question_id=found.id,
            share=share,
            comment=typed["comment"],
            by=person,
            at=at,
            seen=number_of(request.POST.get("seen")),
            reason=typed["reason"],
            for_second=go == "second",
        )
    except manual.BadMarkError as bad:
        return _page(request, version_id, question_id, typed=typed, error=str(bad), status=422)
    except manual.MarkRefusedError as refusal:
        return _page(request, version_id, question_id, typed=typed, error=str(refusal), status=409)
    _tell(request, found, given)
    if given.outcome == Outcome.DIFFER:
        return redirect(_address(version_id, question_id, everything=everything))
    left = [pk for pk in ids if pk != found.id]
    if not left:
        return redirect(_address(version_id, None, everything=False))
    return redirect(_address(version_id, found.following or left[0], everything=everything))


def _quick(go: str) -> str:
    """The mark of a button that saves at once, "" for the button of the form."""
    return go.removeprefix("mark:") if go.startswith("mark:") else ""


def _tell(request: AuthenticatedRequest, found: Sheet, given: Given) -> None:
    if given.outcome == Outcome.FIRST:
        messages.success(request, _("Kept as the first mark. A second marker decides, without seeing it."))
    elif given.outcome == Outcome.DIFFER:
        messages.warning(request, _("The two marks differ by more than 10%. Both are shown below: somebody other than "
                                    "the first marker settles it, with a reason."))  # fmt: skip
    elif given.outcome == Outcome.SAME:
        messages.info(request, _("This mark stood already. Nothing was changed."))
    else:
        fraction = given.fraction or Fraction(0)
        words = {
            "mark": desk.points(fraction * found.max_mark),
            "most": found.most,
            "percent": percent(float(fraction * 100)),
        }
        if given.outcome == Outcome.AGREED:
            messages.success(request, _("Both marks are near each other: the mean counts, %(mark)s of %(most)s "
                                        "(%(percent)s).") % words)  # fmt: skip
        else:
            messages.success(request, _("Saved: %(mark)s of %(most)s (%(percent)s).") % words)


def _insert(request: AuthenticatedRequest, found: Sheet, typed: dict[str, str], go: str) -> HttpResponse:
    """A comment of the bank behind what is written already."""
    chosen = next((each for each in found.snippets if str(each.id) == go.removeprefix("snippet:")), None)
    if chosen is not None and chosen.text not in typed["comment"]:
        typed["comment"] = f"{typed['comment'].rstrip()}\n{chosen.text}".strip()
        manual.count_use(chosen.id)
    return _page(request, found.version_id, found.id, typed=typed)


def _keep(request: AuthenticatedRequest, found: Sheet, typed: dict[str, str]) -> HttpResponse:
    """What is written becomes a comment of the bank; the mark is not given yet."""
    version = _version(request, found.version_id)
    kept = manual.keep_comment(words=typed["comment"], question=version.question, by=viewer(request), at=clock.now())
    if kept is None:
        return _page(request, found.version_id, found.id, typed=typed, error=_("Write the comment first."), status=422)
    messages.success(request, _("The comment is in the bank of this question now. The mark is not saved yet."))
    return _page(request, found.version_id, found.id, typed=typed)


def _take_back(request: AuthenticatedRequest, found: Sheet) -> HttpResponse:
    try:
        taken = manual.take_back(question_id=found.id, by=viewer(request))
    except manual.MarkRefusedError as refusal:
        messages.warning(request, str(refusal))
        return redirect("quizzes:desk-marking")
    if taken:
        messages.info(request, _("Your first mark is taken back. The answer waits for a mark again."))
    else:
        messages.warning(request, _("The second marker was quicker. Nothing was changed."))
    return redirect(_address(found.version_id, found.id, everything=False))


@for_markers
@require_POST
def drop_comment(request: AuthenticatedRequest, version_id: int, snippet_id: int) -> HttpResponse:
    _version(request, version_id)
    if manual.drop_comment(snippet_id=snippet_id, by=viewer(request)):
        messages.success(request, _("The comment is taken out of the bank. Marks that were given with it keep it."))
    else:
        messages.warning(request, _("Only whoever put a comment into the bank takes it out."))
    back = number_of(request.POST.get("answer"))
    return redirect(_address(version_id, back or None, everything=_everything(request)))
