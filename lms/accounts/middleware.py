from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class RequiredStepsMiddleware:
    """What a person must do before anything else: change an issued password, set up the second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)
