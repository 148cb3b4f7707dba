"""What a caller says is right where two sides of a merge conflict."""

from __future__ import annotations

from gitconfig_server.errors import InvalidChange
from gitconfig_server.formats.editing.edits import checked
from gitconfig_server.formats.editing.tree import node_of
from gitconfig_server.formats.merging.outcomes import Clash, ConflictChoice
from gitconfig_server.model.findings import Given, Keep, OnConflict, Resolution
from gitconfig_server.model.writes import WriteOptions


class Settling:
    """The resolutions of one request. ``ours``: which of the two sides is ours in this merge."""

    def __init__(self, options: WriteOptions, ours: Keep) -> None:
        self._said = dict(options.resolutions)
        self._otherwise = options.on_conflict
        self._ours = ours
        self._by_key: dict[str, set[tuple[str, int]]] = {}

    def of_path(self, path: bytes) -> bool | None:
        """Whether theirs is right about a whole file; None where nobody said."""
        said = self._said.get(path.decode(errors="replace")) or self._general()
        return None if said is None or isinstance(said, Given) else said is not self._ours

    def of_node(self, path: str, document: int, clash: Clash) -> ConflictChoice | None:
        """What is right about a node of a file."""
        said = self._said.get(f"{path}#{clash.key}") or self._named_alone(path, document, clash.key)
        said = said or self._said.get(path) or self._general()
        if said is None:
            return None
        if isinstance(said, Given):
            return ConflictChoice(value=node_of(checked(clash.key, said.value)))
        return ConflictChoice(ours=said is self._ours)

    def check(self) -> None:
        """Raise InvalidChange for a key alone that conflicts in several places."""
        for key, places in self._by_key.items():
            if len(places) > 1:
                named = ", ".join(sorted({f"{path}#{key}" for path, _ in places}))
                raise InvalidChange(f"{key} conflicts in several places: say {named}", f"/resolutions/{key}")

    def _named_alone(self, path: str, document: int, key: str) -> Resolution | None:
        if key in self._said:
            self._by_key.setdefault(key, set()).add((path, document))
        return self._said.get(key)

    def _general(self) -> Keep | None:
        return None if self._otherwise is OnConflict.FAIL else Keep(self._otherwise.value)
