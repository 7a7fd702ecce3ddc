"""A site with nothing but Django's admin over the same rows, as somebody would write it who has an afternoon.

The columns of our list without the SIS's; no query a row. Its addresses stand in for the project's while it
is measured, so that it goes through the same middleware.
"""

from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.urls import path

from scheduling.models import Section

PATH = "/rival/scheduling/section/"


class Sections(ModelAdmin):  # type: ignore[type-arg]  # no more than a rival
    """The list of sections."""

    list_display = (
        *("course", "section_number", "crn", "title", "status", "meeting_words", "instructor_words"),
        *("enrollment", "capacity"),
    )
    list_filter = ("term", "status", "course__department")
    list_select_related = ("course",)
    list_per_page = 50
    search_fields = ("crn", "title")
    ordering = ("course__subject", "course__number", "section_number")

    def get_queryset(self, request: Any) -> Any:
        """Without a query a row."""
        rows = super().get_queryset(request)
        return rows.prefetch_related("meetings__room", "meetings__building", "assignments__instructor")

    def meeting_words(self, section: Section) -> str:
        """When and where."""
        return "; ".join(f"{one} {one.room or one.building or ''}" for one in section.meetings.all())

    def instructor_words(self, section: Section) -> str:
        """Who teaches."""
        return "; ".join(str(one.instructor) for one in section.assignments.all())


site = AdminSite()
site.register(Section, Sections)
urlpatterns = [path("rival/", site.urls)]
