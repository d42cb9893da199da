from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0003_requests_for_a_second_person")]
    operations = []
