from django.urls import path

from lms.home import views

app_name = "home"
urlpatterns = [
    path("learn/", views.learn, name="learn"),
    path("learn/guide/<slug:who>/hide/", views.hide_guide, name="hide_guide"),
]
