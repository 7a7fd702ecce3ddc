"""Users, roles and API tokens."""

import hashlib
import secrets
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

from .people import Department


class User(AbstractUser):
    """Somebody who signs in. Products decide which part of the site opens (DOMAIN.md, Product)."""

    has_scheduling = models.BooleanField("Scheduling product", default=False)
    has_admin = models.BooleanField("Admin product", default=False)
    unread_answers = models.PositiveIntegerField(
        default=0, help_text="Answers to this person's change requests that they have not read."
    )
    saved_lists = models.JSONField(
        default=list, blank=True, help_text="Lists of sections kept under a name: name and address."
    )

    class Meta(AbstractUser.Meta):  # type: ignore[name-defined,misc]  # the stub hides the parent's Meta
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(has_admin=False) | models.Q(has_scheduling=True),
                name="user_admin_needs_scheduling",
            )
        ]


class Role(models.Model):
    """What kind of user somebody is. Delivered: REGISTRAR, SCHEDULER, INSTRUCTOR, VIEWER."""

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.name


class RoleAssignment(models.Model):
    """A role of a user, for every department or for those named. An empty list names none."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_assignments")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="assignments")
    is_for_all_departments = models.BooleanField(default=False)
    departments = models.ManyToManyField(Department, blank=True)

    class Meta:
        ordering: ClassVar = ["user_id", "role_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "role"], name="role_assignment_once_a_role")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role_id}"


class ApiToken(models.Model):
    """A key for the API. Only its digest is kept; the key itself is shown once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"token of {self.user_id}"

    @staticmethod
    def digest_of(key: str) -> str:
        """The digest under which `key` is kept. Keys are 256 random bits, so a plain hash is enough."""
        return hashlib.sha256(key.encode()).hexdigest()

    @classmethod
    def issue(cls, user: User) -> str:
        """Make a token for `user` and return its key."""
        key = secrets.token_urlsafe(32)
        cls.objects.create(user=user, digest=cls.digest_of(key))
        return key
