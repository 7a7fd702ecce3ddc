"""What each rule of the engine means, in a registrar's words: one sentence for every id."""

from collections.abc import Mapping
from enum import StrEnum

from integration.merge.records import Rule


class Act(StrEnum):
    """Rule ids beside the engine's: what else decides about a value."""

    RESOLVED = "RESOLVED"  # a person settled a conflict
    SIS_REMOVED = "SIS_REMOVED"  # the SIS removed the section, and it was cancelled here
    NUMBER = "NUMBER"  # section numbers wait for each other


RULE_WORDS: Mapping[str, str] = {
    Rule.ALWAYS_SIS: "Merge Settings say Always SIS for {label}, so the value is the SIS's.",
    Rule.ALWAYS_TANDEM: "Merge Settings say Always Tandem for {label}, so the value is Tandem's.",
    Rule.EQUAL: "Both sides hold the same value.",
    Rule.SIS_CHANGED: "Only the SIS changed it since both sides agreed, so the SIS's value was taken.",
    Rule.TANDEM_CHANGED: "Only Tandem changed it since both sides agreed, so Tandem's value goes to the SIS.",
    Rule.DRIFT: "The SIS changed it, but Tandem does not import {label} and keeps its own value.",
    Rule.PENDING: "Tandem changed it, but does not send {label}: Merge Settings leave it out or this SIS "
    "does not take it. The SIS keeps its own value.",
    Rule.PREFER_SIS: "Both sides changed it, and Merge Settings prefer the SIS; both values are kept.",
    Rule.PREFER_TANDEM: "Both sides changed it, and Merge Settings prefer Tandem; both values are kept.",
    Rule.ASK: "Both sides changed it, and Merge Settings ask a person; until then each side keeps its own.",
    Rule.MERGED: "Each side changed other parts of it, so both changes were kept.",
    Rule.SEMANTIC: "The changes of both sides together would break a rule; a person decides.",
    Rule.FIGHT: "The SIS keeps changing it back although Merge Settings say Always Tandem; a person decides.",
    Rule.IN_FLIGHT: "Tandem's value was sent; the SIS, which applies changes later, does not show it yet.",
    Rule.FIRST_LINK: "When the two records were first linked, both agreed or one of them was blank.",
    Rule.SIS_ONLY: "It came from the SIS when the section was imported.",
    Rule.TANDEM_ONLY: "It was set in Tandem, and the SIS has not shown another value.",
    Act.RESOLVED: "Both sides had changed it, and a person chose this value.",
    Act.NUMBER: "Tandem changed it, but another section of a ring has to leave the number first.",
    Act.SIS_REMOVED: "The SIS removed the section; Merge Settings keep it here as cancelled.",
}
"""Formats; `label` is what the field is called."""


def rule_in_words(rule: str, *, label: str) -> str:
    """The sentence for a rule id; `label`: what the field is called."""
    return RULE_WORDS[rule].format(label=label)
