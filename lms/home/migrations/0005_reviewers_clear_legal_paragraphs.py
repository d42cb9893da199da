"""Reviewers may put their name under a legal paragraph."""

from django.db import migrations

REVIEWERS = "Người duyệt"


def allow(apps, schema_editor):
    group = apps.get_model("auth", "Group").objects.filter(name=REVIEWERS).first()
    if group is None:
        return
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="courses", model="legalclearance"
    )
    # Permissions come only after all migrations, so the one that is needed here is made now.
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename="clear_legal", defaults={"name": "Can clear legal paragraphs"}
    )
    group.permissions.add(permission)


def forbid(apps, schema_editor):
    for group in apps.get_model("auth", "Group").objects.filter(name=REVIEWERS):
        group.permissions.remove(*group.permissions.filter(codename="clear_legal"))


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0004_guides"),
        ("courses", "0003_practical_tasks_and_legal_clearances"),
    ]

    operations = [migrations.RunPython(allow, forbid)]
