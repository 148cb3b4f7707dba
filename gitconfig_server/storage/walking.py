"""Walking the commit graph in bulk, over any objects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.storage.objects import COMMIT, CommitFacts, Objects

_COMMITTED = re.compile(rb"^committer .*> (\d{1,19}) ", re.MULTILINE)
_LATEST = (1 << 62) - 1
_SUBMODULE = b"160000"


def walk_commits(
    objects: Objects, tips: Iterable[bytes], stop: Iterable[bytes] = (), limit: int | None = None
) -> Iterator[CommitFacts]:
    """As ``StoredRepository.commits``: one batch a generation."""
    return islice(_walk(objects, list(dict.fromkeys(tips)), set(stop)), limit)


def read_facts(name: bytes, raw: bytes) -> CommitFacts:
    """What a commit's text says of its place in the graph; CorruptRepository where it cannot be read."""
    head = raw.partition(b"\n\n")[0].split(b"\n")
    try:
        tree = head[0].removeprefix(b"tree ")
        parents = tuple(line[7:47] for line in head[1:] if line.startswith(b"parent "))
        committer = next(line for line in head if line.startswith(b"committer "))
        return CommitFacts(name, tree, parents, int(committer.rsplit(b" ", 2)[1]))
    except (IndexError, StopIteration, ValueError) as error:
        raise CorruptRepository(f"commit {name.decode()} cannot be read: {error!r}") from error


def time_of(raw: bytes) -> int:
    """The committer's time that a commit's text tells, 0 where it tells none that a database could hold."""
    found = _COMMITTED.search(raw.partition(b"\n\n")[0])
    return min(int(found[1]), _LATEST) if found else 0


def entries_in(raw: bytes) -> Iterator[bytes]:
    """What a tree names, but for commits of other repositories; ValueError where it is none."""
    place = 0
    while place < len(raw):
        end = raw.index(b"\0", place)
        if not raw.startswith(_SUBMODULE, place):
            yield raw[end + 1 : end + 21].hex().encode()
        place = end + 21


def parents_in(raw: bytes) -> list[bytes]:
    """The parents that a commit's text names."""
    head = raw.partition(b"\n\n")[0].split(b"\n")
    return [line[7:47] for line in head[1:] if line.startswith(b"parent ")]


def _walk(objects: Objects, level: list[bytes], seen: set[bytes]) -> Iterator[CommitFacts]:
    level = [name for name in level if name not in seen]
    first = True
    while level:
        seen.update(level)
        facts = _facts(objects, level, tips=first)
        yield from (facts[name] for name in level if name in facts)
        parents = (parent for name in level if name in facts for parent in facts[name].parents)
        level = [parent for parent in dict.fromkeys(parents) if parent not in seen]
        first = False


def _facts(objects: Objects, names: Sequence[bytes], *, tips: bool) -> dict[bytes, CommitFacts]:
    """Those of a generation; a shallow history ends where parents are absent."""
    try:
        found = list(objects.get_many_raw(names))
    except KeyError:
        if tips:
            raise
        found = list(objects.get_many_raw(objects.contains_many(names)))
    return {name: read_facts(name, _commit(name, kind, raw)) for name, kind, raw in found}


def _commit(name: bytes, kind: int, raw: bytes) -> bytes:
    if kind != COMMIT:
        raise KeyError(name)
    return raw
