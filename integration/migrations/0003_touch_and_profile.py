"""The logical clock of pushes and pulls, and the profile a fresh database starts with."""

from django.db import migrations
from django.utils import timezone


def make_default_profile(apps, schema_editor):
    profile = apps.get_model("integration", "MergeProfile").objects.create(name="Default", is_active=True)
    apps.get_model("integration", "MergeProfileVersion").objects.create(
        profile=profile, number=1, document={}, created_at=timezone.now(), reason="Delivered defaults"
    )


class Migration(migrations.Migration):
    dependencies = [("integration", "0002_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE integration_touch", reverse_sql="DROP SEQUENCE integration_touch"),
        migrations.RunPython(make_default_profile, migrations.RunPython.noop),
    ]
