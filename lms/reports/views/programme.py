"""What the programme announced in 2022: for everybody who is signed in."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from lms.reports.queries.programme import programme as facts
from lms.reports.views.asking import private


@private
def programme(request: HttpRequest) -> HttpResponseBase:
    return render(request, "reports/programme.html", {"programme": facts()})
