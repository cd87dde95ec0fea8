"""Index names are unique among all apps of a project: the pilot Hub keeps calls, too."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("hubclient", "0003_failures")]

    operations = [
        migrations.RenameIndex("call", new_name="logged_call_latest", old_name="call_latest"),
        migrations.RenameIndex("call", new_name="logged_call_of_envelope", old_name="call_of_envelope"),
    ]
