"""`manage.py resolve_conflict`: settle an open conflict without the console."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integration.models import Conflict
from integration.offers import known_adapter
from integration.permissions import can_execute_merges
from integration.resolving import CannotSettle, Choice, resolve
from integration.runs import record_type_of
from integration.settings import ConfigurationError, active_version, read
from integration.sis.port import BadSisUrl, MergeType
from integration.wording import in_words
from phases.rules import Permission
from scheduling.models import ChangeLog, User
from scheduling.services.audit import Author
from scheduling.visibility import viewer_for

WRONG_USE = 2


class Command(BaseCommand):
    """Exit status: 0 settled, 2 it cannot be settled like this, or not by this person."""

    help = "Settle a conflict: keep Tandem's side (ours) or take the SIS's (theirs)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The conflict's number stands in section_status and in the report of every merge."""
        parser.add_argument("conflict", type=int, metavar="NUMBER")
        parser.add_argument("side", choices=[one.value.lower() for one in Choice])
        parser.add_argument("--user", required=True, metavar="NAME", help="who decides")
        parser.add_argument(
            "--sis-id", default="", help="which record of the SIS it is, where several could be"
        )

    def handle(self, *_args: object, **given: Any) -> None:
        """Settle it and say what was chosen."""
        try:
            conflict = self._resolve(given, self._user(given["user"]))
        except (CannotSettle, ConfigurationError, BadSisUrl) as error:
            raise CommandError(str(error), returncode=WRONG_USE) from error
        side = conflict.ours if conflict.resolution == Choice.OURS else conflict.theirs
        what = f"{conflict.field} is {in_words(side)}" if conflict.field else f"{given['side']} stands"
        self.stdout.write(f"{conflict.link}: {what}. The next delivery or merge follows.")

    def _user(self, name: str) -> User:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no user {name!r}.", returncode=WRONG_USE)
        viewer = viewer_for(user)
        if not can_execute_merges(viewer):
            why = viewer.rights.permission(viewer, Permission.EXECUTE_MERGES).reason
            raise CommandError(
                f"{name!r} may not settle conflicts. What {name} is told: {why}", returncode=WRONG_USE
            )
        return user

    def _resolve(self, given: dict[str, Any], user: User) -> Conflict:
        conflict = Conflict.objects.select_related("link").filter(pk=given["conflict"]).first()
        if conflict is None:
            raise CannotSettle(f"There is no conflict {given['conflict']}.")
        now, link = timezone.now(), conflict.link
        adapter = known_adapter()
        try:
            kind = record_type_of(
                MergeType(link.merge_type), link.term_id, settings=read(active_version()), adapter=adapter
            )
            return resolve(
                conflict.pk,
                Choice(given["side"].upper()),
                kind=kind,
                actor=user,
                author=Author(now=now, source=ChangeLog.Source.COMMAND, user=user),
                now=now,
                sis_id=given["sis_id"],
            )
        finally:
            adapter.close()
