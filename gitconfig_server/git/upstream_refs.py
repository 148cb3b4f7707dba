"""What is known of the upstream repository's labels, kept as private refs, and which labels belong to it.

``refs/gitconfig/upstream/heads/main`` is what ``main`` was there when both sides last agreed on it. It moves in one
transaction with the label, so a crash leaves no doubt about who has gone on since: it is the cursor of both directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from gitconfig_server.git.ref_names import PRIVATE, is_staged, label_of
from gitconfig_server.storage.base import Snapshot

_SEEN = PRIVATE + b"upstream/"


def seen_ref(ref: bytes) -> bytes:
    """The private ref that remembers a branch or tag of the upstream repository."""
    return _SEEN + ref.removeprefix(b"refs/")


def seen_labels(refs: Snapshot) -> dict[bytes, bytes]:
    """The branches and tags that both sides agreed on, as they were then."""
    return {b"refs/" + ref.removeprefix(_SEEN): at for ref, at in refs.items() if ref.startswith(_SEEN)}


class FollowedLabels(Struct, frozen=True):
    """Labels meant by globs, in which ``*`` also stands for slashes. Working branches are never among them."""

    globs: Sequence[str] = ()

    def match(self, ref: bytes) -> bool:
        """Whether a branch or tag of the upstream repository is one to follow."""
        label = label_of(ref)
        return label is not None and not is_staged(ref) and any(fnmatchcase(label, glob) for glob in self.globs)

    def cover(self, ref: bytes, refs: Snapshot) -> bool:
        """Whether ``ref`` follows the upstream repository, so that nobody else may move it.

        A label that only a wild glob means, and that upstream does not have, is our own. Before the first fetch nobody
        knows, and all that could be followed counts as followed.
        """
        if not self.match(ref):
            return False
        if seen_ref(ref) in refs or label_of(ref) in self.globs:
            return True
        return not any(one.startswith(_SEEN) for one in refs)
