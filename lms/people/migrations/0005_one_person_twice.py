from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0004_rosters_may_be_taken_back")]
    operations = []
