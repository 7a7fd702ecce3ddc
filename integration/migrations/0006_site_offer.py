"""What a SIS last said that it offers to our key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integration", "0005_feed_position")]

    operations = [
        migrations.CreateModel(
            name="SiteOffer",
            fields=[
                ("site", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("offer", models.JSONField()),
                ("read_at", models.DateTimeField()),
            ],
            options={"ordering": ["site"]},
        ),
    ]
