"""Personal data on the screen: the notice, one's own data, requests and their answers, the register, cleaning."""

from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.accounts.models import User
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.core.storage import private_storage
from lms.people import people_queries, privacy
from lms.people import privacy_queries as queries
from lms.people.enums import ExportState, RequestKind, RequestState
from lms.people.middleware import NOTED_AT
from lms.people.models import DataExport, DataRequest, NoticeAcceptance, PrivacyNotice, RetentionRun
from lms.people.privacy_forms import AnswerForm, BehalfForm, CorrectionForm, NoticeForm, RequestForm
from lms.people.services import erasure, retention
from lms.people.services import privacy as service
from lms.people.services.rosters import NotAllowedError
from lms.people.tasks import make_export
from lms.units import queries as units
from lms.units.models import Grant
from lms.units.scope import rights_held
from lms.units.services.errors import RefusedError

ROWS_A_PAGE = 30


def _me(request: AuthenticatedRequest) -> User:
    return cast(User, request.user)


# --- The notice ---------------------------------------------------------------------------------------------------


@never_cache
@login_required
def notice(request: AuthenticatedRequest) -> HttpResponse:
    """The notice in force; noted once for ever. Afterwards it can be read here again."""
    person, shown = _me(request), queries.notice_in_force()
    target = request.POST.get("next") or request.GET.get("next") or ""
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = settings.LOGIN_REDIRECT_URL
    if shown is None:
        return redirect(target)
    taken = NoticeAcceptance.objects.filter(person=person, notice=shown).first()
    if request.method == "POST":
        # What was on the screen may have been replaced while it was read: then the newer one is shown.
        if request.POST.get("version") == str(shown.version):
            service.take_note(person=person, notice=shown, at=clock.now())
            request.session[NOTED_AT] = int(clock.now().timestamp())
            return redirect(target)
        messages.info(request, _("A newer version was published meanwhile: please read it."))
    is_again = NoticeAcceptance.objects.filter(person=person).exists()
    context = {"notice": shown, "blocks": queries.blocks(shown.text), "taken": taken, "next": target,
               "is_again": is_again, "earlier": queries.earlier_notices(person)}  # fmt: skip
    return render(request, "people/privacy_notice.html", context)


# --- One's own data -----------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def own(request: AuthenticatedRequest) -> HttpResponse:
    person = _me(request)
    context = {
        "sections": list(queries.sections(person)), "exports": _exports(person),
        "requests": _own_requests(person), "work": privacy.GROUPS["work"], "basis": privacy.BASIS,
        "form": RequestForm(),
    }  # fmt: skip
    return render(request, "people/privacy.html", context)


def _own_requests(person: User) -> list[tuple[DataRequest, list[tuple[Any, str, str]]]]:
    return [(asked, _changes(asked)) for asked in queries.own_requests(person)]


def _exports(person: User) -> list[DataExport]:
    return list(DataExport.objects.filter(person=person).exclude(state=ExportState.DELETED)[:3])


@login_required
@require_POST
def export_ask(request: AuthenticatedRequest) -> HttpResponse:
    made = service.ask_export(person=_me(request), at=clock.now())
    if made.state == ExportState.WAITING:
        transaction.on_commit(lambda: make_export.apply_async(args=(str(made.pk),), retry=False))
    return redirect("people:privacy")


@never_cache
@login_required
@require_safe
def export_state(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "people/privacy_exports.html", {"exports": _exports(_me(request))})


@never_cache
@login_required
@require_safe
def export_file(request: AuthenticatedRequest, pk: Any) -> HttpResponseBase:
    """For the person alone, until it is deleted."""
    made = get_object_or_404(
        DataExport, pk=pk, person=_me(request), state=ExportState.READY, expires_at__gt=clock.now()
    )
    file = private_storage().open(made.stored, "rb")
    return FileResponse(file, as_attachment=True, filename="du-lieu-cua-toi.zip", content_type="application/zip")


