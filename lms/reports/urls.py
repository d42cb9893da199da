from django.urls import path

from lms.reports.views import programme, tables

app_name = "reports"
urlpatterns = [
    path("reports/", tables.mine, name="mine"),
    path("reports/programme/", programme.programme, name="programme"),
    path("reports/units/<int:unit_id>/", tables.unit, name="unit"),
    path("reports/units/<int:unit_id>/units.csv", tables.units_csv, name="units-csv"),
    path("reports/units/<int:unit_id>/units.xlsx", tables.units_xlsx, name="units-xlsx"),
    path("reports/units/<int:unit_id>/missing/", tables.missing, name="missing"),
    path("reports/units/<int:unit_id>/people/", tables.people, name="people"),
    path("reports/units/<int:unit_id>/people.csv", tables.people_csv, name="people-csv"),
    path("reports/units/<int:unit_id>/people.xlsx", tables.people_xlsx, name="people-xlsx"),
    path("reports/people/<int:person_id>/", tables.person, name="person"),
]
