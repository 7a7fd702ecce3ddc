"""Addresses of the API."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from .sections import SectionDetail, SectionList

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("sections/", SectionList.as_view(), name="api-sections"),
    path("sections/<int:section_id>/", SectionDetail.as_view(), name="api-section"),
]
