"""One per cent of a term edited on each side: by a registrar here, and by one in the SIS."""

from random import Random

from django.db import transaction
from django.utils import timezone

from integration.sis.memory import MemoryAdapter
from integration.sis.registry import configured_adapter
from scheduling.models import ChangeLog, Role, RoleAssignment, Section, User
from scheduling.services.audit import Author
from scheduling.services.sections import update_section

from .measuring import Measured, measured

SHARE = 0.01
HALF = 0.5
NAME = "registrar"


def edit_both_sides(term: str, *, seed: str = "") -> Measured:
    """Edit disjoint samples; `facts` tell how many on each side. Another `seed` takes others."""
    adapter = configured_adapter()
    if not isinstance(adapter, MemoryAdapter):
        raise SystemExit("The benchmark edits the memory SIS.")
    rng = Random(f"{term}{seed}")
    active = Section.objects.filter(term_id=term, status="ACTIVE").order_by("id")
    rows = list(active.values_list("id", "sis_id", "capacity"))
    number = round(SHARE * len(rows))
    chosen = rng.sample(rows, 2 * number)
    with measured() as result:
        _edit_here(chosen[:number], rng)
        _edit_there(adapter, chosen[number:], rng)
    result.facts = {"here": number, "there": number}
    return result


def _edit_here(chosen: list[tuple[int, str, int]], rng: Random) -> None:
    author = Author(now=timezone.now(), source=ChangeLog.Source.COMMAND, user=registrar())
    with transaction.atomic():
        for pk, _sis_id, capacity in chosen:
            if rng.random() < HALF:
                update_section(pk, {"capacity": capacity + 1}, author=author)
            else:
                update_section(pk, {"notes": f"Edited here ({rng.random():.6f})."}, author=author)


def _edit_there(adapter: MemoryAdapter, chosen: list[tuple[int, str, int]], rng: Random) -> None:
    with adapter.state.change():
        for _pk, sis_id, capacity in chosen:
            doc, term, _revision = adapter.state.get("sections", sis_id) or ({}, "", 0)
            if rng.random() < HALF:
                doc["title"] = f"Edited there ({rng.random():.6f})"
            else:
                doc["enrollment"] = str(int(doc["enrollment"]) + 1)
                doc["waitlist_capacity"] = str(capacity + 1)
            adapter.state.put("sections", term, sis_id, doc)


def registrar() -> User:
    """Somebody who may edit."""
    user, _made = User.objects.get_or_create(username=NAME, defaults={"has_scheduling": True})
    role, _made = Role.objects.get_or_create(code="REGISTRAR", defaults={"name": "Registrar"})
    RoleAssignment.objects.get_or_create(user=user, role=role, is_for_all_departments=True)
    return user
