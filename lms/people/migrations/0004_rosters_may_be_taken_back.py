"""What writing a roster changed is kept, so that it can be taken back; doubtful rows, full lists, reading in the background."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_requests_for_a_second_person"),
        ("units", "0003_acting_appointments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RosterLeaver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stays", models.BooleanField(default=False)),
                ("is_guarded", models.BooleanField(default=False)),
                ("problem", models.CharField(blank=True, max_length=30)),
                ("written_at", models.DateTimeField(blank=True, null=True)),
                ("undo", models.JSONField(blank=True, default=dict)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("undo_left", models.JSONField(blank=True, default=list)),
            ],
            options={
                "verbose_name": "person leaving by a roster",
                "verbose_name_plural": "people leaving by a roster",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="UnitChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("written", models.CharField(max_length=300)),
                ("chosen_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "meaning of a unit's name",
                "verbose_name_plural": "meanings of units' names",
            },
        ),
        migrations.RemoveConstraint(
            model_name="rosterrow",
            name="refused_roster_row_has_a_reason",
        ),
        migrations.RemoveConstraint(
            model_name="rosterrow",
            name="only_new_and_changed_rows_are_written",
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="done_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="fault",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="fault_words",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="leaving_allowed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="leaving_allowed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="leaving_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="rows_all",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="rows_read",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="serving",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="stored",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="sync",
            field=models.CharField(
                choices=[
                    ("add", "Nothing: the file adds people and changes them"),
                    ("named", "They leave: the file is the full list of every unit that it names"),
                    ("all", "They leave: the file is the full list of the whole unit, with all units below"),
                ],
                default="add",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="taken_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="undo_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="undo_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="undo_reason",
            field=models.CharField(blank=True, max_length=300, verbose_name="reason"),
        ),
        migrations.AddField(
            model_name="rosterbatch",
            name="undone_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rosterrow",
            name="answer",
            field=models.CharField(
                blank=True,
                choices=[("person", "this person"), ("new", "a new person"), ("out", "leave out")],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="rosterrow",
            name="answer_person",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rosterrow",
            name="candidates",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="rosterrow",
            name="undo",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="rosterrow",
            name="undo_left",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="rosterrow",
            name="undone_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rosterrow",
            name="unit_key",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AlterField(
            model_name="rosterbatch",
            name="state",
            field=models.CharField(
                choices=[
                    ("reading", "being read"),
                    ("staged", "waits for confirmation"),
                    ("applying", "being written"),
                    ("done", "written"),
                    ("cancelled", "cancelled"),
                    ("failed", "could not be read"),
                    ("undoing", "being taken back"),
                    ("undone", "taken back"),
                ],
                db_index=True,
                default="reading",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="rosterrow",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("new", "new"),
                    ("changed", "changed"),
                    ("moved", "moved"),
                    ("unchanged", "unchanged"),
                    ("conflict", "to be decided"),
                    ("refused", "refused"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="rosterrow",
            index=models.Index(fields=["batch", "outcome"], name="roster_row_by_outcome"),
        ),
        migrations.AddConstraint(
            model_name="rosterbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["undoing", "undone"]), _negated=True),
                    models.Q(("undo_at__isnull", False), ("done_at__isnull", False)),
                    _connector="OR",
                ),
                name="only_a_written_roster_is_taken_back",
            ),
        ),
        migrations.AddConstraint(
            model_name="rosterbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("sync", "add"), ("leaving_on__isnull", False), _connector="OR"),
                name="roster_says_when_people_leave",
            ),
        ),
        migrations.AddConstraint(
            model_name="rosterrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome__in", ["refused", "conflict"]), _negated=True),
                    models.Q(("refusal", ""), _negated=True),
                    _connector="OR",
                ),
                name="refused_roster_row_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="rosterrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome__in", ("new", "changed", "moved")), ("written_at__isnull", True), _connector="OR"
                ),
                name="only_new_and_changed_rows_are_written",
            ),
        ),
        migrations.AddConstraint(
            model_name="rosterrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("written_at__isnull", False), ("undone_at__isnull", True), _connector="OR"),
                name="only_a_written_roster_row_is_taken_back",
            ),
        ),
        migrations.AddConstraint(
            model_name="rosterrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", "person"), _negated=True), ("answer_person__isnull", False), _connector="OR"
                ),
                name="roster_answer_names_the_person",
            ),
        ),
        migrations.AddField(
            model_name="rosterleaver",
            name="appointment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="units.appointment"
            ),
        ),
        migrations.AddField(
            model_name="rosterleaver",
            name="batch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="leavers", to="people.rosterbatch"
            ),
        ),
        migrations.AddField(
            model_name="unitchoice",
            name="chosen_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="unitchoice",
            name="meaning",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="units.unit"
            ),
        ),
        migrations.AddField(
            model_name="unitchoice",
            name="unit",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="units.unit"),
        ),
        migrations.AddConstraint(
            model_name="rosterleaver",
            constraint=models.UniqueConstraint(fields=("batch", "appointment"), name="roster_leaver_is_listed_once"),
        ),
        migrations.AddConstraint(
            model_name="rosterleaver",
            constraint=models.CheckConstraint(
                condition=models.Q(("stays", False), ("written_at__isnull", True), _connector="OR"),
                name="who_stays_does_not_leave",
            ),
        ),
        migrations.AddConstraint(
            model_name="rosterleaver",
            constraint=models.CheckConstraint(
                condition=models.Q(("written_at__isnull", False), ("undone_at__isnull", True), _connector="OR"),
                name="only_who_has_left_is_taken_back",
            ),
        ),
        migrations.AddConstraint(
            model_name="unitchoice",
            constraint=models.UniqueConstraint(fields=("unit", "written"), name="unit_name_means_one_thing_in_a_unit"),
        ),
    ]
