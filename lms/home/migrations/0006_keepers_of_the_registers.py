"""Trainers and reviewers keep the register of documents and the screens of apps."""

from django.db import migrations

GROUPS = ("Giảng viên", "Người duyệt")
RIGHTS = {
    ("courses", "legaldocument"): ("add_legaldocument", "change_legaldocument", "view_legaldocument"),
    ("media", "screen"): ("add_screen", "change_screen", "view_screen"),
}


def allow(apps, schema_editor):
    for (app_label, model), codenames in RIGHTS.items():
        content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
            app_label=app_label, model=model
        )
        for codename in codenames:
            # Permissions come only after all migrations, so those that are needed here are made now.
            permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
                content_type=content_type, codename=codename, defaults={"name": "Can " + codename.replace("_", " ")}
            )
            for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
                group.permissions.add(permission)


def forbid(apps, schema_editor):
    for (app_label, _model), codenames in RIGHTS.items():
        for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
            group.permissions.remove(
                *group.permissions.filter(codename__in=codenames, content_type__app_label=app_label)
            )


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0005_reviewers_clear_legal_paragraphs"),
        ("courses", "0005_register_of_documents_and_exemptions"),
        ("media", "0002_screens"),
    ]

    operations = [migrations.RunPython(allow, forbid)]
