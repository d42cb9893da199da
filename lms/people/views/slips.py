"""Printed slips: for the new accounts of a roster as PDF, for one person as a page to print."""

import datetime as dt
import logging
from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from lms.accounts import phones
from lms.accounts.models import User
from lms.core import clock
from lms.core.http import AuthenticatedRequest
from lms.people import account_queries, queries, rendering
from lms.people.account_queries import Slip
from lms.people.enums import BatchState
from lms.people.models import RosterBatch
from lms.people.services import codes as codes_service
from lms.people.views.rosters import batch_of, download

logger = logging.getLogger(__name__)
# What is printed within one request, some ten seconds of an old machine; larger rosters come in parts.
SLIPS_AT_ONCE = 500


@dataclass(frozen=True)
class Part:
    """A part of a roster's new accounts, in the order of the slips. ``unused``: those that were never signed in to;
    ``were_issued``: some of them have a code already, which a new one would replace.
    """

    number: int
    first: int
    last: int
    unused: int
    were_issued: bool
    from_unit: str
    to_unit: str
    people: tuple[User, ...]


@never_cache
@login_required
def slips(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """What can be printed; a POST gives the PDF with new codes, once, and with ``again`` once more."""
    batch = batch_of(request, pk)
    parts = _parts(batch) if batch.state == BatchState.DONE else []
    if request.method == "POST":
        return _print(request, batch, parts)
    return render(request, "people/slips.html", {"batch": batch, "parts": parts, "all": sum(map(_size, parts))})


def _size(part: Part) -> int:
    return part.last - part.first + 1


def _parts(batch: RosterBatch) -> list[Part]:
    made = queries.new_people(batch)
    places = account_queries.places_of(made, on=clock.today())
    nowhere = account_queries.Place()
    made.sort(key=lambda person: (places.get(person.pk, nowhere).sort_key, person.name_sort_key, person.pk))
    parts: list[Part] = []
    for start in range(0, len(made), SLIPS_AT_ONCE):
        people = made[start : start + SLIPS_AT_ONCE]
        unused = [person for person in people if person.last_login is None and person.must_change_password]
        parts.append(
            Part(
                number=len(parts) + 1,
                first=start + 1,
                last=start + len(people),
                unused=len(unused),
                were_issued=any(person.has_usable_password() for person in unused),
                from_unit=places.get(people[0].pk, nowhere).where,
                to_unit=places.get(people[-1].pk, nowhere).where,
                people=tuple(people),
            )
        )
    return parts


def _print(request: AuthenticatedRequest, batch: RosterBatch, parts: list[Part]) -> HttpResponse:
    by, at, again = cast(User, request.user), clock.now(), request.POST.get("again") == "1"
    back = redirect("people:slips", pk=batch.pk)
    part = next((part for part in parts if str(part.number) == request.POST.get("part", "1")), None)
    if part is None:
        return back
    whole = len(parts) == 1
    drawn = codes_service.draw_codes(batch=batch, by=by, again=again, people=None if whole else list(part.people))
    if drawn == []:
        messages.error(request, _("All of them have signed in already: nobody needs a slip."))
        return back
    if drawn is not None:
        # The sheets first: where they cannot be made, no code is spent, and nothing is locked meanwhile.
        try:
            pdf = rendering.slips_pdf(
                account_queries.slips(drawn, on=clock.day_of(at)), title=_title(batch, at), contact=contact_of(by)
            )
        except rendering.CannotPrintError:
            logger.exception("slips of roster %s could not be printed", batch.pk)
            messages.error(request, _("The slips could not be printed: a font is missing on the server. No code was "
                                      "issued; take the Excel list, and tell the administrator."))  # fmt: skip
            return back
        if codes_service.keep_codes(batch=batch, codes=drawn, by=by, at=at, again=again, is_part=not whole):
            name = f"phieu-tai-khoan-{batch.pk}" + ("" if whole else f"-{part.number}")
            return download(pdf, f"{name}.pdf", "application/pdf")
    messages.error(
        request, _("These codes were already issued. They are kept nowhere: make new ones if they are lost.")
    )
    return back


def _title(batch: RosterBatch, at: dt.datetime) -> str:
    words = {"file": batch.file_name, "unit": str(batch.unit), "day": f"{clock.day_of(at):%d/%m/%Y}"}
    return _("Account slips · %(unit)s · %(file)s · %(day)s") % words


def contact_of(by: User) -> str:
    """Whom the holder of a slip asks: who issued it. The number first, since a long name is cut at the slip's end."""
    return f"{phones.display(by.phone)} ({by.full_name})" if by.phone else by.full_name


def slip_of(person: User, code: str, *, by: User) -> dict[str, object]:
    """What people/slips_one.html shows: one slip, to be printed from the page."""
    made: Slip = account_queries.slips([(person, code)], on=clock.today())[0]
    return {
        "slip": made,
        "address": rendering.site_address(),
        "qr": rendering.qr_svg(person.username),
        "contact": contact_of(by),
        "day": clock.today(),
    }
