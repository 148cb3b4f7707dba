"""What an environment was made from, so that one can tell later whether it is still right."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gitconfig_server.catalogue import Reading
from gitconfig_server.config.heads import Heads
from gitconfig_server.config.labels import Located
from gitconfig_server.config.resolution.kept_environments import Resolved
from gitconfig_server.git.commits import tree_of
from gitconfig_server.git.lookups import Differences
from gitconfig_server.git.objects import ObjectReader


@dataclass(frozen=True, slots=True)
class Present:
    """What a basis is compared with."""

    objects: ObjectReader
    heads: Heads
    differences: Differences


@dataclass(frozen=True, slots=True)
class TreeBasis:
    """A ``Basis``: where ``reading`` led, and what was resolved there."""

    present: Present
    reading: Reading
    located: Located
    resolved: Resolved

    @property
    def commit(self) -> str:
        """The commit that was read."""
        return self.located.commit.decode()

    def renewed(self) -> TreeBasis | None:
        """As ``Basis.renewed``."""
        now = self.present.heads.locate(self.reading)
        if now == self.located:
            return self
        tree = tree_of(self.present.objects, now.commit)
        if now.ref != self.located.ref or not self.resolved.holds_in(tree, self.present.differences):
            return None
        return replace(self, located=now)
