app_name = "fanpages"
urlpatterns: list[object] = []
