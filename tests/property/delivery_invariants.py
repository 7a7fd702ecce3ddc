"""What must hold when the world of `delivery_model` has healed (MERGE.md, Invariants)."""

from integration.linkstate import baseline_of
from tests.property.delivery_guards import HERE, NAMES, SCALARS, TEAM, THERE, WHOLE, Guard, Violation
from tests.property.delivery_sis import members


def check_all(world):
    """Raise `Violation` for the first invariant that does not hold."""
    _require(world.sis.creates <= 1, "created twice")
    _check_removals(world)
    _check_conflicts(world)
    for name in SCALARS:
        _check_last_writes(world, name)
    if world.row and world.sis.rows:
        _check_convergence(world)
        _check_team(world)
    _check_idempotence(world)


def _require(condition, what, *details):
    if not condition:
        raise Violation(" ".join(map(str, (what, *details))))


def _writes(world, side, name):
    return [write for write in world.history if (write.side, write.name) == (side, name)]


def _check_removals(world):
    """Guarded removal: only people remove, both sides follow, and an edit that was not seen holds it."""
    _require(world.removed or (world.row and world.sis.rows), "removed, but by nobody")
    if WHOLE in world.held:
        _require(world.removed, "a removal is held, but nobody removed anything")
        _require(_unseen_edits(world), "false conflict: a removal is held, but nothing was edited")
    else:
        _require(bool(world.row) is bool(world.sis.rows), "on one side only")


def _unseen_edits(world):
    """What people wrote on the side that did not remove the record, and both sides never agreed on."""
    side = THERE if HERE in world.removed else HERE
    return [
        write
        for write in world.history
        if write.side == side and (write.name == TEAM or (write.name, write.value) not in world.agreed)
    ]


def _check_conflicts(world):
    """No false conflict: what was called one was written by somebody in the SIS."""
    for name, ours, theirs in world.logged:
        if name in SCALARS:
            written = {write.value for write in _writes(world, THERE, name)}
            _require(theirs in written, "false conflict", name, ours, theirs)


def _check_last_writes(world, name):
    """No lost update: each side's last value is live, or gave way to a later write, or is kept.

    Of a record that was removed it was agreed on before, or it was the remover's own.
    """
    rows = [world.row] if world.row else []
    live = {row.values[name] for row in [*rows, *world.sis.rows.values()]}
    kept = {value for logged, *values in world.logged if logged == name for value in values}
    is_removed = not (world.row and world.sis.rows)
    for side, other in ((HERE, THERE), (THERE, HERE)):
        for write in _writes(world, side, name)[-1:]:
            gave_way = any(later.at > write.at for later in _writes(world, other, name))
            is_consent = side in world.removed or (name, write.value) in world.agreed
            is_fine = write.value in live | kept | _permitted(world) or gave_way
            _require(is_fine or (is_removed and is_consent), "lost update", side, name, write.value)


def _permitted(world):
    """Edits of the SIS that a write covered between our read and it, where no token prevents that."""
    if world.kind.has_token or not world.keeps(Guard.TOKEN):
        return set()
    return world.sis.covered & {write.value for write in world.history if write.side == THERE}


def _check_team(world):
    """No lost update in a set: people are only ever added, and all of them are on both sides."""
    added = {write.value for write in world.history if write.name == TEAM} - _permitted(world)
    here = set(world.row.values[TEAM])
    there = {one for row in world.sis.rows.values() for one in row.values[TEAM]}
    _require(added <= here & there or TEAM in world.held, "lost update", TEAM, added - (here & there))


def _check_convergence(world):
    """Both sides hold the same, it is what the base says, and somebody wrote it."""
    ours, theirs = world.row.values, world.sis.rows[world.link.sis_id].values
    base = baseline_of(world.link)
    for name in NAMES:
        if world.held & {name, WHOLE}:
            continue
        _require(ours[name] == theirs[name], "diverged", name, ours[name], theirs[name])
        _require(base.ours_of(name) == ours[name], "dishonest base", name, base.ours_of(name), ours[name])
        written = {write.value for write in world.history if write.name == name}
        _require(members(ours[name]) <= written, "invented value", name, ours[name])


def _state(world):
    link = world.link
    agreement = (link.state, link.sis_id, link.baseline, link.baseline_theirs, link.sent)
    return repr((world.row, world.sis.rows, world.sis.writes, agreement, world.held))


def _check_idempotence(world):
    """Where nothing changed, nothing is written on either side, however often it is looked at."""
    before = _state(world)
    world.deliver()
    world.look()
    world.night()
    _require(_state(world) == before, "written without need", before, _state(world))
