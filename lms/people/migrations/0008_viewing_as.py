"""Seeing the site as somebody else: who, whom, why and how long."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0007_privacy"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Viewing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("began_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "viewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "viewing as somebody else",
                "verbose_name_plural": "viewings as somebody else",
                "ordering": ["-began_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("viewer", models.F("person")), _negated=True),
                        name="nobody_views_as_oneself",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="a_viewing_says_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("began_at"))),
                        name="a_viewing_ends_after_it_begins",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("viewer",),
                        name="one_viewing_at_a_time",
                    ),
                ],
            },
        ),
    ]
