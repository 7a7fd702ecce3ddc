"""Merge settings in a registrar's words: what each choice is called, and what it means."""

from collections.abc import Mapping

from integration.merge.policy import Removal, Source
from integration.sis.port import MergeType

SOURCE_NAMES: Mapping[str, str] = {
    Source.ALWAYS_SIS: "Always SIS",
    Source.ALWAYS_TANDEM: "Always Tandem",
    Source.PREFER_SIS: "Prefer SIS",
    Source.PREFER_TANDEM: "Prefer Tandem",
    Source.ASK: "Ask",
}
SOURCE_MEANINGS: Mapping[str, str] = {
    Source.ALWAYS_SIS: "The SIS's value stands. The field is locked in Tandem and nothing of it is sent.",
    Source.ALWAYS_TANDEM: "Tandem's value stands. What the SIS shows otherwise is overwritten when sent.",
    Source.PREFER_SIS: "A change on one side goes to the other. If both change it, the SIS's stands.",
    Source.PREFER_TANDEM: "A change on one side goes to the other. If both change it, Tandem's stands.",
    Source.ASK: "A change on one side goes to the other. If both change it, it is held for a person.",
}
AS_DELIVERED = "Field by field, as delivered"
AS_DEFAULT = "As default"
REMOVAL_NAMES: Mapping[str, str] = {
    Removal.DELETE: "Delete",
    Removal.CANCEL: "Cancel",
    Removal.INACTIVATE: "Inactivate",
}
REMOVAL_OUTCOMES: Mapping[str, str] = {
    Removal.DELETE: "Deleted",
    Removal.CANCEL: "Cancelled",
    Removal.INACTIVATE: "Made inactive",
}
REMOVAL_MEANINGS: Mapping[str, str] = {
    Removal.DELETE: (
        "A section that one side removes is deleted on the other. The SIS is never asked to delete one with "
        "students."
    ),
    Removal.CANCEL: (
        "A section that one side removes stays on the other, cancelled. For a schedule that is published."
    ),
    Removal.INACTIVATE: "A section has no inactive state of its own, so it is cancelled, as above.",
}
ALWAYS_REMOVED: Mapping[MergeType, str] = {
    MergeType.RELATIONSHIPS: "Deleted: a group of sections cannot be cancelled.",
    **{
        one: "Made inactive here, never deleted: the schedule may still refer to it."
        for one in MergeType
        if one not in {MergeType.SECTIONS, MergeType.RELATIONSHIPS}
    },
}
"""What becomes of a removal where nobody chooses."""


def type_label(merge_type: str) -> str:
    """What a merge type is called."""
    return merge_type.capitalize()
