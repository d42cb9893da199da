from django.urls import path

from lms.people.views import codes, rights, rosters, slips

app_name = "people"
urlpatterns = [
    path("units/roster/", rosters.rosters, name="rosters"),
    path("units/roster/code/", codes.new_code, name="new_code"),
    path("units/roster/code/log/", codes.code_log, name="code_log"),
    path("units/roster/template.xlsx", rosters.template_xlsx, name="template_xlsx"),
    path("units/roster/template.csv", rosters.template_csv, name="template_csv"),
    path("units/roster/headings/", rosters.headings, name="headings"),
    path("units/roster/<int:pk>/", rosters.roster, name="roster"),
    path("units/roster/<int:pk>/confirm/", rosters.confirm, name="confirm"),
    path("units/roster/<int:pk>/cancel/", rosters.cancel, name="cancel"),
    path("units/roster/<int:pk>/codes/", codes.codes, name="codes"),
    path("units/roster/<int:pk>/slips/", slips.slips, name="slips"),
    path("units/roster/<int:pk>/refused.csv", rosters.refused_csv, name="refused_csv"),
    path("units/roster/<int:pk>/refused.xlsx", rosters.refused_xlsx, name="refused_xlsx"),
    path("units/rights/", rights.rights, name="rights"),
    path("units/rights/staff/", rights.staff, name="rights_staff"),
    path("units/rights/staff/<int:person_id>/", rights.reset_staff, name="rights_reset"),
    path("units/rights/<int:unit_id>/", rights.rights_unit, name="rights_unit"),
    path("units/rights/<int:unit_id>/give/", rights.give, name="rights_give"),
    path("units/rights/<int:unit_id>/account/", rights.make_manager, name="rights_account"),
    path("units/rights/end/<int:pk>/", rights.end, name="rights_end"),
]
