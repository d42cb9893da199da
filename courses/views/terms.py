"""The glossary on a page of its own."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from courses.queries import glossary
from lms.core.http import AuthenticatedRequest

LONGEST = 80


@login_required
@require_safe
def terms(request: AuthenticatedRequest) -> HttpResponse:
    """All, or what was searched for (?tim=…). A search without an answer says what to do."""
    typed = request.GET.get("tim", "")[:LONGEST].strip()
    context = {
        "typed": typed,
        "found": glossary.found(typed) if typed else [],
        "letters": [] if typed else glossary.letters(),
    }
    return render(request, "courses/terms.html", context)
