"""Names of units with an apostrophe or a hyphen (Xã Ea H'leo) stood after all others."""

from django.db import migrations

from lms.core import text


def sort_anew(apps, schema_editor):
    UnitName = apps.get_model("units", "UnitName")
    changed = []
    for name in UnitName.objects.only("pk", "short_name", "sort_key").iterator(chunk_size=2000):
        key = text.sort_key(name.short_name)
        if key != name.sort_key:
            name.sort_key = key
            changed.append(name)
    UnitName.objects.bulk_update(changed, ["sort_key"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("units", "0004_reorganisations")]
    operations = [migrations.RunPython(sort_anew, migrations.RunPython.noop)]
