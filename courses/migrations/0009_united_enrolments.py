import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("courses", "0008_the_end_of_a_document_is_noted")]
    operations = [
        migrations.AddField(
            model_name="enrolment",
            name="united_with",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="united",
                to="courses.enrolment",
            ),
        ),
        migrations.RemoveConstraint(model_name="enrolment", name="one_enrolment_per_cycle"),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("united_with__isnull", True)),
                fields=("user", "course", "cycle"),
                name="one_enrolment_per_cycle",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(("united_with", models.F("pk")), _negated=True),
                name="an_enrolment_is_united_with_another",
            ),
        ),
    ]
