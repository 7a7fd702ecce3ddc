"""Addresses of the schedule's pages."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from .views.account import ChangePassword, SignIn

urlpatterns = [
    path("sign-in/", SignIn.as_view(), name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("password/", ChangePassword.as_view(), name="password_change"),
]
