"""Addresses of integration's part of the API."""

from django.urls import path

from .outbound import OutboundList
from .runs import RunDetail, RunList

urlpatterns = [
    path("runs/", RunList.as_view(), name="api-runs"),
    path("runs/<int:run_id>/", RunDetail.as_view(), name="api-run"),
    path("outbound/", OutboundList.as_view(), name="api-outbound"),
]
