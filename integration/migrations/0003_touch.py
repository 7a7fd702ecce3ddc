"""The logical clock of pushes and pulls."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("integration", "0002_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE integration_touch", reverse_sql="DROP SEQUENCE integration_touch"),
    ]
