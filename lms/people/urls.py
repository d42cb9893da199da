from django.urls import path

from lms.people.views import codes, rosters

app_name = "people"
urlpatterns = [
    path("units/roster/", rosters.rosters, name="rosters"),
    path("units/roster/code/", codes.new_code, name="new_code"),
    path("units/roster/template.xlsx", rosters.template_xlsx, name="template_xlsx"),
    path("units/roster/template.csv", rosters.template_csv, name="template_csv"),
    path("units/roster/<int:pk>/", rosters.roster, name="roster"),
    path("units/roster/<int:pk>/confirm/", rosters.confirm, name="confirm"),
    path("units/roster/<int:pk>/cancel/", rosters.cancel, name="cancel"),
    path("units/roster/<int:pk>/codes/", codes.codes, name="codes"),
    path("units/roster/<int:pk>/refused.csv", rosters.refused_csv, name="refused_csv"),
]
