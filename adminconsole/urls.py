"""Addresses of the console. Every view states the permission it needs (`adminconsole.access`)."""

from django.urls import path

from .views.conflict import conflict
from .views.conflicts import conflicts
from .views.execute import execute_merge, merge_request
from .views.exemption_new import exemption_new
from .views.exemptions import exemption_revoke, exemptions
from .views.merge_settings import merge_settings, merge_settings_type
from .views.outbound import outbound
from .views.overview import console
from .views.phases import phase, phase_delete, phase_list, phase_new
from .views.plan import plan
from .views.plans import plans
from .views.role_new import role_new
from .views.roles import role, role_delete, role_list
from .views.runs import run, run_csv, runs
from .views.settings_versions import merge_settings_version, merge_settings_versions
from .views.subjects import merge_settings_subjects
from .views.term_settings import merge_settings_terms
from .views.timelines import timeline, timeline_list
from .views.user_access import user_access
from .views.users import user, user_new, users

urlpatterns = [
    path("", console, name="console"),
    path("settings/", merge_settings, name="merge_settings"),
    path("settings/terms/", merge_settings_terms, name="merge_settings_terms"),
    path("settings/subjects/", merge_settings_subjects, name="merge_settings_subjects"),
    path("settings/versions/", merge_settings_versions, name="merge_settings_versions"),
    path("settings/versions/<int:pk>/", merge_settings_version, name="merge_settings_version"),
    path("settings/types/<str:merge_type>/", merge_settings_type, name="merge_settings_type"),
    path("execute/", execute_merge, name="execute_merge"),
    path("requests/<int:pk>/", merge_request, name="merge_request"),
    path("runs/", runs, name="runs"),
    path("runs/<int:pk>/", run, name="run"),
    path("runs/<int:pk>/changes.csv", run_csv, name="run_csv"),
    path("plans/", plans, name="plans"),
    path("plans/<int:pk>/", plan, name="plan"),
    path("conflicts/", conflicts, name="conflicts"),
    path("conflicts/<int:pk>/", conflict, name="conflict"),
    path("outbound/", outbound, name="outbound"),
    path("phases/", phase_list, name="phases"),
    path("phases/new/", phase_new, name="phase_new"),
    path("phases/<int:pk>/", phase, name="phase"),
    path("phases/<int:pk>/remove/", phase_delete, name="phase_delete"),
    path("timelines/", timeline_list, name="timelines"),
    path("timelines/<path:term_code>/", timeline, name="timeline"),
    path("roles/", role_list, name="roles"),
    path("roles/new/", role_new, name="role_new"),
    path("roles/of/<path:code>/", role, name="role"),
    path("roles/remove/<path:code>/", role_delete, name="role_delete"),
    path("users/", users, name="users"),
    path("users/new/", user_new, name="user_new"),
    path("users/<int:pk>/", user, name="user"),
    path("users/<int:pk>/access/", user_access, name="user_access"),
    path("exemptions/", exemptions, name="exemptions"),
    path("exemptions/new/", exemption_new, name="exemption_new"),
    path("exemptions/<int:pk>/end/", exemption_revoke, name="exemption_revoke"),
]
