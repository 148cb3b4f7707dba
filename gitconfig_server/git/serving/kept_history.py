"""The pack of the last whole clone, kept to begin the next one with: only what is younger is put together anew.

It is used where the commits that are asked for lead to all of its heads; so nothing leaves that no advertised ref
leads to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from msgspec import Struct

from gitconfig_server.errors import GitConfigError
from gitconfig_server.git.graph import Lineage, new_commits
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.serving.pack_contents import PackContents
from gitconfig_server.git.serving.pack_copy import PackCopy, finished
from gitconfig_server.git.serving.pack_writer import PackWriter, beyond
from gitconfig_server.storage.base import StoredRepository
from gitconfig_server.storage.objects import KeptPack, Objects

WORTH = 500
"""Objects from which on keeping a pack, or a new one with so many more, saves more than it costs."""

_MOST_BYTES = 1 << 30
"""A larger pack is not kept."""


class Beginning(Struct, frozen=True):
    """A kept pack, and the commits that are asked for beyond it, newest first."""

    kept: KeptPack
    commits: Sequence[bytes]


def find_beginning(
    stored: StoredRepository,
    objects: Objects,
    tips: Sequence[bytes],
    tags: Callable[[], Collection[bytes]] | None = None,
) -> Beginning | None:
    """What a clone of ``tips`` can begin with, None where nothing was kept that all of it leads to.

    ``tags`` tells the annotated ones that may be in it; None: any.
    """
    for kept in stored.kept_packs():
        allowed = tags is None or not kept.tags or kept.tags.issubset(tags())
        if allowed and len(objects.contains_many(kept.heads)) == len(kept.heads):
            lineage = Lineage(objects)
            commits = new_commits(lineage, tips, kept.heads)
            if kept.heads <= {*tips, *_parents(lineage, commits)}:
                return Beginning(kept, commits)
    return None


def heads_of(lineage: Lineage, commits: Sequence[bytes], beginning: Beginning | None) -> frozenset[bytes]:
    """Those commits of a whole history that are nobody's parent."""
    before = beginning.kept.heads if beginning else frozenset[bytes]()
    return before.union(commits) - frozenset(_parents(lineage, commits))


def is_worth(count: int, beginning: Beginning | None) -> bool:
    """Whether a pack of ``count`` objects is to be kept in place of the one that it began with."""
    before = beginning.kept.pack.count if beginning else 0
    return count - before >= max(WORTH, before // 10)


def keep_history(repository: GitRepository, tips: Sequence[bytes]) -> None:
    """Put together and keep the pack of all that ``tips`` lead to, where that is possible: it will be asked again."""
    objects = repository.objects
    if not repository.stored.writable or not repository.keeping.acquire(blocking=False):
        return
    try:
        lineage = Lineage(objects)
        commits = new_commits(lineage, tips, ())
        contents = PackContents(objects)
        for _ in contents.add_history(commits):
            continue
        begin = objects.whole_pack(contents.found)
        writer = PackWriter(objects, beyond(begin, contents.ids), begin=begin)
        with keeping(repository.stored, writer, writer.count, heads_of(lineage, commits, None)):
            for _ in writer.pieces():
                continue
    finally:
        repository.keeping.release()


@contextmanager
def keeping(
    stored: StoredRepository, writer: PackWriter, count: int, heads: Iterable[bytes], tags: Collection[bytes] = ()
) -> Iterator[None]:
    """Keep what ``writer`` writes meanwhile: ``count`` objects, all that ``heads`` lead to, and ``tags``.

    Failing is no harm.
    """
    if writer.whole:
        with suppress(OSError, GitConfigError):
            stored.note_heads(writer.whole, heads, tags)
        yield
        return
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(stored.scratch())
            copy = writer.copy = PackCopy(stack.enter_context((folder / "kept.pack").open("wb")), count, _MOST_BYTES)
        except (OSError, GitConfigError):
            copy = None
        yield
        if copy and (checksum := copy.finish()):
            with suppress(OSError, GitConfigError):
                stored.keep_pack(finished(folder / "kept.pack", copy, checksum), heads, tags)


def _parents(lineage: Lineage, commits: Iterable[bytes]) -> set[bytes]:
    return {parent for commit in commits for parent in lineage[commit][0]}
