from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("courses", "0008_the_end_of_a_document_is_noted")]
    operations = []
