"""Which objects a client may ask for: what an advertised ref names, or leads to. Nothing else may leave."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence

from gitconfig_server.errors import MalformedRequest
from gitconfig_server.git.graph import new_commits
from gitconfig_server.git.objects.commits import parents_of, peel
from gitconfig_server.git.objects.reader import ObjectReader
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.git.serving.kept_history import find_beginning, keep_history
from gitconfig_server.git.serving.pack_contents import PackContents
from gitconfig_server.storage.objects import COMMIT, TAG


def check_wants(repository: GitRepository, refs: Mapping[bytes, bytes], wants: Collection[bytes]) -> None:
    """MalformedRequest for an id that none of the advertised ``refs`` leads to."""
    others = set(wants) - set(refs.values())
    if others and (lost := others - reachable(repository, refs, others)):
        raise MalformedRequest(f"not our ref {min(lost).decode()}")


def reachable(repository: GitRepository, refs: Mapping[bytes, bytes], names: Collection[bytes]) -> set[bytes]:
    """Those of ``names`` (hex, of any type) that ``refs`` lead to. Quick for what is near a tip."""
    objects = repository.objects
    kinds = {name: kind for name, kind, _ in objects.get_many_raw(objects.contains_many(names))}
    tips = {commit for at in refs.values() if (commit := peel(objects, at))}
    commits = {name for name, kind in kinds.items() if kind == COMMIT}
    parts = {name for name, kind in kinds.items() if kind not in (COMMIT, TAG)}
    found = _commits_among(objects, tips, commits) if commits else set[bytes]()
    return found | (_parts_among(repository, sorted(tips), parts) if parts else set())


def _commits_among(objects: ObjectReader, tips: set[bytes], wanted: set[bytes]) -> set[bytes]:
    """Newest first; a "no" walks all of history."""
    found: set[bytes] = set()
    seen = set(tips)
    queue = [(-parents_of(objects, tip)[1], tip) for tip in tips]
    heapq.heapify(queue)
    while queue and found != wanted:
        _, commit = heapq.heappop(queue)
        found |= {commit} & wanted
        for parent in set(parents_of(objects, commit)[0]) - seen:
            seen.add(parent)
            heapq.heappush(queue, (-parents_of(objects, parent)[1], parent))
    return found


def _parts_among(repository: GitRepository, tips: Sequence[bytes], wanted: set[bytes]) -> set[bytes]:
    """Trees and files: first those of the tips, which a partial clone checks out; then in a pack that is kept."""
    objects = repository.objects
    contents = PackContents(objects)
    if _exhaust(contents.add_history(tips), contents, wanted):
        return wanted
    beginning = find_beginning(repository.stored, objects, tips)
    if beginning is None:
        keep_history(repository, tips)
        beginning = find_beginning(repository.stored, objects, tips)
    if beginning is None:
        _exhaust(contents.add_history(new_commits(objects, tips, ())), contents, wanted)
        return {name for name in wanted if name in contents}
    _exhaust(contents.add_new(beginning.commits, frozenset()), contents, wanted)
    pack = beginning.kept.pack
    return {name for name in wanted if name in contents or bytes.fromhex(name.decode()) in pack}


def _exhaust(counts: Iterator[int], contents: PackContents, wanted: set[bytes]) -> bool:
    """Collect until all that is wanted was found; whether it was."""
    for _ in counts:
        if all(name in contents for name in wanted):
            return True
    return all(name in contents for name in wanted)
