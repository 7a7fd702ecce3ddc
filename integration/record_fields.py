"""The fields of the records that a merge is about, by type: what a plan, a run or a conflict names them."""

from collections.abc import Iterable, Mapping

from integration.reference_types import TYPES
from integration.settings_rules import RELATIONSHIP_FIELDS
from integration.sis.port import MergeType
from scheduling.domain.fields import Catalogue, Field, Kind
from scheduling.selectors import catalogue

ACTIVE = Field(name="is_active", label="Active", kind=Kind.BOOLEAN)
"""What reference data shows beside its own fields: a record that the SIS dropped is inactive."""


def fields_of(merge_type: str) -> Mapping[str, Field]:
    """The fields of a type's records, by name, in the order that people know. One query for sections."""
    if merge_type == MergeType.SECTIONS:
        fields: Iterable[Field] = catalogue()
    elif merge_type == MergeType.RELATIONSHIPS:
        fields = RELATIONSHIP_FIELDS
    else:
        fields = (*TYPES[MergeType(merge_type)].fields, ACTIVE)
    return {one.name: one for one in fields}


def field_named(merge_type: str, name: str, fields: Catalogue) -> Field | None:
    """The field of a section (one of `fields`) or of a relationship; None where it is no longer one."""
    known = RELATIONSHIP_FIELDS if merge_type == MergeType.RELATIONSHIPS else fields
    return next((one for one in known if one.name == name), None)
