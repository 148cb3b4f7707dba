"""A backend that keeps each source in a file: ``<root>/<label>/<application>-<profile>.yaml`` (or yml, or json)."""

from __future__ import annotations

import builtins
import os
import tempfile
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import anyio.to_thread

from gitconfig_server.backend import ConfigSource
from gitconfig_server.backends.names import check_names, check_source
from gitconfig_server.config.names.file_names import read_backwards
from gitconfig_server.errors import InvalidName, StorageError
from gitconfig_server.formats.nested_text import read_nested, write_nested

_EXTENSIONS = ("yaml", "yml", "json")
"""The first that exists counts."""

_LONGEST_STEM = 250
"""Bytes; with an extension it is the name of a file."""

_NEW = "json"
_MAIN = "main"


class FilesystemConfigBackend:
    """A ``ConfigBackend`` over folders. All locations are made where they do not exist.

    A label is a folder; a file directly beneath a location serves every label that has no file of its own. Of several
    ``search_locations``, the strongest first, each key at the top comes from the strongest that has it. Only ``root``
    is written and listed; it is the strongest where it is not among them. Symbolic links are not followed.
    """

    def __init__(self, root: str | Path, *, search_locations: Sequence[str | Path] | None = None) -> None:
        self._root = Path(root)
        others = [Path(location) for location in search_locations or ()]
        self._locations = others if self._root in others else [self._root, *others]
        self._lock = threading.Lock()
        for location in self._locations:
            try:
                location.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise _failed(location, error) from error

    async def fetch(self, application: str, profile: str, label: str = _MAIN) -> ConfigSource | None:
        """The stored source, or None where no location has a file. Raises InvalidName, InvalidContent."""
        check_names(application, profile, label)
        return await anyio.to_thread.run_sync(self._fetch, application, profile, label)

    async def save(self, source: ConfigSource) -> None:
        """Store ``source`` whole, in the file and format that stand there, else as JSON.

        Duplicates in other formats are removed, so that none shadows it; other labels keep what they have. Comments
        stay where the file can be edited, and go where it has to be written anew. Raises InvalidName, InvalidChange for
        what no file can hold, StorageError.
        """
        source = replace(source, properties=check_source(source))
        await anyio.to_thread.run_sync(self._save, source)

    async def list(self) -> builtins.list[ConfigSource]:
        """Every source beneath ``root``, sorted by file. Raises InvalidContent for a file that cannot be read."""
        return await anyio.to_thread.run_sync(self._list)

    def _fetch(self, application: str, profile: str, label: str) -> ConfigSource | None:
        stem = _stem(application, profile)
        found = [
            (file, file.relative_to(location).as_posix())
            for location in self._locations
            if (file := _first(location, _candidates(location, label, stem)))
        ]
        if not found:
            return None
        source = ConfigSource(application, profile, label)
        for file, shown in reversed(found):
            source.properties.update(_read(file, shown))
        return source

    def _save(self, source: ConfigSource) -> None:
        stem = _stem(source.application, source.profile)
        folder = self._root / source.label
        with self._lock:
            own = [file for file in _in_folder(folder, stem) if _is_plain(self._root, file)]
            shared = _first(self._root, _in_folder(self._root, stem))
            file = own[0] if own else folder / f"{stem}.{shared.suffix[1:] if shared else _NEW}"
            standing = file.read_bytes() if own else None
            content = write_nested(file.name, source.properties, standing)
            try:
                _make_folder(self._root, file.parent)
                _replace(file, content)
                for duplicate in own[1:]:
                    duplicate.unlink()
            except OSError as error:
                raise _failed(file, error) from error

    def _list(self) -> builtins.list[ConfigSource]:
        found: dict[tuple[str, str, str], ConfigSource] = {}
        for folder, below, names in os.walk(self._root):
            below[:] = sorted(name for name in below if not name.startswith("."))
            files = sorted(Path(folder, name) for name in names if Path(name).suffix[1:] in _EXTENSIONS)
            stems = {file.stem for file in files}
            label = Path(folder).relative_to(self._root).as_posix()
            for file in files:
                key = (*_names(file.stem, stems), _MAIN if label == "." else label)
                if key in found or not _can_be_asked_for(key) or not _is_plain(self._root, file):
                    continue
                if source := self._fetch(*key):
                    found[key] = source
        return builtins.list(found.values())


def _stem(application: str, profile: str) -> str:
    stem = f"{application}-{profile}"
    if len(stem.encode()) > _LONGEST_STEM:
        raise InvalidName("application", stem[:80], f"with its profile it is longer than {_LONGEST_STEM} bytes")
    return stem


def _can_be_asked_for(names: tuple[str, str, str]) -> bool:
    try:
        check_names(*names)
    except InvalidName:
        return False
    return True


def _candidates(location: Path, label: str, stem: str) -> Iterator[Path]:
    yield from _in_folder(location / label, stem)
    yield from _in_folder(location, stem)


def _in_folder(folder: Path, stem: str) -> Iterator[Path]:
    return (folder / f"{stem}.{extension}" for extension in _EXTENSIONS)


def _names(stem: str, siblings: Collection[str]) -> tuple[str, str]:
    """Application and profile of a stem; every stem has both here, so the last dash decides where nothing else does."""
    application, profile = read_backwards(stem, siblings)
    if f"{application}-{profile}" == stem:
        return application, profile
    application, _, profile = stem.rpartition("-")
    return (application, profile) if application else (stem, "default")


def _first(location: Path, files: Iterator[Path]) -> Path | None:
    return next((file for file in files if _is_plain(location, file)), None)


def _is_plain(location: Path, file: Path) -> bool:
    """Whether there is a file, and no symbolic link on the way to it from ``location``."""
    try:
        return file.is_file() and not _link_on_the_way(location, file)
    except OSError as error:
        raise _failed(file, error) from error


def _link_on_the_way(location: Path, path: Path) -> Path | None:
    while path != location:
        if path.is_symlink():
            return path
        path = path.parent
    return None


def _make_folder(location: Path, folder: Path) -> None:
    link = _link_on_the_way(location, folder)
    if link:
        raise StorageError(f"{link.name}: is a symbolic link, which is not followed", inside=str(link))
    folder.mkdir(parents=True, exist_ok=True)


def _read(file: Path, shown: str) -> dict[str, object]:
    try:
        return read_nested(shown, file.read_bytes())
    except OSError as error:
        raise _failed(file, error) from error


def _failed(path: Path, error: OSError) -> StorageError:
    why = error.strerror or error
    return StorageError(f"{path.name} cannot be used: {why}", inside=str(path))


def _replace(file: Path, content: bytes) -> None:
    """Whoever reads sees the old content or the new, also after a crash."""
    handle, name = tempfile.mkstemp(prefix=".", dir=file.parent)
    made = Path(name)
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
        made.chmod(0o644)
        made.replace(file)
    except BaseException:
        with suppress(OSError):
            made.unlink()
        raise
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