@never_cache
@login_required
def correction(request: AuthenticatedRequest) -> HttpResponse:
    """Ask for a change of one's own name, birth, phone, e-mail; or in words for another unit."""
    person = _me(request)
    form = CorrectionForm(request.POST or None, initial=queries.correctable(person))
    if request.method == "POST" and form.is_valid():
        wanted = service.wanted_changes(person, form.cleaned_data)
        words = form.cleaned_data["words"]
        if wanted or words:
            service.ask(kind=RequestKind.CORRECTION, person=person, by=person, at=clock.now(), words=words,
                        wanted=wanted)  # fmt: skip
            messages.success(request, _("Asked. Your unit answers, and you see here what became of it."))
            return redirect("people:privacy")
        form.add_error(None, _("Nothing differs from what is held: change a field, or write what is wrong."))
    return render(request, "people/privacy_correction.html", {"form": form})


@login_required
@require_POST
def own_ask(request: AuthenticatedRequest) -> HttpResponse:
    person, form = _me(request), RequestForm(request.POST)
    if form.is_valid():
        service.ask(kind=form.cleaned_data["kind"], person=person, by=person, at=clock.now(),
                    words=form.cleaned_data["words"])  # fmt: skip
        messages.success(request, _("Asked. Your unit answers, and you see here what became of it."))
        return redirect("people:privacy")
    context = {
        "sections": list(queries.sections(person)), "exports": _exports(person),
        "requests": _own_requests(person), "work": privacy.GROUPS["work"], "basis": privacy.BASIS,
        "form": form,
    }  # fmt: skip
    return render(request, "people/privacy.html", context)


