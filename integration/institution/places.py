"""Buildings and rooms, built as the timetable needs them."""

from dataclasses import dataclass, field
from random import Random

from .plan import Building, Kind, Room
from .vocabulary import BUILDING_KINDS, BUILDING_NAMES
from .week import Slot

MAIN, NORTH, ONLINE = "MAIN", "NORTH", "ONLINE"
ONLINE_PLACE = Building(code="Online", name="Online", campus=ONLINE)
SIZES = (6, 12, 18, 24, 32, 40, 60, 90, 130, 250, 450)
"""Seats up to which a class is given a room of the same shelf."""
HALL_SEATS = 100
ROOMS_IN_BUILDING, ROOMS_ON_FLOOR = 24, 8
NORTH_EVERY = 6
TRIES = 6
"""How many of its favourite times a class tries to find a room for, before one is built for the first."""


@dataclass(kw_only=True, slots=True)
class Shelf:
    """The rooms of one kind and size; `full`: how many of them, from the first, are known taken at a slot."""

    rooms: list[Room] = field(default_factory=list)
    full: dict[Slot, int] = field(default_factory=dict)

    def free(self, slot: Slot) -> Room | None:
        """A room that is free then. Rooms only fill up in a term, so none is ever asked again."""
        at = self.full.get(slot, 0)
        while at < len(self.rooms) and self.rooms[at].busy & slot.bits:
            at += 1
        self.full[slot] = at
        return self.rooms[at] if at < len(self.rooms) else None


@dataclass(kw_only=True)
class Places:
    """All buildings and rooms; rooms are taken for one term at a time."""

    rng: Random
    buildings: list[Building] = field(default_factory=lambda: [ONLINE_PLACE])
    rooms: list[Room] = field(default_factory=list)
    _shelves: dict[tuple[str, int], Shelf] = field(default_factory=dict)
    _campus_of: dict[str, str] = field(default_factory=dict)

    def begin_term(self) -> None:
        """Every room is free again."""
        for room in self.rooms:
            room.busy = 0
        for shelf in self._shelves.values():
            shelf.full.clear()

    def campus_of(self, room: Room) -> str:
        """The campus a room is on."""
        return self._campus_of[room.building]

    def book(self, kind: Kind, seats: int, slots: tuple[Slot, ...]) -> tuple[Slot, Room]:
        """Take a fitting room at one of the slots; it is built if those there are taken."""
        wanted = "LAB" if kind is Kind.LAB else "HALL" if seats > HALL_SEATS else "CLASSROOM"
        size = next(size for size in SIZES if size >= seats)
        shelf = self._shelves.setdefault((wanted, size), Shelf())
        tried = self.rng.choices(slots, [slot.weight for slot in slots], k=TRIES)
        for slot in tried:
            room = shelf.free(slot)
            if room is not None:
                break
        else:
            slot, room = tried[0], self._build(wanted, size)
            shelf.rooms.append(room)
        room.busy |= slot.bits
        return slot, room

    def _build(self, kind: str, size: int) -> Room:
        place = len(self.rooms) % ROOMS_IN_BUILDING
        if place == 0:
            self._open_building()
        floor, door = divmod(place, ROOMS_ON_FLOOR)
        room = Room(
            building=self.buildings[-1].code,
            number=f"{floor + 1}{2 * door + 1:02d}",
            capacity=size + self.rng.randint(0, size // 8),
            kind=kind,
        )
        self.rooms.append(room)
        return room

    def _open_building(self) -> None:
        number = len(self.buildings) - 1
        kind, place = divmod(number, len(BUILDING_NAMES))
        name, noun = BUILDING_NAMES[place], BUILDING_KINDS[kind % len(BUILDING_KINDS)]
        code = name[:3].upper() + (str(kind + 1) if kind else "")
        campus = NORTH if number % NORTH_EVERY == NORTH_EVERY - 1 else MAIN
        self.buildings.append(Building(code=code, name=f"{name} {noun}", campus=campus))
        self._campus_of[code] = campus
