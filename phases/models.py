"""The rules as rows: what roles may, what phases change, when a term is in which phase, who is exempt.

A field is named as the catalogue names it (``custom.<name>`` for the institution's own), or ``*`` for every
field without a rule of its own. What has no row is not given, or is the role's default.
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from phases.rules import ACTION_WORDS, GRANT_WORDS, PERMISSION_WORDS, Rule

FIELD_LENGTH = 80
PERMISSION_CHOICES = [(one.value, words.capitalize()) for one, words in PERMISSION_WORDS.items()]
ACTION_CHOICES = [(one.value, words.capitalize()) for one, words in ACTION_WORDS.items()]
GRANT_CHOICES = [(one.value, words) for one, words in GRANT_WORDS.items()]
ROLE_RULE_CHOICES = [(Rule.OPEN.value, "Editable"), (Rule.LOCKED.value, "Locked")]
RULE_CHOICES = [*ROLE_RULE_CHOICES, (Rule.DEFAULT.value, "Same as default")]


def _known(column: str, choices: list[tuple[str, str]]) -> Q:
    return Q(**{f"{column}__in": [value for value, _words in choices]})


class Colour(models.TextChoices):
    """Tokens of the style sheet that a phase may have."""

    GREY = "grey", "Grey"
    BLUE = "blue", "Blue"
    GREEN = "green", "Green"
    AMBER = "amber", "Amber"
    RED = "red", "Red"


class RolePermission(models.Model):
    """What a role says to a permission. No row: the role does not give it."""

    role = models.ForeignKey("scheduling.Role", on_delete=models.CASCADE, related_name="permissions")
    permission = models.CharField(max_length=40, choices=PERMISSION_CHOICES)
    grant = models.CharField(max_length=20, choices=GRANT_CHOICES)

    class Meta:
        ordering: ClassVar = ["role_id", "permission"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["role", "permission"], name="role_permission_once"),
            models.CheckConstraint(
                condition=_known("permission", PERMISSION_CHOICES), name="role_permission_known"
            ),
            models.CheckConstraint(condition=_known("grant", GRANT_CHOICES), name="role_grant_known"),
        ]

    def __str__(self) -> str:
        return f"{self.role_id} {self.permission} {self.grant}"


class RoleFieldRule(models.Model):
    """Whether a role may edit a field where the phase says nothing. No row: locked."""

    role = models.ForeignKey("scheduling.Role", on_delete=models.CASCADE, related_name="field_rules")
    field = models.CharField(max_length=FIELD_LENGTH)
    rule = models.CharField(max_length=20, choices=ROLE_RULE_CHOICES)

    class Meta:
        ordering: ClassVar = ["role_id", "field"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["role", "field"], name="role_field_rule_once"),
            models.CheckConstraint(condition=~Q(field=""), name="role_field_rule_has_field"),
            models.CheckConstraint(condition=_known("rule", ROLE_RULE_CHOICES), name="role_field_rule_known"),
        ]

    def __str__(self) -> str:
        return f"{self.role_id} {self.field} {self.rule}"


class Phase(models.Model):
    """A named, reusable set of rules. It has no dates: a term's timeline switches phases."""

    name = models.CharField(max_length=100, unique=True)
    description = models.CharField(max_length=500, blank=True)
    colour = models.CharField(max_length=20, choices=Colour, default=Colour.GREY)
    position = models.PositiveSmallIntegerField(default=0, help_text="Where lists show it.")

    class Meta:
        ordering: ClassVar = ["position", "name"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="phase_has_name"),
            models.CheckConstraint(condition=Q(colour__in=Colour.values), name="phase_colour_known"),
        ]

    def __str__(self) -> str:
        return self.name


class PhaseFieldRule(models.Model):
    """What a phase says to a field for a role. No row: as ``*`` says, and without that the role's default."""

    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="field_rules")
    role = models.ForeignKey("scheduling.Role", on_delete=models.CASCADE, related_name="+")
    field = models.CharField(max_length=FIELD_LENGTH)
    rule = models.CharField(max_length=20, choices=RULE_CHOICES)

    class Meta:
        ordering: ClassVar = ["phase_id", "role_id", "field"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["phase", "role", "field"], name="phase_field_rule_once"),
            models.CheckConstraint(condition=~Q(field=""), name="phase_field_rule_has_field"),
            models.CheckConstraint(condition=_known("rule", RULE_CHOICES), name="phase_field_rule_known"),
        ]

    def __str__(self) -> str:
        return f"{self.phase_id} {self.role_id} {self.field} {self.rule}"


class PhaseActionRule(models.Model):
    """What a phase says to an action for a role. No row: the role's permission."""

    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="action_rules")
    role = models.ForeignKey("scheduling.Role", on_delete=models.CASCADE, related_name="+")
    action = models.CharField(max_length=40, choices=ACTION_CHOICES)
    rule = models.CharField(max_length=20, choices=RULE_CHOICES)

    class Meta:
        ordering: ClassVar = ["phase_id", "role_id", "action"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["phase", "role", "action"], name="phase_action_rule_once"),
            models.CheckConstraint(
                condition=_known("action", ACTION_CHOICES), name="phase_action_rule_action_known"
            ),
            models.CheckConstraint(condition=_known("rule", RULE_CHOICES), name="phase_action_rule_known"),
        ]

    def __str__(self) -> str:
        return f"{self.phase_id} {self.role_id} {self.action} {self.rule}"


class TimelineEntry(models.Model):
    """From this moment on the term is in this phase; without a phase, the roles' defaults hold."""

    term = models.ForeignKey("scheduling.Term", on_delete=models.CASCADE, related_name="timeline")
    starts_at = models.DateTimeField()
    phase = models.ForeignKey(Phase, null=True, blank=True, on_delete=models.PROTECT, related_name="entries")

    class Meta:
        ordering: ClassVar = ["term_id", "starts_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["term", "starts_at"], name="timeline_one_phase_a_moment")
        ]

    def __str__(self) -> str:
        return f"{self.term_id} {self.starts_at:%Y-%m-%d %H:%M} {self.phase_id}"


class Exemption(models.Model):
    """Fields that one user may edit although the phase of the term locks them, for a while.

    For one section (of this term, which a composite foreign key of the migration sees to) or for one
    department. Half-open: from `since` to before `until`. It is never deleted by people: revoking ends it.
    """

    term = models.ForeignKey("scheduling.Term", on_delete=models.CASCADE, related_name="exemptions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exemptions")
    section = models.ForeignKey(
        "scheduling.Section", null=True, blank=True, on_delete=models.CASCADE, related_name="exemptions"
    )
    department = models.ForeignKey(
        "scheduling.Department", null=True, blank=True, on_delete=models.CASCADE, related_name="exemptions"
    )
    fields = ArrayField(models.CharField(max_length=FIELD_LENGTH))
    since = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=500)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["term_id", "user_id", "id"]
        indexes: ClassVar = [models.Index(fields=["user", "term", "until"], name="exemption_of_user")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(section=None, department__isnull=False)
                | Q(section__isnull=False, department=None),
                name="exemption_section_or_department",
            ),
            models.CheckConstraint(condition=Q(fields__len__gt=0), name="exemption_names_fields"),
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="exemption_dates_in_order"),
            models.CheckConstraint(condition=~Q(reason=""), name="exemption_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.term_id} {self.section_id or self.department_id}"
