"""The hash chain over the log: its links, their salts, its head and its daily anchors."""

import django.db.models.deletion
from django.db import migrations, models


def make_head(apps, schema_editor):
    apps.get_model("core", "TraceHead").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="TraceAnchor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(unique=True)),
                ("seq", models.BigIntegerField()),
                ("hash", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "anchor of the trace",
                "verbose_name_plural": "anchors of the trace",
                "ordering": ["-day"],
            },
        ),
        migrations.CreateModel(
            name="TraceHead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.BigIntegerField(default=0)),
                ("hash", models.CharField(blank=True, max_length=64)),
                ("seen", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "verbose_name": "head of the trace",
                "verbose_name_plural": "heads of the trace",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="the_trace_has_one_head")],
            },
        ),
        migrations.CreateModel(
            name="TraceLink",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("model", "record"), ("page", "page")], max_length=5)),
                ("entry", models.BigIntegerField()),
                ("model", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                ("frame", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64)),
                ("previous", models.CharField(blank=True, max_length=64)),
                ("hash", models.CharField(max_length=64, unique=True)),
                ("sealed_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "link of the trace",
                "verbose_name_plural": "links of the trace",
                "ordering": ["seq"],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "entry"), name="an_entry_is_sealed_once"),
                    models.CheckConstraint(condition=models.Q(("seq__gt", 0)), name="links_are_numbered_from_one"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("previous", ""), ("seq", 1)),
                            models.Q(("seq__gt", 1), models.Q(("previous", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="a_link_names_the_one_before",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TraceSalt",
            fields=[
                (
                    "link",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="salt",
                        serialize=False,
                        to="core.tracelink",
                    ),
                ),
                ("salt", models.CharField(max_length=32)),
            ],
            options={"verbose_name": "salt of a link", "verbose_name_plural": "salts of links"},
        ),
        migrations.RunPython(make_head, migrations.RunPython.noop),
    ]
