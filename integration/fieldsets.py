"""Which fields each sendable type has, in which shape, and the policy the settings give them."""

from collections.abc import Mapping, Sequence

import msgspec

from integration.merge.policy import FieldPolicy, Source
from integration.merge.records import Shape, Value
from integration.settings import TypeSettings
from integration.sis.port import Capabilities, MergeType
from scheduling.domain.fields import Catalogue, Field, Kind
from scheduling.domain.values import Assignment, Meeting


class Member(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """A section in a relationship: its SIS id (``local:<id>`` for one the SIS does not have)."""

    section: str
    is_primary: bool = False


LOCAL_MEMBER = "local:"
STRUCTS: Mapping[str, type] = {"meetings": Meeting, "instructors": Assignment, "members": Member}
SHAPES = {Kind.MEETINGS: Shape.GROUPS, Kind.INSTRUCTORS: Shape.KEYED}
WHOLE_PERCENT = 100
RELATIONSHIP_SOURCES = {
    "kind": Source.ALWAYS_SIS,
    "capacity": Source.PREFER_TANDEM,
    "members": Source.ASK,
}


def _person(item: Value) -> str:
    return item.instructor  # type: ignore[no-any-return]  # the engine knows no structs


def _member(item: Value) -> str:
    return item.section  # type: ignore[no-any-return]  # the same


def _has_one_primary(items: Sequence[Value]) -> bool:
    return sum(bool(item.is_primary) for item in items) <= 1


def _is_sound_team(items: Sequence[Assignment]) -> bool:
    return _has_one_primary(items) and round(sum(item.percent for item in items), 2) <= WHOLE_PERCENT


def _no_self_overlap(meetings: Sequence[Meeting]) -> bool:
    """No two meetings of one section at one time: the sections' own hard check on a merged set."""
    timed = [one for one in meetings if one.days and one.start_time]
    return not any(
        set(a.days) & set(b.days)
        and a.start_time < b.end_time
        and b.start_time < a.end_time
        and (a.start_date or "") <= (b.end_date or "9")
        and (b.start_date or "") <= (a.end_date or "9")
        for index, a in enumerate(timed)
        for b in timed[index + 1 :]
    )


def _are_in_order(end_date: Value, start_date: Value) -> bool:
    """The database refuses a section that ends before it starts."""
    return not (end_date and start_date) or start_date <= end_date


def section_policies(
    catalogue: Catalogue, settings: TypeSettings, capabilities: Capabilities, *, sis_id: str = ""
) -> tuple[FieldPolicy, ...]:
    """The policy of every section field that may come from or go to the SIS."""
    return tuple(
        _section_policy(field, settings, capabilities, source_of(field, settings, sis_id=sis_id))
        for field in catalogue
    )


def source_of(field: Field, settings: TypeSettings, *, sis_id: str) -> Source:
    """Who wins in a field of the section with this SIS id (blank: no section in particular)."""
    if field.is_from_sis:
        return Source.ALWAYS_SIS
    default = Source(field.default_source.value)
    if settings.default_source is not None and not field.is_custom:
        default = settings.default_source
    override = settings.overrides.get(sis_id, {}).get(field.name)
    return override or settings.sources.get(field.name) or default


def _section_policy(
    field: Field, settings: TypeSettings, capabilities: Capabilities, source: Source
) -> FieldPolicy:
    can_send = field.can_be_sent and source is not Source.ALWAYS_SIS
    if settings.sent_fields is not None:
        can_send = can_send and field.name in settings.sent_fields
    if capabilities.writable_fields is not None:
        can_send = can_send and field.name in capabilities.writable_fields
    extra: dict[str, object] = {}
    if field.kind is Kind.INSTRUCTORS:
        extra = {"key_of": _person, "is_sound": _is_sound_team}
    elif field.kind is Kind.MEETINGS:
        extra = {"is_sound": _no_self_overlap}
    elif field.name == "end_date":
        extra = {"is_sound": _are_in_order, "companions": ("start_date",)}
    return FieldPolicy(
        name=field.name,
        source=source,
        shape=SHAPES.get(field.kind, Shape.SCALAR),
        can_import=not field.is_custom,
        can_send=can_send,
        **extra,  # type: ignore[arg-type]  # each kind has its own
    )


def relationship_policies(settings: TypeSettings) -> tuple[FieldPolicy, ...]:
    """The policy of a relationship's fields. Its kind never changes."""

    def source(name: str) -> Source:
        return settings.sources.get(name) or settings.default_source or RELATIONSHIP_SOURCES[name]

    return (
        FieldPolicy(name="kind", source=Source.ALWAYS_SIS, can_send=False),
        FieldPolicy(name="capacity", source=source("capacity")),
        FieldPolicy(
            name="members",
            source=source("members"),
            shape=Shape.KEYED,
            key_of=_member,
            is_sound=_has_one_primary,
        ),
    )


def is_sendable_kind(merge_type: MergeType, kind: str, capabilities: Capabilities) -> bool:
    """Whether the SIS can hold this kind of relationship; others stay here, untouched."""
    return merge_type is not MergeType.RELATIONSHIPS or kind in capabilities.relationship_kinds
