"""A choice of merge settings in words: what it is about, and its value as the form calls it."""

from adminconsole.settings_choices import Choice, override_of
from adminconsole.settings_words import AS_DEFAULT, AS_DELIVERED, REMOVAL_NAMES, SOURCE_NAMES
from scheduling.domain.fields import Catalogue


def choice_label(key: str, fields: Catalogue) -> str:
    """What a choice is about."""
    kind, _colon, name = key.partition(":")
    match kind:
        case "source":
            return f"{field_label(name, fields)}, source of truth"
        case "sent":
            return f"{field_label(name, fields)}, may be sent"
        case "override":
            sis_id, name = override_of(key)
            return f"Section {sis_id}, {field_label(name, fields)}"
        case "default_source":
            return "Default source of truth"
        case "removal":
            return "What a removal becomes"
        case _:
            return "Merged"


def choice_words(key: str, value: Choice | None) -> str:
    """A choice's value as the form calls it."""
    kind = key.partition(":")[0]
    if kind in {"is_enabled", "sent"}:
        return "Yes" if value else "No"
    if kind == "removal":
        return REMOVAL_NAMES.get(str(value), "—")
    if value:
        return SOURCE_NAMES.get(str(value), str(value))
    return {"default_source": AS_DELIVERED, "source": AS_DEFAULT}.get(kind, "No exception")


def field_label(name: str, fields: Catalogue) -> str:
    """What a field is called, also one that is no longer there."""
    return fields[name].label if name in fields else f"{name} (no longer a field)"
