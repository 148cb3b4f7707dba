"""Objects that maintenance intends to remove: absent for everybody who asks whether they are there, but readable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gitconfig_server.storage.disk.files import DiskFiles
from gitconfig_server.storage.disk.objects.loose import LooseObjects
from gitconfig_server.storage.disk.objects.packs import PackFiles


class CondemnedObjects:
    """A folder like ``objects``; the time of a file in it is that at which it was condemned."""

    def __init__(self, folder: Path, files: DiskFiles) -> None:
        self._folder = folder
        self._files = files
        self._loose = LooseObjects(str(folder), files)
        self._packs = PackFiles(folder / "pack")

    def read(self, name: bytes) -> tuple[int, bytes] | None:
        """Type and content of an object (40 hex digits); None where it is not here."""
        found = self._loose.read(name)
        if found:
            return found
        binary = bytes.fromhex(name.decode())
        return next((found for pack in self._packs.open() if (found := pack.read(binary))), None)

    def take(self, path: Path, before: float) -> bool:
        """Move a loose object here, unless it counts as newer than ``before`` (seconds); whether it was moved."""
        target = self._folder / path.parent.name / path.name
        try:
            if path.stat().st_mtime >= before:
                return False
            self._make(target.parent)
            self._files.rename(str(path), str(target))
        except FileNotFoundError:
            return False
        if target.stat().st_mtime >= before:  # somebody has just come to rely on it
            self._files.rename(str(target), str(path))
            return False
        self._files.touch(str(target))
        return True

    def take_pack(self, pack: Path) -> None:
        """Move a pack here with what belongs to it. Its index comes first here, and goes last there."""
        self._make(self._folder / "pack")
        related = sorted(pack.parent.glob(f"{pack.stem}.*"), key=lambda path: path.suffix == ".idx")
        for path in related:
            target = self._folder / "pack" / path.name
            with suppress(FileExistsError):
                self._files.link(str(path), str(target))
            self._files.touch(str(target))
        for path in reversed(related):  # without its index a pack is not there, for git and for us
            self._files.unlink(str(path))

    def remove(self, before: float) -> None:
        """Delete what was condemned before then; a pack after what belongs to it, lest a kill leaves that."""
        for path in list(self.files()):
            if path.stat().st_mtime <= before:
                related = [*path.parent.glob(f"{path.stem}.*")] if path.suffix == ".pack" else [path]
                for one in sorted(related, key=lambda one: one == path):
                    self._files.unlink(str(one))

    def files(self) -> Iterator[Path]:
        """The files of single objects and of packs."""
        yield from self._single_files()
        yield from self._folder.glob("pack/*.pack")

    def names(self) -> Iterator[bytes]:
        """The ids (20 bytes) of all that is here."""
        for path in self._single_files():
            yield bytes.fromhex(path.parent.name + path.name)
        for pack in self._packs.open():
            yield from pack

    def _single_files(self) -> Iterator[Path]:
        return self._folder.glob("[0-9a-f][0-9a-f]/*")

    def close(self) -> None:
        """Close the packs."""
        self._packs.close()

    def _make(self, folder: Path) -> None:
        for path in (self._folder, folder):
            with suppress(FileExistsError):
                self._files.make_folder(str(path))
