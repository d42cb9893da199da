from django.urls import path

from quizzes.views import attempts

app_name = "quizzes"

urlpatterns = [
    path("quizzes/<int:activity_id>/start/", attempts.start, name="start"),
    path("quizzes/attempts/<uuid:attempt_id>/", attempts.attempt, name="attempt"),
    path("quizzes/attempts/<uuid:attempt_id>/summary/", attempts.summary, name="summary"),
    path("quizzes/attempts/<uuid:attempt_id>/submit/", attempts.submit, name="submit"),
    path("quizzes/attempts/<uuid:attempt_id>/result/", attempts.result, name="result"),
]
