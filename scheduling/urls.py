"""Addresses of the schedule's pages. A code or id may hold a slash, so that it is a `path`."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from .views.account import ChangePassword, SignIn
from .views.bulk import bulk_edit
from .views.change_requests import change_request, change_request_new, change_requests
from .views.courses import course, course_list
from .views.crosslist import crosslist
from .views.crosslists import crosslist_list, crosslist_new
from .views.my_changes import my_changes
from .views.people import instructor, instructor_list
from .views.phases import phase_simulator
from .views.places import room, room_list
from .views.saved_lists import saved_lists
from .views.search import search, switch_term
from .views.section import section
from .views.section_edit import section_edit
from .views.section_end import section_end
from .views.section_import import sections_import, sections_import_check
from .views.section_move import section_move
from .views.section_new import section_new
from .views.section_status import section_status
from .views.sections import section_list, sections_export
from .views.undo import section_undo
from .views.week import week

urlpatterns = [
    path("sign-in/", SignIn.as_view(), name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("password/", ChangePassword.as_view(), name="password_change"),
    path("term/", switch_term, name="switch_term"),
    path("phases/", phase_simulator, name="phase_simulator"),
    path("search/", search, name="search"),
    path("sections/<int:pk>/", section, name="section"),
    path("sections/<int:pk>/edit/", section_edit, name="section_edit"),
    path("sections/<int:pk>/status/", section_status, name="section_status"),
    path("sections/<int:pk>/move/", section_move, name="section_move"),
    path("sections/<int:pk>/undo/", section_undo, name="section_undo"),
    path("sections/<int:pk>/cancel/", section_end, {"deed": "cancel"}, name="section_cancel"),
    path("sections/<int:pk>/activate/", section_end, {"deed": "activate"}, name="section_activate"),
    path("sections/<int:pk>/delete/", section_end, {"deed": "delete"}, name="section_delete"),
    path("terms/<path:term_code>/sections/new/", section_new, name="section_new"),
    path("terms/<path:term_code>/sections/bulk/", bulk_edit, name="bulk_edit"),
    path(
        "terms/<path:term_code>/sections/export.csv", sections_export, {"kind": "csv"}, name="sections_export"
    ),
    path(
        "terms/<path:term_code>/sections/export.xlsx",
        sections_export,
        {"kind": "xlsx"},
        name="sections_export_workbook",
    ),
    path("terms/<path:term_code>/sections/import/", sections_import, name="sections_import"),
    path(
        "terms/<path:term_code>/sections/import/<int:pk>/",
        sections_import_check,
        name="sections_import_check",
    ),
    path("courses/<int:pk>/", course, name="course"),
    path("crosslists/<int:pk>/", crosslist, name="crosslist"),
    path("terms/<path:term_code>/crosslists/new/", crosslist_new, name="crosslist_new"),
    path("terms/<path:term_code>/crosslists/", crosslist_list, name="crosslists"),
    path("terms/<path:term_code>/sections/", section_list, name="sections"),
    path("sections/<int:pk>/ask/<str:field>/", change_request_new, name="change_request_new"),
    path("requests/<int:pk>/", change_request, name="change_request"),
    path("terms/<path:term_code>/requests/", change_requests, name="change_requests"),
    path("terms/<path:term_code>/my-changes/", my_changes, name="my_changes"),
    path("terms/<path:term_code>/lists/", saved_lists, name="saved_lists"),
    path("terms/<path:term_code>/week/", week, name="week"),
    path("terms/<path:term_code>/courses/", course_list, name="courses"),
    path("terms/<path:term_code>/rooms/<int:pk>/", room, name="room"),
    path("terms/<path:term_code>/rooms/", room_list, name="rooms"),
    path("terms/<path:term_code>/instructors/<path:sis_id>/", instructor, name="instructor"),
    path("terms/<path:term_code>/instructors/", instructor_list, name="instructors"),
]
