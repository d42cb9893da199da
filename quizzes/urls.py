from django.urls import path

from quizzes import views

app_name = "quizzes"

urlpatterns = [
    path("quizzes/<int:activity_id>/start/", views.start, name="start"),
    path("quizzes/attempts/<uuid:attempt_id>/", views.attempt, name="attempt"),
    path("quizzes/attempts/<uuid:attempt_id>/summary/", views.summary, name="summary"),
    path("quizzes/attempts/<uuid:attempt_id>/submit/", views.submit, name="submit"),
    path("quizzes/attempts/<uuid:attempt_id>/result/", views.result, name="result"),
]
