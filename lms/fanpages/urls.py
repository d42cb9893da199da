from django.urls import path

from lms.fanpages import views

app_name = "fanpages"
urlpatterns = [
    path("fanpages/", views.pages, name="list"),
    path("fanpages/units/<int:unit_id>/", views.unit, name="unit"),
    path("fanpages/records/<int:pk>/confirm/", views.confirm, name="confirm"),
]
