"""Walking the commit graph in bulk, over any objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from gitconfig_server.errors import CorruptRepository
from gitconfig_server.storage.base import COMMIT, CommitFacts, Objects


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


def parents_in(raw: bytes) -> list[bytes]:
    """The parents that a commit's text names."""
    head = raw.partition(b"\n\n")[0].split(b"\n")
    return [line[7:47] for line in head[1:] if line.startswith(b"parent ")]


def _walk(objects: Objects, level: list[bytes], seen: set[bytes]) -> Iterator[CommitFacts]:
    level = [name for name in level if name not in seen]
    first = True
    while level:
        seen.update(level)
        if not first:  # a shallow history ends where parents are absent
            there = objects.contains_many(level)
            level = [name for name in level if name in there]
        facts = {name: read_facts(name, _commit(name, kind, raw)) for name, kind, raw in objects.get_many_raw(level)}
        yield from (facts[name] for name in level)
        parents = (parent for name in level for parent in facts[name].parents)
        level = [parent for parent in dict.fromkeys(parents) if parent not in seen]
        first = False


def _commit(name: bytes, kind: int, raw: bytes) -> bytes:
    if kind != COMMIT:
        raise KeyError(name)
    return raw
