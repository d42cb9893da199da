from django.urls import path

from media import views

app_name = "media"
urlpatterns = [path("files/<path:path>", views.serve_file, name="file")]
