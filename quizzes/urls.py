from django.urls import path, re_path

from quizzes.views import attempts, files

app_name = "quizzes"

urlpatterns = [
    path("quizzes/<int:activity_id>/start/", attempts.start, name="start"),
    path("quizzes/attempts/<uuid:attempt_id>/", attempts.attempt, name="attempt"),
    path("quizzes/attempts/<uuid:attempt_id>/summary/", attempts.summary, name="summary"),
    path("quizzes/attempts/<uuid:attempt_id>/submit/", attempts.submit, name="submit"),
    path("quizzes/attempts/<uuid:attempt_id>/result/", attempts.result, name="result"),
    path("quizzes/attempts/<uuid:attempt_id>/files/<int:position>/", files.response_upload, name="response-upload"),
    path("quizzes/answers/<uuid:file_id>/", files.response_file, name="response-file"),
    re_path(r"^quizzes/pictures/(?P<sha256>[0-9a-f]{64})/$", files.picture, name="picture"),
]
