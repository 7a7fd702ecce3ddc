"""Instructors, hired as the timetable needs them."""

from dataclasses import dataclass, field
from random import Random

from .plan import Share, Teacher
from .vocabulary import FIRST_NAMES, LAST_NAMES

LOADS, LOAD_WEIGHTS = (1, 2, 3, 4, 5), (20, 25, 30, 20, 5)
"""Classes a person gives in a term."""
ASKED = 10
"""How many people of a department are asked before somebody is hired."""
NOBODY_SHARE = 0.06
SPLITS = ((100,), (50, 50), (60, 40), (75, 25), (34, 33, 33))
SPLIT_WEIGHTS = (90, 4, 3, 1.5, 1.5)


@dataclass(kw_only=True)
class Faculty:
    """Everybody who teaches; each is given classes for one term at a time."""

    rng: Random
    teachers: list[Teacher] = field(default_factory=list)
    _open: dict[str, list[Teacher]] = field(default_factory=dict)
    _last_id: int = 1_000_000

    def begin_term(self) -> None:
        """Everybody has a new load and an empty calendar; the order in which they are asked changes."""
        self._open.clear()
        for teacher in self.rng.sample(self.teachers, len(self.teachers)):
            teacher.busy, teacher.load = 0, self._new_load()
            self._open.setdefault(teacher.department, []).append(teacher)

    def assign(self, department: str, bits: int) -> tuple[Share, ...]:
        """Who gives a class with these times (bits of its slots): nobody yet, one person, or a team."""
        if self.rng.random() < NOBODY_SHARE:
            return ()
        percents = self.rng.choices(SPLITS, SPLIT_WEIGHTS)[0]
        team: list[Teacher] = []
        for _percent in percents:
            team.append(self._find(department, bits, team))
        return tuple(
            Share(teacher=teacher, percent=percent, is_primary=teacher is team[0])
            for teacher, percent in zip(team, percents, strict=True)
        )

    def _find(self, department: str, bits: int, team: list[Teacher]) -> Teacher:
        asked = self._open.setdefault(department, [])
        free = (one for one in asked[:ASKED] if not one.busy & bits and one not in team)
        teacher = next(free, None) or self._hire(department)
        teacher.busy |= bits
        teacher.load -= 1
        if not teacher.load:
            asked.remove(teacher)
        return teacher

    def _hire(self, department: str) -> Teacher:
        self._last_id += self.rng.randint(1, 60)
        teacher = Teacher(
            id=f"I{self._last_id:07d}",
            first_name=self.rng.choice(FIRST_NAMES),
            last_name=self.rng.choice(LAST_NAMES),
            email=f"i{self._last_id:07d}@example.edu",
            department=department,
            load=self._new_load(),
        )
        self.teachers.append(teacher)
        self._open[department].append(teacher)
        return teacher

    def _new_load(self) -> int:
        return self.rng.choices(LOADS, LOAD_WEIGHTS)[0]
