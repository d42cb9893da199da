from django.urls import path, re_path

from courses.views import learning

app_name = "courses"
urlpatterns = [
    path("learn/courses/<int:course_id>/enrol/", learning.enrol, name="enrol"),
    path("learn/activities/<int:activity_id>/done/", learning.mark_done, name="done"),
    path("learn/activities/<int:activity_id>/check/<str:block_id>/", learning.self_check, name="self-check"),
]

# Home, course, topic, activity: three slugs below the home page. Before Wagtail's catch-all, which asks the database
# once or twice for every level of the tree.
activity_pages = [re_path(r"^((?:[\w-]+/){3})$", learning.serve_activity, name="activity-page")]
