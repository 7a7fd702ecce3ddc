"""Relationships over the API: list, read, make, change, dissolve."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from scheduling.crosslist_facts import hidden_words
from scheduling.domain.checks import Finding
from scheduling.domain.errors import ActionRefused, InvalidValue, NotFound, UnknownField
from scheduling.models import Relationship, RelationshipMember
from scheduling.services.relationships import (
    UNSET,
    create_relationship,
    dissolve_relationship,
    update_relationship,
)
from scheduling.visibility import visible_departments, visible_sections

from . import record_schemas as schema
from .changes import text_in, version_named
from .filters import RelationshipFilter
from .scope import ScheduleView

PARTS = ("members", "primary", "capacity")
LARGEST_ID = 2**63 - 1
CREATED = 201


class RelationshipsView(ScheduleView):
    """What the views of relationships share."""

    queryset = Relationship.objects.none()

    def visible(self) -> QuerySet[Relationship]:
        """The relationships of which the user may see a member, with all members."""
        members = RelationshipMember.objects.select_related("section__course").order_by("section_id")
        rows = Relationship.objects.order_by("id").prefetch_related(Prefetch("members", members))
        codes = visible_departments(self.viewer)
        if codes is None:
            return rows
        seen = RelationshipMember.objects.filter(section__course__department__in=codes)
        return rows.filter(pk__in=seen.values("relationship"))

    def document(self, one: Relationship, *, warnings: Sequence[Finding] | None = None) -> dict[str, Any]:
        """A relationship; members of departments that the user does not see are only counted."""
        members = list(one.members.all())
        shown = self.shown(one)
        made = {
            "id": one.pk,
            "version": one.version,
            "term": one.term_id,
            "kind": one.kind,
            "sis_id": one.sis_id,
            "capacity": one.capacity,
            "members": [row.section_id for row in shown],
            "primary": next((row.section_id for row in shown if row.is_primary), None),
            "hidden_members": len(members) - len(shown),
        }
        return made if warnings is None else made | {"warnings": [dataclasses.asdict(w) for w in warnings]}

    def shown(self, one: Relationship) -> list[RelationshipMember]:
        """The members that the user sees."""
        codes = visible_departments(self.asking)
        return [
            row for row in one.members.all() if codes is None or row.section.course.department_id in codes
        ]

    def seen_whole(self, relationship_id: int) -> Relationship:
        """One to be changed. Raises `NotFound`, and `ActionRefused` where the user does not see all of it."""
        one = self.found(relationship_id)
        hidden = len(one.members.all()) - len(self.shown(one))
        if hidden:
            raise ActionRefused(
                f"It also has {hidden_words(hidden)}, which you do not see. Who sees all of its sections may "
                "change it; ask the registrar's office."
            )
        return one

    def seen_members(self, given: Any) -> list[int]:
        """The ids of sections in a body. Raises `InvalidValue`, also for one that the user does not see."""
        if not isinstance(given, list):
            raise InvalidValue("Members must be a list of ids of sections.", "members")
        ids = [_id(one, "members") for one in given]
        seen = set(visible_sections(self.viewer).filter(pk__in=ids).values_list("pk", flat=True))
        for pk in ids:
            if pk not in seen:
                raise InvalidValue(f"There is no section with the id {pk}, or you may not see it.", "members")
        return ids

    def found(self, relationship_id: int) -> Relationship:
        """One that the user may see. Raises `NotFound`."""
        found = self.visible().filter(pk=relationship_id).first()
        if found is None:
            raise NotFound("There is no such relationship, or you may not see it.")
        return found

    def answer(
        self, relationship_id: int, *, status: int = 200, warnings: Sequence[Finding] | None = None
    ) -> Response:
        """The relationship as it stands, with its version in the header ETag."""
        one = self.found(relationship_id)
        headers = {"ETag": f'"{one.version}"'}
        if status == CREATED:
            headers["Location"] = reverse("api-relationship", args=[one.pk])
        return Response(self.document(one, warnings=warnings), status=status, headers=headers)


class RelationshipList(RelationshipsView):
    """`GET` and `POST /relationships/`."""

    filterset_class = RelationshipFilter

    @extend_schema(**schema.RELATIONSHIP_LIST)
    def get(self, request: Request) -> Response:
        """The relationships that the user sees a member of, by id."""
        page = self.paginate_queryset(self.filter_queryset(self.visible())) or ()
        return self.get_paginated_response([self.document(one) for one in page])

    @extend_schema(**schema.RELATIONSHIP_POST)
    def post(self, request: Request) -> Response:
        """Group sections, through the write service."""
        _ = self.viewer
        body = _body(request.data, (*PARTS, "term", "kind"))
        saved = create_relationship(
            text_in(body, "term", "20271"),
            kind=text_in(body, "kind", "CROSSLIST"),
            members=self.seen_members(body.get("members", [])),
            primary=_id_or_none(body.get("primary")),
            capacity=body.get("capacity"),
            author=self.author(),
        )
        return self.answer(saved.relationship_id, status=CREATED, warnings=saved.findings)


class RelationshipDetail(RelationshipsView):
    """`GET`, `PATCH` and `DELETE /relationships/{id}/`."""

    @extend_schema(**schema.RELATIONSHIP_DETAIL)
    def get(self, request: Request, relationship_id: int) -> Response:
        """One relationship."""
        return self.answer(relationship_id)

    @extend_schema(**schema.RELATIONSHIP_PATCH)
    def patch(self, request: Request, relationship_id: int) -> Response:
        """Change members, primary or capacity, all or none, through the write service."""
        one = self.seen_whole(relationship_id)
        version = version_named(request)
        body = _body(request.data, PARTS)
        saved = update_relationship(
            one.pk,
            members=self.seen_members(body["members"]) if "members" in body else None,
            primary=_id_or_none(body["primary"]) if "primary" in body else UNSET,
            capacity=body.get("capacity") if "capacity" in body else UNSET,
            author=self.author(),
            version=version,
        )
        return self.answer(saved.relationship_id, warnings=saved.findings)

    @extend_schema(**schema.RELATIONSHIP_DELETE)
    def delete(self, request: Request, relationship_id: int) -> Response:
        """Dissolve it; its sections stay."""
        one = self.seen_whole(relationship_id)
        dissolve_relationship(one.pk, author=self.author(), version=version_named(request))
        return Response(status=204)


def _body(body: Any, known: Sequence[str]) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ParseError('Send a JSON object, for example {"members": [12, 15], "primary": 12}.')
    for name in body:
        if name not in known:
            raise UnknownField(f"{name} cannot be set; what can be: {', '.join(known)}.", name)
    return body


def _id_or_none(given: Any) -> int | None:
    return None if given is None else _id(given, "primary")


def _id(given: Any, field: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 < given <= LARGEST_ID:
        raise InvalidValue(f"{given!r} is no id of a section.", field)
    return int(given)
