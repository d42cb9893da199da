"""Names with an apostrophe or with marks of other languages of Việt Nam (H'Hen Niê, Y Sŏ) stood after all others."""

from django.db import migrations

from lms.core import text


def sort_anew(apps, schema_editor):
    User = apps.get_model("accounts", "User")
    changed = []
    for person in User.objects.only("pk", "full_name", "name_sort_key").iterator(chunk_size=2000):
        key = text.name_sort_key(person.full_name)
        if key != person.name_sort_key:
            person.name_sort_key = key
            changed.append(person)
    User.objects.bulk_update(changed, ["name_sort_key"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_quick_lock")]
    operations = [migrations.RunPython(sort_anew, migrations.RunPython.noop)]
