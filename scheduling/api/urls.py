"""Addresses of the API."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from .reference import CourseList, PhaseList, TermDetail, TermList
from .relationships import RelationshipDetail, RelationshipList
from .sections import SectionCancel, SectionDetail, SectionList

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("terms/", TermList.as_view(), name="api-terms"),
    path("terms/<path:code>/", TermDetail.as_view(), name="api-term"),
    path("courses/", CourseList.as_view(), name="api-courses"),
    path("phases/", PhaseList.as_view(), name="api-phases"),
    path("sections/", SectionList.as_view(), name="api-sections"),
    path("sections/<int:section_id>/", SectionDetail.as_view(), name="api-section"),
    path("sections/<int:section_id>/cancel/", SectionCancel.as_view(), name="api-section-cancel"),
    path("relationships/", RelationshipList.as_view(), name="api-relationships"),
    path("relationships/<int:relationship_id>/", RelationshipDetail.as_view(), name="api-relationship"),
]
