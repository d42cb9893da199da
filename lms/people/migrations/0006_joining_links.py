from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0005_one_person_twice")]
    operations = []
