"""A repository's folder as stock Git reads it: its own configuration, and the refs that name other refs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock

from dulwich.config import ConfigFile

from gitconfig_server.storage.disk.config import parsed
from gitconfig_server.storage.disk.os_errors import storage_error


class DiskFolder:
    """As ``GitFolder``. The configuration is read again when its file has changed."""

    def __init__(
        self,
        root: str,
        symbolic: Callable[[], Mapping[bytes, bytes]],
        generation_at_once: Callable[[], int | None],
    ) -> None:
        self.root = Path(root)
        self._file = self.root / "config"
        self._symbolic = symbolic
        self._generation_at_once = generation_at_once
        self._stamp: tuple[int, int, int] | None = None
        self._config = ConfigFile()
        self._lock = Lock()

    def symbolic(self) -> Mapping[bytes, bytes]:
        """As ``GitFolder.symbolic``."""
        return self._symbolic()

    def generation_at_once(self) -> int | None:
        """As ``GitFolder.generation_at_once``."""
        try:  # each known request asks: no context manager
            return self._generation_at_once()
        except OSError as error:
            raise storage_error(error, str(self.root)) from error

    def setting(self, section: bytes, name: bytes) -> Sequence[bytes]:
        """As ``GitFolder.setting``; files that the configuration includes are not read."""
        try:
            return list(self._read().get_multivar((section,), name))
        except KeyError:
            return []

    def _read(self) -> ConfigFile:
        with self._lock:
            try:
                status = self._file.stat()
                stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
                if stamp != self._stamp:
                    self._config, self._stamp = parsed(self._file.read_bytes()), stamp
            except FileNotFoundError:
                self._config, self._stamp = ConfigFile(), None
            return self._config
