"""`manage.py make_user`: create or change a user (CONTRACT.md)."""

import io
import select
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from phases.delivered import ROLES
from scheduling.domain.errors import ActionRefused, InvalidValue
from scheduling.models import ChangeLog, User
from scheduling.services.accounts import PRODUCTS, account_of, no_role_warning
from scheduling.services.audit import Author
from scheduling.services.tokens import issue_token
from scheduling.services.users import SavedUser, save_user

WRONG_USE = 2
PATIENCE_SECONDS = 3.0
"""So long a pipe may stay silent before it is taken to bring no password."""


class Command(BaseCommand):
    """Exit status: 0 done, 2 wrong use, with nothing changed."""

    help = (
        "Create a user or change what is given. The password is read from standard input if something is "
        "piped there; a new user gets a random one otherwise, which is printed once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of CONTRACT.md."""
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--role",
            action="append",
            default=[],
            dest="roles",
            help=f"one of {', '.join(ROLES)}; the roles given replace those before",
        )
        parser.add_argument(
            "--department",
            action="append",
            default=[],
            dest="departments",
            metavar="CODE",
            help="where the roles hold; without it REGISTRAR and VIEWER hold everywhere, others nowhere",
        )
        parser.add_argument(
            "--product",
            action="append",
            default=[],
            dest="products",
            help=f"{' or '.join(PRODUCTS)}; a new user gets scheduling",
        )
        parser.add_argument(
            "--one-more-admin",
            action="store_true",
            help="say that you know how many have the product Admin; needed from the third one on",
        )
        parser.add_argument("--token", action="store_true", help="print a new API token")

    def handle(self, *_args: object, **given: Any) -> None:
        """Save and say what was saved."""
        password = _piped_password()
        author = Author(now=timezone.now(), source=ChangeLog.Source.COMMAND, name="operator")
        try:
            saved = save_user(
                given["name"],
                roles=given["roles"],
                departments=given["departments"],
                products=given["products"],
                password=password,
                author=author,
                knows_admins=given["one_more_admin"],
            )
        except InvalidValue as error:
            what = f"{given['name']!r} cannot be a user's name. " if error.field == "username" else ""
            raise CommandError(what + error.message, returncode=WRONG_USE) from error
        except ActionRefused as refused:  # nobody is named here, so it is only ever one Admin user too many
            raise CommandError(
                f"{refused.message} Add --one-more-admin to say so.", returncode=WRONG_USE
            ) from refused
        self._report(saved)
        if warning := no_role_warning(account_of(saved.user)):
            self.stderr.write(f"{warning} Give one with --role.")
        if password:
            self._warn_if_weak(password, saved.user)
        if given["token"]:
            self.stdout.write(f"Token: {issue_token(saved.user, author=author)}")

    def _report(self, saved: SavedUser) -> None:
        user = saved.user
        products = [name.capitalize() for name in PRODUCTS if getattr(user, f"has_{name}")]
        self.stdout.write(
            f"{'Created' if saved.is_new else 'Saved'} user {user.username}; "
            f"products: {', '.join(products) or 'none'}."
        )
        for held in user.role_assignments.prefetch_related("departments").order_by("role_id"):
            codes = ", ".join(department.pk for department in held.departments.all())
            where = "all departments" if held.is_for_all_departments else codes
            self.stdout.write(f"Role {held.role_id}: {where or 'no department; add --department CODE'}.")
        if saved.password:
            self.stdout.write(f"Password: {saved.password}")

    def _warn_if_weak(self, password: str, user: User) -> None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            self.stderr.write(f"The password is weak: {' '.join(error.messages)}")


def _piped_password() -> str:
    """The first line of standard input, if somebody piped one there; else ""."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    try:
        if not select.select([sys.stdin.fileno()], [], [], PATIENCE_SECONDS)[0]:
            return ""
    except io.UnsupportedOperation:  # not a file but an object in memory: it never waits
        pass
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except OSError:  # a standard input that cannot be read brings no password
        return ""
