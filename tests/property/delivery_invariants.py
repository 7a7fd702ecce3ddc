"""What must hold when the world of `delivery_model` has healed (MERGE.md, Invariants)."""

from integration.linkstate import baseline_of
from integration.models import LinkState
from tests.property.delivery_model import HERE, SCALARS, TEAM, THERE, Violation


def check_all(world):
    """Raise `Violation` for the first invariant that does not hold."""
    for key in world.links:
        _check_created_once(world, key)
        _check_both_or_neither(world, key)
        _check_removals(world, key)
        for name in SCALARS:
            _check_no_lost_update(world, key, name)
        if _is_linked(world, key):
            _check_convergence(world, key)
            _check_team(world, key)
    _check_conflicts(world)
    _check_idempotence(world)


def _is_linked(world, key):
    return key in world.rows and world.links[key].sis_id in world.sis.rows


def _is_held_whole(world, key):
    return "the whole record" in world.held[key]


def _require(condition, what, key, *details):
    if not condition:
        raise Violation(f"{what}: record {key} {' '.join(map(str, details))}")


def _check_created_once(world, key):
    ref = world.links[key].client_ref
    _require(world.sis.created[ref] <= 1, "created twice", key)


def _check_both_or_neither(world, key):
    link = world.links[key]
    is_there = bool(world.sis.find(link.client_ref))
    if _is_held_whole(world, key):
        return
    _require(is_there is (key in world.rows), "on one side only", key, link.state)


def _check_removals(world, key):
    is_here, is_there = key in world.rows, bool(world.sis.find(world.links[key].client_ref))
    by_people = (HERE, key) in world.removed or (THERE, key) in world.removed
    _require(by_people or (is_here and is_there), "removed, but by nobody", key)
    if _is_held_whole(world, key):
        _require(by_people, "a removal is held, but nobody removed anything", key)
        edited = THERE if (HERE, key) in world.removed else HERE
        _require(
            any(w.side == edited and w.key == key for w in world.history), "held without an edit", key
        )


def _check_no_lost_update(world, key, name):
    """Each side's last value is live, or gave way to a later write, or was agreed on before a removal, or is kept."""
    live = set()
    if key in world.rows:
        live.add(world.rows[key].values[name])
    for sis_id in world.sis.find(world.links[key].client_ref):
        live.add(world.sis.rows[sis_id].values[name])
    kept = {value for k, n, *values in world.logged if (k, n) == (key, name) for value in values}
    is_whole = _is_linked(world, key)
    for side, other in ((HERE, THERE), (THERE, HERE)):
        writes = [w for w in world.history if (w.side, w.key, w.field) == (side, key, name)]
        if not writes or writes[-1].value in live | kept:
            continue
        last = writes[-1]
        if any((w.side, w.key, w.field) == (other, key, name) and w.at > last.at for w in world.history):
            continue
        if not is_whole and _is_gone_with_consent(world, key, last):
            continue
        if side == THERE and not world.kind.has_token and last.value in world.sis.overwritten:
            continue  # the one permitted loss
        raise Violation(f"lost update: record {key} {name}={last.value}")


def _is_gone_with_consent(world, key, last):
    """Whoever removed the record had that value before them, or removed their own edit."""
    return (last.side, key) in world.removed or (key, last.field, last.value) in world.agreed


def _check_team(world, key):
    """Items are only ever added: all of them are on both sides."""
    added = {w.value for w in world.history if w.key == key and w.field == TEAM}
    if not world.kind.has_token:
        added -= world.sis.overwritten
    here = set(world.rows[key].values[TEAM])
    there = set(world.sis.rows[world.links[key].sis_id].values[TEAM])
    _require(added <= here & there, "lost update", key, TEAM, added - (here & there))


def _check_convergence(world, key):
    link = world.links[key]
    ours, theirs = world.rows[key].values, world.sis.rows[link.sis_id].values
    base = baseline_of(link).values
    written = {w.value for w in world.history if w.key == key}
    for name in (*SCALARS, TEAM):
        if name in world.held[key]:
            continue
        _require(ours[name] == theirs[name], "diverged", key, name, ours[name], theirs[name])
        _require(base[name] == ours[name], "dishonest base", key, name, base[name], ours[name])
        found = set(ours[name]) if name == TEAM else {ours[name]}
        _require(found <= written, "invented value", key, name, found - written)


def _check_conflicts(world):
    """What was called a conflict was written by somebody in the SIS and by somebody here."""
    for key, name, ours, theirs in world.logged:
        if name in SCALARS:
            sides = {(w.side, w.value) for w in world.history if (w.key, w.field) == (key, name)}
            _require((THERE, theirs) in sides, "false conflict", key, name, ours, theirs)


def _state(world):
    links = [
        (link.state, link.sis_id, link.baseline, link.baseline_theirs, link.sent)
        for link in world.links.values()
    ]
    return repr((world.rows, world.sis.rows, links))


def _check_idempotence(world):
    """Where nothing changed, nothing is written, however often it is looked at."""
    before, writes = _state(world), world.sis.writes
    for key in world.links:
        world.deliver(key)
    world.look()
    world.night()
    _require(world.sis.writes == writes, "written without need", "", world.sis.writes - writes)
    _require(_state(world) == before, "changed without need", "", before, _state(world))


def is_retired(link):
    return link.state == LinkState.RETIRED
