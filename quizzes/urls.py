from django.urls import path, re_path

from quizzes.views import attempts, desk, desk_attempts, desk_marking, desk_sessions, files, regrades

app_name = "quizzes"

urlpatterns = [
    path("quizzes/<int:activity_id>/start/", attempts.start, name="start"),
    path("quizzes/attempts/<uuid:attempt_id>/", attempts.attempt, name="attempt"),
    path("quizzes/attempts/<uuid:attempt_id>/answers/<int:position>/", attempts.autosave, name="autosave"),
    path("quizzes/attempts/<uuid:attempt_id>/signed-in/", attempts.signed_in, name="signed-in"),
    path("quizzes/attempts/<uuid:attempt_id>/lessons/<int:activity_id>/", attempts.lesson, name="lesson"),
    path("quizzes/attempts/<uuid:attempt_id>/summary/", attempts.summary, name="summary"),
    path("quizzes/attempts/<uuid:attempt_id>/submit/", attempts.submit, name="submit"),
    path("quizzes/attempts/<uuid:attempt_id>/result/", attempts.result, name="result"),
    path("quizzes/attempts/<uuid:attempt_id>/files/<int:position>/", files.response_upload, name="response-upload"),
    path("quizzes/answers/<uuid:file_id>/", files.response_file, name="response-file"),
    re_path(r"^quizzes/pictures/(?P<sha256>[0-9a-f]{64})/$", files.picture, name="picture"),
    path("quizzes/desk/regrades/", regrades.regrade_list, name="regrades"),
    path("quizzes/desk/regrades/quiz/<int:quiz_id>/", regrades.ask, name="regrade-ask"),
    path("quizzes/desk/regrades/quiz/<int:quiz_id>/near/", regrades.near_the_mark, name="near-the-mark"),
    path("quizzes/desk/regrades/<int:regrade_id>/", regrades.regrade, name="regrade"),
    path("quizzes/desk/regrades/<int:regrade_id>/carry-out/", regrades.carry_out, name="regrade-carry-out"),
    path("quizzes/desk/regrades/<int:regrade_id>/drop/", regrades.drop, name="regrade-drop"),
    # The desk of those who mark and supervise.
    path("quizzes/desk/", desk.home, name="desk"),
    path("quizzes/desk/marking/", desk_marking.queue, name="desk-marking"),
    path("quizzes/desk/marking/<int:version_id>/", desk_marking.question, name="desk-mark-question"),
    path("quizzes/desk/marking/<int:version_id>/<int:question_id>/", desk_marking.answer, name="desk-mark"),
    path(
        "quizzes/desk/marking/<int:version_id>/comments/<int:snippet_id>/drop/",
        desk_marking.drop_comment,
        name="desk-drop-comment",
    ),
    path("quizzes/desk/<int:quiz_id>/attempts/", desk_attempts.attempt_list, name="desk-attempts"),
    path("quizzes/desk/attempts/<uuid:attempt_id>/", desk_attempts.attempt, name="desk-attempt"),
    path("quizzes/desk/attempts/<uuid:attempt_id>/reopen/", desk_attempts.reopen, name="desk-reopen"),
    path("quizzes/desk/attempts/<uuid:attempt_id>/void/", desk_attempts.ask_to_void, name="desk-void"),
    path("quizzes/desk/attempts/<uuid:attempt_id>/void/confirm/", desk_attempts.confirm_void, name="desk-void-confirm"),
    path("quizzes/desk/attempts/<uuid:attempt_id>/void/refuse/", desk_attempts.refuse_void, name="desk-void-refuse"),
    path("quizzes/desk/attempts/<uuid:attempt_id>/salvage/", desk_attempts.take_salvage, name="desk-salvage"),
    path("quizzes/desk/<int:quiz_id>/overrides/", desk.exceptions, name="desk-overrides"),
    path(
        "quizzes/desk/<int:quiz_id>/overrides/<int:override_id>/withdraw/",
        desk.withdraw_exception,
        name="desk-override-withdraw",
    ),
    path("quizzes/desk/sessions/", desk_sessions.session_list, name="desk-sessions"),
    path("quizzes/desk/sessions/new/", desk_sessions.create, name="desk-session-new"),
    path("quizzes/desk/sessions/<int:session_id>/", desk_sessions.session, name="desk-session"),
    path("quizzes/desk/sessions/<int:session_id>/change/", desk_sessions.change, name="desk-session-change"),
    path("quizzes/desk/sessions/<int:session_id>/seats/", desk_sessions.seats, name="desk-session-seats"),
    path("quizzes/desk/sessions/<int:session_id>/tickets/", desk_sessions.tickets, name="desk-session-tickets"),
    path("quizzes/desk/sessions/<int:session_id>/move/", desk_sessions.move, name="desk-session-move"),
    path("quizzes/desk/sessions/<int:session_id>/incidents/", desk_sessions.incident, name="desk-session-incident"),
]
