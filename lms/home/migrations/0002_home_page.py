"""Our home page instead of Wagtail's "Welcome" as the root of the site."""

from django.db import migrations

TITLE, SLUG = "Tập huấn Trang cộng đồng", "trang-chu"


def make_home_page(apps, schema_editor):
    page_model = apps.get_model("wagtailcore", "Page")
    site_model = apps.get_model("wagtailcore", "Site")
    home_model = apps.get_model("home", "HomePage")
    locale, _ = apps.get_model("wagtailcore", "Locale").objects.get_or_create(language_code="vi")
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="home", model="homepage"
    )
    if home_model.objects.exists():
        return
    root = page_model.objects.get(depth=1)
    page_model.objects.filter(depth=1).update(locale=locale)
    # What a bare installation of Wagtail puts there; anybody's own page is left alone.
    site_model.objects.filter(root_page__slug="home", root_page__depth=2).delete()
    page_model.objects.filter(slug="home", depth=2, path="00010001", numchild=0).delete()
    last = page_model.objects.filter(depth=2).order_by("-path").first()
    path = f"0001{int(last.path[4:], 36) + 1:04d}" if last else "00010001"
    home = home_model.objects.create(
        title=TITLE,
        draft_title=TITLE,
        slug=SLUG,
        content_type=content_type,
        path=path,
        depth=2,
        numchild=0,
        url_path=f"/{SLUG}/",
        locale=locale,
        live=True,
    )
    root.numchild = page_model.objects.filter(depth=2).count()
    root.save(update_fields=["numchild"])
    if not site_model.objects.filter(is_default_site=True).exists():
        site_model.objects.create(
            hostname="localhost", port=80, root_page_id=home.pk, is_default_site=True, site_name=TITLE
        )


def put_the_welcome_page_back(apps, schema_editor):
    """Only where nothing stands under our home page: courses are not thrown away by going back."""
    page_model = apps.get_model("wagtailcore", "Page")
    site_model = apps.get_model("wagtailcore", "Site")
    home = apps.get_model("home", "HomePage").objects.filter(slug=SLUG, depth=2).first()
    if home is None:
        return
    if page_model.objects.filter(path__startswith=home.path, depth__gt=2).exists():
        raise RuntimeError("There are pages under the home page; delete or move them first.")
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="wagtailcore", model="page"
    )
    path, locale = home.path, home.locale
    site_model.objects.filter(root_page_id=home.pk).delete()
    page_model.objects.filter(pk=home.pk).delete()
    welcome = page_model.objects.create(
        title="Welcome to your new Wagtail site!",
        draft_title="Welcome to your new Wagtail site!",
        slug="home",
        content_type=content_type,
        path=path,
        depth=2,
        numchild=0,
        url_path="/home/",
        locale=locale,
        live=True,
    )
    site_model.objects.create(hostname="localhost", port=80, root_page_id=welcome.pk, is_default_site=True)


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("wagtailcore", "0098_apitoken"),
    ]

    operations = [migrations.RunPython(make_home_page, put_the_welcome_page_back)]
