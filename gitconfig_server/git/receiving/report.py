"""What became of each ref of a push (gitprotocol-pack, "Report Status")."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from gitconfig_server.errors import GitConfigError
from gitconfig_server.git.objects.commits import peel, tree_of
from gitconfig_server.git.objects.deadline import BoundedReader, Deadline
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.git.pkt_line import Mark, encode, one_line
from gitconfig_server.model.findings import Affected, Concerned
from gitconfig_server.storage.base import RefUpdate

_REASON_BYTES = 400
_MAX_CONCERNS = 5
"""Groups of environments that are told of one label, each with as many keys."""


class PushReport(Struct):
    """Filled while the push is decided; what nobody refused is ``ok``."""

    updates: Sequence[RefUpdate]
    unpack: str = "ok"
    refused: dict[bytes, str] = field(default_factory=dict)
    settled: set[bytes] = field(default_factory=set)
    """Refs that need no move."""

    def refuse(self, updates: Iterable[RefUpdate], reason: str) -> None:
        """Refuse those not refused yet."""
        for update in updates:
            self.refused.setdefault(update.ref, reason)

    def refuse_pack(self, reason: str) -> None:
        """Refuse everything, because of the objects."""
        self.unpack = reason
        self.refuse(self.updates, "unpacker error")

    def standing(self) -> list[RefUpdate]:
        """The updates that nobody has refused, and that are still to be made."""
        return [one for one in self.updates if one.ref not in self.refused and one.ref not in self.settled]

    def encoded(self, named: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The report as it stands on the wire, of all refs that were ``named``: as the client did, and as they are."""
        lines = [b"unpack " + _shown(self.unpack)]
        for name, ref in named:
            reason = _shown(self.refused.get(ref, ""))
            lines.append(b"ng %s %s" % (name, reason) if ref in self.refused else b"ok " + name)
        return b"".join(encode(line + b"\n") for line in lines) + Mark.FLUSH.value


def _shown(reason: str) -> bytes:
    return one_line(reason).encode()[:_REASON_BYTES]


def views_of(update: RefUpdate, objects: ObjectReader, deadline: Deadline) -> tuple[TreeView, TreeView] | None:
    """The trees that a ref leads from and to; None where either is not there, or is no commit's."""
    reader = BoundedReader(objects, deadline)
    try:
        old, new = (peel(reader, tip) if tip else None for tip in (update.old, update.new))
        trees = [TreeView(reader, tree_of(reader, commit)) for commit in (old, new) if commit]
    except GitConfigError:
        return None  # it is for telling alone
    return (trees[0], trees[1]) if len(trees) == 2 else None


def concern_lines(concerned: Concerned) -> list[str]:
    """Whom a change concerns: one line for all environments in which the same keys differ, the largest groups first."""
    groups: dict[tuple[tuple[str, ...], int], list[Affected]] = {}
    for one in concerned.affected:
        groups.setdefault((one.keys, one.count), []).append(one)
    found = sorted(groups.values(), key=len, reverse=True)
    lines = [_concerned(group) for group in found[:_MAX_CONCERNS]]
    if left := sum(map(len, found[_MAX_CONCERNS:])):
        lines.append(f"affects {left:,} more environments")
    if not concerned.everywhere:
        lines.append("who else is affected was not looked at: gitcfg diff --effective tells")
    return lines


def _concerned(group: Sequence[Affected]) -> str:
    first = group[0]
    keys = first.keys[:_MAX_CONCERNS]
    more = f" and {first.count - len(keys):,} more keys" if first.count > len(keys) else ""
    applications = len({one.application for one in group})
    place = f"{first.application}/{first.profile}"
    if len(group) > 1:
        shared = f"{applications:,} applications" if applications > 1 else f"{len(group):,} environments"
        place = f"{shared}, e.g. {place}"
    return f"affects {place}: {', '.join(keys)}{more}"
