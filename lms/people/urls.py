from django.urls import path

from lms.people import views

app_name = "people"
urlpatterns = [
    path("units/roster/", views.rosters, name="rosters"),
    path("units/roster/code/", views.new_code, name="new_code"),
    path("units/roster/template.xlsx", views.template_xlsx, name="template_xlsx"),
    path("units/roster/template.csv", views.template_csv, name="template_csv"),
    path("units/roster/<int:pk>/", views.roster, name="roster"),
    path("units/roster/<int:pk>/confirm/", views.confirm, name="confirm"),
    path("units/roster/<int:pk>/cancel/", views.cancel, name="cancel"),
    path("units/roster/<int:pk>/codes/", views.codes, name="codes"),
    path("units/roster/<int:pk>/refused.csv", views.refused_csv, name="refused_csv"),
]
