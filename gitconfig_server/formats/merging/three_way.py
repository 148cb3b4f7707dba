"""Three-way merge of one document by its units: which of their changes go onto ours, and which of them conflict."""

from __future__ import annotations

from collections.abc import Iterator

from gitconfig_server.formats.editing.tree import ListNode, MapNode
from gitconfig_server.formats.merging.lists import merged_list
from gitconfig_server.formats.merging.outcomes import (
    Clash,
    ConflictChoice,
    Decide,
    KeyMoves,
    ListRule,
    Outcome,
    Why,
    as_one,
    nobody,
)
from gitconfig_server.formats.merging.units import MERGE, Unit, UnitPlace, Units, UnitValue, value_of

_EMPTY_MAP: UnitValue = ("map", (), ())


def merge_units(base: Units, ours: Units, theirs: Units, rule: ListRule = as_one, decide: Decide = nobody) -> Outcome:
    """What becomes of ``ours`` when what they changed since ``base`` is put onto it."""
    return _Merging(base, ours, theirs, rule, decide).outcome()


class _Merging:
    def __init__(self, base: Units, ours: Units, theirs: Units, rule: ListRule, decide: Decide) -> None:
        self._decide = decide
        self._base = base
        self._ours = ours
        self._theirs = theirs
        self._rule = rule
        self._found = Outcome(values={path: unit.value for path, unit in ours.by_path.items()})
        self._clashed: set[UnitPlace] = set()

    def outcome(self) -> Outcome:
        """The whole of it."""
        for path in self._changed_by_them():
            now, before = self._theirs.by_path.get(path), self._base.by_path.get(path)
            if now:
                self._put(now, before)
            elif before:
                self._remove(before)
        self._check_gone_parents()
        self._check_emptied()
        return self._found

    def _changed_by_them(self) -> Iterator[UnitPlace]:
        for path, unit in self._theirs.by_path.items():
            if self._base.at(path) != unit.value:
                yield path
        yield from (path for path in self._base.by_path if path not in self._theirs.by_path)

    def _put(self, now: Unit, before: Unit | None) -> None:
        """They have set something, or changed it."""
        here = self._ours.by_path.get(now.path)
        former = before or self._respelled(now, self._base)
        if here is None:
            here = self._respelled(former or now, self._ours) or self._elsewhere(now)
        if here is not None and here.value == now.value:
            return
        if here is not None and here.path != now.path and former is None:
            self._clash(Why.SPELLING, None, here, now)
        elif here is not None and former is not None and here.value == former.value:
            self._change(here.path, now)
        elif here is None and former is None:
            self._add(now)
        elif not self._merge_lists(former, here, now):
            self._clash(Why.CHANGED, former, here, now)

    def _respelled(self, unit: Unit, side: Units) -> Unit | None:
        """The same key in another spelling, the only one of it on that side, where it is not in theirs as well."""
        spelled = side.spelled(unit.key)
        if len(spelled) == 1 and spelled[0].path != unit.path and spelled[0].path not in self._theirs.by_path:
            return spelled[0]
        return None

    def _elsewhere(self, now: Unit) -> Unit | None:
        """Any other spelling of the key that we have: adding theirs would make it two."""
        spelled = [one for one in self._ours.spelled(now.key) if one.path != now.path]
        return spelled[-1] if spelled else None

    def _add(self, now: Unit) -> None:
        """They have something where we have nothing, and the base had nothing."""
        if now.value == _EMPTY_MAP and not all(self._gives_way(one) for one in self._ours.beneath(now.path)):
            return  # they took away all there was, and we have more
        if now.value == _EMPTY_MAP and now.path in self._base.maps and now.path not in self._ours.maps:
            self._clash(Why.STRUCTURE, None, None, now)  # we took away the map itself
            return
        standing = self._above(now.path, self._ours)
        if standing is not None and not self._gives_way(standing):
            self._clash(Why.STRUCTURE, self._base.by_path.get(standing.path), standing, now, standing)
            return
        if any(not self._gives_way(one) for one in self._ours.beneath(now.path)):
            self._clash(Why.STRUCTURE, None, None, now)
            return
        for one in self._base.beneath(now.path):
            if self._ours.at(one.path) is None and now.value != _EMPTY_MAP:
                self._clash(Why.STRUCTURE, one, None, now, now)
                return
        gone = self._missing_map(now.path, self._ours)
        replaced = self._above(now.path, self._base)
        if gone or (replaced is not None and self._is_gone(replaced)):
            self._clash(Why.STRUCTURE, replaced, None, now)
            return
        if standing is not None:
            self._found.values.pop(standing.path, None)
        self._change(now.path, now)

    def _is_gone(self, unit: Unit) -> bool:
        """Whether we have taken away what they have put something beneath."""
        is_filled = unit.value == _EMPTY_MAP and unit.path in self._ours.maps
        return self._ours.at(unit.path) is None and not is_filled

    def _above(self, path: UnitPlace, side: Units) -> Unit | None:
        """A unit of a side that stands where ``path`` needs a map."""
        return next((side.by_path[path[:end]] for end in range(1, len(path)) if path[:end] in side.by_path), None)

    def _gives_way(self, unit: Unit) -> bool:
        """Whether they took away what stands in their way here, and we left it as it was."""
        is_theirs = unit.path not in self._theirs.by_path and self._base.at(unit.path) == unit.value
        return is_theirs or (unit.value == _EMPTY_MAP and unit.path in self._theirs.maps)

    def _missing_map(self, path: UnitPlace, side: Units) -> bool:
        """Whether the innermost map on the way that the base had is gone on a side."""
        above = next((path[:end] for end in range(len(path) - 1, 0, -1) if path[:end] in self._base.maps), None)
        return above is not None and above not in side.maps and side.at(above) != _EMPTY_MAP

    def _remove(self, before: Unit) -> None:
        """They have taken something away, unless they only spell it otherwise."""
        if self._respelled_by(before, self._theirs):
            return
        here = self._ours.by_path.get(before.path) or self._respelled_by(before, self._ours)
        if here is None:
            is_filled = before.value == _EMPTY_MAP and before.path in self._theirs.maps
            replaced = self._above(before.path, self._ours)
            if replaced is not None and not self._is_alike_in(replaced):
                self._clash(Why.STRUCTURE, before, replaced, None, replaced)
            elif not is_filled and not self._is_alike_beneath(before.path):
                self._clash(Why.STRUCTURE, before, None, None)
        elif here.value == before.value:
            if not (before.value == _EMPTY_MAP and before.path in self._theirs.maps):
                self._change(here.path, None)
            else:
                self._found.values.pop(here.path, None)
        else:
            self._clash(Why.CHANGED, before, here, None)

    def _is_alike_in(self, ours: Unit) -> bool:
        """Whether they have the same where we have put it in place of a map, or at least a map where ours is empty."""
        is_filled = ours.value == _EMPTY_MAP and ours.path in self._theirs.maps
        return is_filled or self._theirs.at(ours.path) == ours.value

    def _is_alike_beneath(self, path: UnitPlace) -> bool:
        """Whether we put nothing beneath a place, or just what they did."""
        mine, other = (_said(side.beneath(path)) for side in (self._ours, self._theirs))
        return not mine or mine == other

    def _respelled_by(self, before: Unit, side: Units) -> Unit | None:
        """What a side has made of a unit's spelling, where that is all it changed."""
        spelled = [one for one in side.spelled(before.key) if one.path not in self._base.by_path]
        return spelled[0] if len(spelled) == 1 else None

    def _merge_lists(self, former: Unit | None, here: Unit | None, now: Unit) -> bool:
        """Whether the schema says how two changed lists become one, and they do."""
        if here is None or not (rule := self._rule(now.key)):
            return False
        lists = [_list_of(one) for one in (former, here, now)]
        merged = merged_list(rule, *lists)
        if merged is None:
            return False
        value = value_of(merged)
        self._found.changes.append(KeyMoves(here.path, {here.path[-1]: merged}))
        self._found.values[here.path] = value
        return True

    def _change(self, path: UnitPlace, unit: Unit | None) -> None:
        if path[-1] == MERGE:
            here = self._ours.by_path.get(path)
            self._clash(Why.ANCHOR, self._base.by_path.get(path), here, unit)
            return
        nodes = unit.nodes if unit else {}
        if len(nodes) == 1 and not self._ours.root.is_flat:
            nodes = dict(zip(path[-1:], nodes.values(), strict=True))
        self._found.changes.append(KeyMoves(path, nodes))
        if unit is None:
            self._found.values.pop(path, None)
        else:
            self._found.values[path] = unit.value

    def _clash(
        self, why: Why, base: Unit | None, ours: Unit | None, theirs: Unit | None, place: Unit | None = None
    ) -> None:
        """Note one at ``place``, else at the innermost unit; what lies beneath one that is known says no more."""
        unit = place or theirs or ours or base
        if unit is None or any(unit.path[:end] in self._clashed for end in range(1, len(unit.path) + 1)):
            return
        self._clashed.add(unit.path)
        clash = Clash(unit.path, unit.key, why, base, ours, theirs)
        choice = self._decide(clash)
        if choice is None:
            self._found.clashes.append(clash)
            return
        self._found.settled.append((clash, choice))
        if not choice.ours:
            self._settle(clash, choice)

    def _settle(self, clash: Clash, choice: ConflictChoice) -> None:
        """Let the place, and all beneath it, be as they have it, or hold the value that was chosen."""
        place = clash.ours.path if clash.ours else clash.path
        for path in [one for one in self._found.values if one[: len(place)] == place or one == place[: len(one)]]:
            self._change(path, None)
        if choice.value is not None:
            for unit in Units(MapNode({place[-1]: choice.value})).by_path.values():
                self._change((*place[:-1], *unit.path), unit)
            return
        if theirs := self._theirs.by_path.get(clash.path):
            self._change(place, theirs)
        for unit in self._theirs.beneath(clash.path):
            self._change(unit.path, unit)

    def _check_gone_parents(self) -> None:
        """What we added beneath a map that they removed."""
        for path, unit in self._ours.by_path.items():
            if path in self._base.by_path or len(path) < 2 or path in self._theirs.by_path:
                continue
            if self._missing_map(path, self._theirs) and self._respelled_by_us(unit) is None:
                self._clash(Why.STRUCTURE, None, unit, None)

    def _respelled_by_us(self, unit: Unit) -> Unit | None:
        return next(iter(self._base.spelled(unit.key)), None)

    def _check_emptied(self) -> None:
        """A map of which each side took away a part, so that nothing is left."""
        if not any(not change.nodes for change in self._found.changes):
            return
        living = {path[:end] for path in self._found.values for end in range(1, len(path) + 1)}
        for path in sorted(self._ours.maps - living - {()}, key=len, reverse=True):
            if path in self._theirs.maps and not any(path == one.path[: len(path)] for one in self._clashes()):
                removed = next(
                    (unit for unit in self._base.beneath(path) if unit.path not in self._theirs.by_path), None
                )
                self._clash(Why.STRUCTURE, removed, None, None)

    def _clashes(self) -> list[Unit]:
        return [unit for one in self._found.clashes for unit in (one.ours, one.theirs, one.base) if unit]


def _said(units: list[Unit]) -> dict[UnitPlace, UnitValue]:
    return {unit.path: unit.value for unit in units}


def _list_of(unit: Unit | None) -> ListNode | None:
    node = next(iter(unit.nodes.values()), None) if unit and len(unit.nodes) == 1 else None
    return node if isinstance(node, ListNode) else None
