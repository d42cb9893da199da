from django.urls import path

from lms.reports.views import minutes, notices, papers, programme, tables

app_name = "reports"
urlpatterns = [
    path("reports/", tables.mine, name="mine"),
    path("reports/programme/", programme.programme, name="programme"),
    path("reports/units/<int:unit_id>/", tables.unit, name="unit"),
    path("reports/units/<int:unit_id>/units.csv", tables.units_csv, name="units-csv"),
    path("reports/units/<int:unit_id>/units.xlsx", tables.units_xlsx, name="units-xlsx"),
    path("reports/units/<int:unit_id>/frame/", tables.frame, name="frame"),
    path("reports/units/<int:unit_id>/frame.csv", tables.frame_csv, name="frame-csv"),
    path("reports/units/<int:unit_id>/missing/", tables.missing, name="missing"),
    path("reports/units/<int:unit_id>/report.docx", papers.report_docx, name="report-docx"),
    path("reports/units/<int:unit_id>/report.pdf", papers.report_pdf, name="report-pdf"),
    path("reports/units/<int:unit_id>/missing.txt", papers.missing_txt, name="missing-txt"),
    path("reports/units/<int:unit_id>/missing/zalo/", papers.missing_zalo, name="missing-zalo"),
    path("reports/units/<int:unit_id>/call-list/", papers.call_list, name="call-list"),
    path("reports/units/<int:unit_id>/call-list.pdf", papers.call_list_pdf, name="call-list-pdf"),
    path("reports/units/<int:unit_id>/people/", tables.people, name="people"),
    path("reports/units/<int:unit_id>/people.csv", tables.people_csv, name="people-csv"),
    path("reports/units/<int:unit_id>/people.xlsx", tables.people_xlsx, name="people-xlsx"),
    path("reports/sessions/<int:session_id>/minutes.docx", minutes.minutes_docx, name="minutes-docx"),
    path("reports/sessions/<int:session_id>/minutes.pdf", minutes.minutes_pdf, name="minutes-pdf"),
    path("reports/people/<int:person_id>/", tables.person, name="person"),
    path("reports/regrades/<int:regrade_id>/notice.docx", notices.regrade_docx, name="regrade-notice"),
]
