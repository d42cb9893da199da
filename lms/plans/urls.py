from django.urls import path

from lms.plans.views import learners, tasks

app_name = "plans"
urlpatterns = [
    path("t/<str:code>/", learners.short, name="short"),
    path("plans/", tasks.tasks, name="tasks"),
    path("plans/new/", tasks.new, name="new"),
    path("plans/<int:pk>/", tasks.task, name="task"),
    path("plans/<int:pk>/edit/", tasks.edit, name="edit"),
    path("plans/<int:pk>/withdraw/", tasks.withdraw, name="withdraw"),
    path("plans/<int:pk>/qr.svg", tasks.qr, name="qr"),
    path("plans/<int:pk>/begin/", learners.begin, name="begin"),
]
