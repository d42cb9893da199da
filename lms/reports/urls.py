from django.urls import path

from lms.reports import views

app_name = "reports"
urlpatterns = [
    path("reports/", views.mine, name="mine"),
    path("reports/units/<int:unit_id>/", views.unit, name="unit"),
    path("reports/units/<int:unit_id>/units.csv", views.units_csv, name="units-csv"),
    path("reports/units/<int:unit_id>/units.xlsx", views.units_xlsx, name="units-xlsx"),
    path("reports/units/<int:unit_id>/missing/", views.missing, name="missing"),
    path("reports/units/<int:unit_id>/people/", views.people, name="people"),
    path("reports/units/<int:unit_id>/people.csv", views.people_csv, name="people-csv"),
    path("reports/units/<int:unit_id>/people.xlsx", views.people_xlsx, name="people-xlsx"),
    path("reports/people/<int:person_id>/", views.person, name="person"),
]
