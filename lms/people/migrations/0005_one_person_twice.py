import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def _account(related_name: str, *, null: bool = False) -> models.ForeignKey:
    return models.ForeignKey(
        blank=null,
        null=null,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to=settings.AUTH_USER_MODEL,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0004_rosters_may_be_taken_back"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="AccountAlias",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("merged_at", models.DateTimeField()),
                ("changes", models.JSONField(blank=True, default=dict)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("undo_reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                ("asked_by", _account("+", null=True)),
                ("merged_by", _account("+", null=True)),
                ("old", _account("aliases_as_old")),
                ("survivor", _account("aliases_as_survivor")),
                ("undone_by", _account("+", null=True)),
            ],
            options={
                "verbose_name": "united account",
                "verbose_name_plural": "united accounts",
                "ordering": ["-merged_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at__isnull", True)),
                        fields=("old",),
                        name="an_account_has_one_survivor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("old", models.F("survivor")), _negated=True),
                        name="nobody_is_united_with_oneself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TwoPeople",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("said_at", models.DateTimeField()),
                ("first", _account("+")),
                ("said_by", _account("+")),
                ("second", _account("+")),
            ],
            options={
                "verbose_name": "pair of two people",
                "verbose_name_plural": "pairs of two people",
                "constraints": [
                    models.UniqueConstraint(fields=("first", "second"), name="a_pair_is_told_apart_once"),
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", models.F("second"))), name="a_pair_stands_in_order"
                    ),
                ],
            },
        ),
    ]
