"""Making names durable: those in a folder, and those of the folders that lead to it."""

from __future__ import annotations

from collections.abc import Iterable

from gitconfig_server.storage.disk_files import DiskFiles, folder_of


class DurableFolders:
    """Syncs folders under ``root`` and, the first time each is met, those above it: anybody may have made them."""

    def __init__(self, root: str, files: DiskFiles) -> None:
        self._files = files
        self._known = {root}

    def sync(self, folders: Iterable[str]) -> None:
        """Every name in ``folders`` is durable when this returns; of a folder that vanished, its vanishing is."""
        waiting, synced = set(folders), set[str]()
        while waiting:
            folder = max(waiting, key=len)
            waiting.remove(folder)
            if self._sync(folder):
                synced.add(folder)
            else:
                self._known.discard(folder)
            if folder not in self._known:
                waiting.add(folder_of(folder))
        self._known |= synced

    def _sync(self, folder: str) -> bool:
        try:
            self._files.sync_folder(folder)
        except FileNotFoundError:
            return False
        return True
