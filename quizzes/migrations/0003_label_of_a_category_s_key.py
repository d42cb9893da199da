from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("quizzes", "0002_attempts_keep_the_version_of_their_quiz")]

    operations = [
        migrations.AlterField(
            model_name="category",
            name="key",
            field=models.CharField(
                help_text="Path in the content package, or chosen by hand.",
                max_length=255,
                unique=True,
                verbose_name="key",
            ),
        ),
    ]
