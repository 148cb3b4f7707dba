"""A repository's folder as stock Git reads it: its own configuration, and the refs that name other refs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock

from dulwich.config import ConfigFile

from gitconfig_server.storage.disk.config import shared_mode, stretches
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
        self._config: Sequence[ConfigFile] = []
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

    def settings(self, *names: tuple[bytes, bytes]) -> Sequence[bytes]:
        """As ``GitFolder.settings``; files that the configuration includes are not read."""
        return [found for one in self._read() for section, name in names for found in _values(one, section, name)]

    def shared_mode(self) -> int:
        """As ``config.shared_mode``, of what the configuration says now."""
        return shared_mode([b"umask", *self.settings((b"core", b"sharedRepository"))][-1])

    def _read(self) -> Sequence[ConfigFile]:
        with self._lock:
            try:
                status = self._file.stat()
                stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
                if stamp != self._stamp:
                    self._config, self._stamp = stretches(self._file.read_bytes()), stamp
            except FileNotFoundError:
                self._config, self._stamp = [], None
            return self._config


def _values(config: ConfigFile, section: bytes, name: bytes) -> list[bytes]:
    try:
        return list(config.get_multivar((section,), name))
    except KeyError:
        return []
