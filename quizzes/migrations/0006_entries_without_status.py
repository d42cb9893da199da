from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("quizzes", "0005_fill_versions_objectives_and_grades")]

    operations = [
        migrations.RemoveField(model_name="question", name="status"),
        migrations.RemoveField(model_name="question", name="objective_text"),
    ]