@login_required
@require_POST
def own_withdraw(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    person = _me(request)
    asked = get_object_or_404(DataRequest, pk=pk, person=person)
    if service.withdraw(request=asked, by=person, at=clock.now()):
        messages.success(request, _("Taken back."))
    else:
        messages.info(request, _("This was answered before, or somebody is at work on it."))
    return redirect("people:privacy")


# --- Requests of a unit's people -----------------------------------------------------------------------------------


def _demand_import(person: User) -> None:
    if Grant.Right.IMPORT not in rights_held(person):
        raise Http404


@never_cache
@login_required
@require_safe
def requests(request: AuthenticatedRequest) -> HttpResponse:
    person = _me(request)
    _demand_import(person)
    found = queries.requests_for(person)
    page = Paginator(found.exclude(state__in=RequestState.open()), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {"open": found.filter(state__in=RequestState.open()).order_by("due_on", "pk"), "page": page,
               "today": clock.today()}  # fmt: skip
    return render(request, "people/privacy_requests.html", context)


@never_cache
@login_required
def request_page(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """One request and its answer; of an erasure also what would go."""
    person = _me(request)
    _demand_import(person)
    asked = queries.requests_for(person).filter(pk=pk).first()
    if asked is None:
        raise Http404
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = _decide(asked, form.cleaned_data, person)
        except (NotAllowedError, ValueError):
            messages.error(request, _("This is not yours to decide."))
            return redirect("people:privacy_requests")
        except RefusedError as error:
            form.add_error(None, _(error.reason) % error.params)
        else:
            messages.success(request, _("Noted.") if done else _("This was answered before."))
            return redirect("people:privacy_request", pk=asked.pk)
    is_open = asked.state in RequestState.open()
    shows_erasure = is_open and asked.kind == RequestKind.ERASURE
    context = {
        "asked": asked, "form": form, "is_open": is_open, "changes": _changes(asked),
        "preview": erasure.preview(asked.person) if shows_erasure else None,
        "refused": queries.refused_before(asked) if shows_erasure and not asked.approval_id else None,
        "unit_name": units.name_on(asked.unit, clock.today()),
        "has_page": people_queries.person_in_sight(person, asked.person_id) is not None,
    }  # fmt: skip
    return render(request, "people/privacy_request.html", context)


def _changes(asked: DataRequest) -> list[tuple[Any, str, str]]:
    fields = CorrectionForm.base_fields
    return [(fields[name].label, before, after) for name, (before, after) in asked.wanted.items() if name in fields]


def _decide(asked: DataRequest, data: dict[str, Any], person: User) -> object:
    at, answer, decision = clock.now(), data["answer"], data["decision"]
    if decision == "accept" and asked.kind == RequestKind.CORRECTION:
        return service.accept_correction(request=asked, by=person, at=at, answer=answer)
    if decision == "propose":
        return erasure.propose(request=asked, by=person, at=at, reason=answer)
    if decision == "refuse":
        return service.refuse(request=asked, by=person, at=at, answer=answer)
    return service.finish(request=asked, by=person, at=at, answer=answer)


@never_cache
@login_required
def behalf(request: AuthenticatedRequest, person_id: int) -> HttpResponse:
    """A unit enters what one of its people has asked for, or an erasure after somebody has left."""
    viewer = _me(request)
    _demand_import(viewer)
    person = people_queries.person_in_sight(viewer, person_id)
    if person is None or person.pk == viewer.pk or not queries.may_answer_for(viewer, queries.unit_of(person)):
        raise Http404
    form = BehalfForm(request.POST or None, initial={"kind": RequestKind.ERASURE})
    if request.method == "POST" and form.is_valid():
        asked = service.ask(person=person, by=viewer, at=clock.now(), **form.cleaned_data)
        return redirect("people:privacy_request", pk=asked.pk)
    return render(request, "people/privacy_behalf.html", {"form": form, "person": person})


# --- For administrators --------------------------------------------------------------------------------------------


def _demand_administrator(person: User) -> None:
    if not person.is_superuser:
        raise Http404


@login_required
@require_safe
def register(request: AuthenticatedRequest) -> HttpResponse:
    """Every field that holds personal data, and what becomes of it."""
    _demand_administrator(_me(request))
    groups = [(group, _tables(privacy.lines(key))) for key, group in privacy.GROUPS.items()]
    return render(request, "people/privacy_register.html", {"groups": groups, "basis": privacy.BASIS})


def _tables(lines: list[privacy.Line]) -> list[tuple[str, list[privacy.Line]]]:
    """The fields of each table together, under what people call the table."""
    found: dict[str, list[privacy.Line]] = {}
    for line in lines:
        found.setdefault(line.model, []).append(line)
    return [(str(apps.get_model(label)._meta.verbose_name), of_it) for label, of_it in found.items()]


@never_cache
@login_required
def notices(request: AuthenticatedRequest) -> HttpResponse:
    """Versions of the notice, how many took note of each, and the next one."""
    person = _me(request)
    _demand_administrator(person)
    latest = queries.notice_in_force()
    form = NoticeForm(request.POST or None, initial={"words": latest.text if latest else ""})
    if request.method == "POST" and form.is_valid():
        try:
            service.publish(by=person, at=clock.now(), **form.cleaned_data)
        except RefusedError as error:
            form.add_error(None, _(error.reason) % error.params)
        else:
            messages.success(request, _("Published. Everybody is asked to take note of it at the next step."))
            return redirect("people:privacy_notices")
    found = PrivacyNotice.objects.annotate(taken=Count("acceptances")).order_by("-version")
    versions = [(one, one.taken, queries.blocks(one.text)) for one in found]
    return render(request, "people/privacy_notices.html", {"form": form, "versions": versions})


@never_cache
@login_required
@require_safe
def cleaning(request: AuthenticatedRequest) -> HttpResponse:
    """What is cleaned away when, what is due now, and the last runs."""
    _demand_administrator(_me(request))
    due = retention.dry_run(clock.now())
    last = RetentionRun.objects.first()
    counts = last.counts if last else {}
    rules = [(rule, due[rule.key], counts.get(rule.key)) for rule in retention.RULES]
    titles = {rule.key: str(rule.title) for rule in retention.RULES}
    runs = [
        (run, sum(run.counts.values()), ", ".join(titles.get(key, key) for key in run.failed))
        for run in RetentionRun.objects.select_related("by")[:10]
    ]
    return render(request, "people/privacy_cleaning.html", {"rules": rules, "runs": runs})
