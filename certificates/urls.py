from django.http import HttpRequest, HttpResponse
from django.urls import path


def _soon(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=404)


app_name = "certificates"
urlpatterns = [path("certificates/", _soon, name="mine"), path("verify/", _soon, name="verify")]
