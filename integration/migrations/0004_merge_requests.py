"""Merge requests: what people and the night ask the background workers for."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integration', '0003_touch'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='mergerun',
            name='asked_term',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AlterField(
            model_name='mergerun',
            name='progress',
            field=models.JSONField(default=dict, help_text='{step, done, total}; total null: unknown.'),
        ),
        migrations.CreateModel(
            name='MergeRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('types', models.JSONField(default=list)),
                ('terms', models.JSONField(blank=True, default=list)),
                ('is_sending', models.BooleanField(default=False)),
                ('is_dry_run', models.BooleanField(default=False)),
                ('accept_empty', models.BooleanField(default=False)),
                ('trigger', models.CharField(choices=[('NIGHTLY', 'Nightly'), ('REAL_TIME', 'Real time'), ('AD_HOC', 'Ad hoc')], default='AD_HOC', max_length=10)),
                ('approved_rows', models.JSONField(blank=True, null=True)),
                ('night', models.DateField(blank=True, null=True)),
                ('state', models.CharField(choices=[('WAITING', 'Waiting'), ('RUNNING', 'Running'), ('DONE', 'Done'), ('FAILED', 'Failed')], default='WAITING', max_length=10)),
                ('requested_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('error', models.JSONField(blank=True, null=True)),
                ('notes', models.JSONField(blank=True, default=list)),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('plan', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='requests', to='integration.plan')),
                ('preview', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='executions', to='integration.mergerequest')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='mergerun',
            name='request',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='runs', to='integration.mergerequest'),
        ),
        migrations.AddIndex(
            model_name='mergerequest',
            index=models.Index(condition=models.Q(('state__in', ['WAITING', 'RUNNING'])), fields=['id'], name='merge_request_unfinished'),
        ),
        migrations.AddConstraint(
            model_name='mergerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('state__in', ['WAITING', 'RUNNING'])), models.Q(('finished_at__isnull', False), ('state__in', ['DONE', 'FAILED'])), _connector='OR'), name='merge_request_state_and_end'),
        ),
        migrations.AddConstraint(
            model_name='mergerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'RUNNING'), _negated=True), models.Q(('attempts__gte', 1), ('started_at__isnull', False)), _connector='OR'), name='merge_request_running_began'),
        ),
        migrations.AddConstraint(
            model_name='mergerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'FAILED'), _negated=True), ('error__isnull', False), _connector='OR'), name='merge_request_failed_says_why'),
        ),
        migrations.AddConstraint(
            model_name='mergerequest',
            constraint=models.CheckConstraint(condition=models.Q(('types', []), _negated=True), name='merge_request_has_type'),
        ),
        migrations.AddConstraint(
            model_name='mergerequest',
            constraint=models.CheckConstraint(condition=models.Q(('preview', None), models.Q(('is_dry_run', False), ('plan', None)), _connector='OR'), name='merge_request_preview_of_real_run'),
        ),
        migrations.AddConstraint(
            model_name='mergerequest',
            constraint=models.CheckConstraint(condition=models.Q(('plan', None), models.Q(('accept_empty', False), ('is_dry_run', False)), _connector='OR'), name='merge_request_approval_is_real'),
        ),
        migrations.AddConstraint(
            model_name='mergerequest',
            constraint=models.CheckConstraint(condition=models.Q(('approved_rows__isnull', True), ('plan__isnull', False), _connector='OR'), name='merge_request_rows_of_a_plan'),
        ),
        migrations.AddConstraint(
            model_name='mergerequest',
            constraint=models.UniqueConstraint(fields=('night', 'terms', 'is_sending'), name='merge_request_once_a_night'),
        ),
    ]
