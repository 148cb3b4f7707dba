"""Packs of whole histories, to be sent again: copies that nobody would miss, and notes on packs that are stored."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from threading import Lock

from gitconfig_server.errors import GitConfigError
from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.disk.objects.pack_file import PackFile
from gitconfig_server.storage.objects import KeptPack, WholePack

_MOST = 2
"""How many are kept: clones of all labels, and of one alone, come in turn."""

_PREFIX, _HEADS = "kept-", ".json"
_PACK = "pack"
"""The member of a note that names a stored pack; without it, and in a list of heads, a copy beside it is meant."""

_Kept = tuple[frozenset[bytes], frozenset[bytes], PackFile | str]
"""Heads, tags, and a copy of what they are and lead to or the name of a stored pack."""


class KeptPacks:
    """Those in one folder. Each has a file of heads, which is written last: without it the pack is not there.

    ``stored`` answers packs of the repository itself.
    """

    def __init__(self, folder: Path, files: DiskFiles, stored: Callable[[], Collection[PackFile]] = tuple) -> None:
        self._folder = folder
        self._files = files
        self._stored = stored
        self._known: dict[str, _Kept] = {}
        self._lock = Lock()

    def open(self) -> list[KeptPack]:
        """The last one first, then what git has noted; what cannot be read is as if it were not there."""
        stored = {pack.path.name: pack for pack in self._stored()}
        with self._lock:
            found = {path.name: self._known.get(path.name) or _read(path) for path in self._newest_first()}
            self._known = {name: kept for name, kept in found.items() if kept}
            placed = [
                (heads, stored.get(pack) if isinstance(pack, str) else pack, tags)
                for heads, tags, pack in self._known.values()
            ]
        noted = [(pack.noted.heads, pack, pack.noted.tags) for pack in stored.values() if pack.noted.heads]
        return [KeptPack(heads, pack, tags) for heads, pack, tags in (*placed, *noted) if pack]

    def keep(self, pack: Path, heads: Iterable[bytes], tags: Iterable[bytes] = ()) -> None:
        """Move a pack with its index here; the oldest ones go."""
        target = self._target(pack.stem)
        aside = pack.with_suffix(_HEADS)
        self._files.create(str(aside), json.dumps(_note(heads, tags)).encode())
        sources = [pack, pack.with_suffix(".idx"), aside]
        self._files.sync_files(list(map(str, sources)))
        for source in sources:  # the heads last; no folder is synced, since losing a copy is no harm
            self._files.rename(str(source), f"{target}{source.suffix}")
        self._forget_old()

    def note(self, pack: WholePack, heads: Iterable[bytes], tags: Iterable[bytes] = ()) -> None:
        """Know a stored pack for what ``heads`` lead to, as long as it is there; the oldest ones go."""
        if isinstance(pack, PackFile):
            content = json.dumps({_PACK: pack.path.name, **_note(heads, tags)}).encode()
            self._files.create(f"{self._target(pack.path.stem)}{_HEADS}", content)
            self._forget_old()

    def close(self) -> None:
        """Close the copies."""
        with self._lock:
            for *_, pack in self._known.values():
                if isinstance(pack, PackFile):
                    pack.close()
            self._known = {}

    def _target(self, name: str) -> Path:
        return self._folder / f"{_PREFIX}{time.time_ns():020}-{name.removeprefix('pack-')}"

    def _newest_first(self) -> list[Path]:
        return sorted(self._folder.glob(f"{_PREFIX}*{_HEADS}"), reverse=True)  # their names begin with the time

    def _forget_old(self) -> None:
        for heads in self._newest_first()[_MOST:]:
            for path in (heads, heads.with_suffix(".idx"), heads.with_suffix(".pack")):
                self._files.unlink(str(path))


def _read(path: Path) -> _Kept | None:
    try:
        content = json.loads(path.read_bytes())
        note = content if isinstance(content, dict) else {"heads": content}
        heads = frozenset(head.encode() for head in note["heads"])
        tags = frozenset(map(bytes.fromhex, note.get("tags", ())))
        name = note.get(_PACK)
        return heads, tags, str(name) if name else PackFile(path.with_suffix(".pack"))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, GitConfigError):
        return None


def _note(heads: Iterable[bytes], tags: Iterable[bytes]) -> dict[str, list[str]]:
    return {"heads": sorted(head.decode() for head in heads), "tags": sorted(tag.hex() for tag in tags)}
