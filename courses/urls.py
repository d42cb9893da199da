from django.urls import path, re_path

from courses.views import job_aids, learning, marking, practice, terms

app_name = "courses"
urlpatterns = [
    path("learn/courses/<int:course_id>/enrol/", learning.enrol, name="enrol"),
    path("learn/activities/<int:activity_id>/done/", learning.mark_done, name="done"),
    path("learn/activities/<int:activity_id>/check/<str:block_id>/", learning.self_check, name="self-check"),
    path("learn/activities/<int:activity_id>/simulator/<str:block_id>/", learning.simulator, name="simulator"),
    path("learn/activities/<int:activity_id>/hand-in/", practice.hand_in, name="hand-in"),
    path("learn/submissions/<int:submission_id>/picture/", practice.picture, name="picture"),
    path("learn/marking/", marking.queue, name="marking"),
    path("learn/terms/", terms.terms, name="terms"),
    path("learn/job-aids/<uuid:key>.pdf", job_aids.pdf, name="job-aid-pdf"),
    path("learn/job-aids/<uuid:key>.png", job_aids.picture, name="job-aid-picture"),
    path("learn/marking/<int:submission_id>/", marking.submission, name="submission"),
    path("learn/marking/<int:submission_id>/confirm/", marking.confirm, name="confirm"),
    path("learn/marking/<int:submission_id>/return/", marking.return_to_learner, name="return"),
]

# Home, course, topic, activity: three slugs below the home page. Before Wagtail's catch-all, which asks the database
# once or twice for every level of the tree.
activity_pages = [re_path(r"^((?:[\w-]+/){3})$", learning.serve_activity, name="activity-page")]
