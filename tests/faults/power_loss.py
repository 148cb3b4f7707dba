"""A disk that forgets: replays recorded file operations and shows what a power cut at any point may leave.

Content survives up to the last sync of the file, names up to the last sync of their folder. A real disk may have
written more than it had to: the other ways to ``survive`` show that.
"""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path, PurePath

from gitconfig_server.storage.disk.files import DiskFiles


class Survives(Enum):
    """What of the unsynced outlives the power."""

    NOTHING = "nothing"
    NAMES = "names"
    CONTENTS = "contents"
    HALF = "half of each content, and names"
    EVERYTHING = "everything"


@dataclass(frozen=True)
class Operation:
    name: str
    path: str
    detail: str | bytes = b""


class Recorder(DiskFiles):
    """Does everything, and writes down what it did."""

    def __init__(self) -> None:
        self.trace: list[Operation] = []

    def step(self, operation: str, path: str, detail: str | bytes = b"") -> None:
        if operation == "sync_file":
            # files that others wrote, such as packs, are first met here
            detail = Path(path).read_bytes()
        self.trace.append(Operation(operation, path, detail))


@dataclass(eq=False)
class File:
    now: bytes = b""
    durable: bytes = b""


@dataclass(eq=False)
class Folder:
    now: dict[str, "File | Folder"] = field(default_factory=dict)
    durable: dict[str, "File | Folder"] = field(default_factory=dict)


Image = dict[str, tuple[int, bytes] | None]
"""Path -> which file it is and its content; None for a folder. A file may have several names."""


class ForgetfulDisk:
    """The state of ``root``, which begins as what is there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tree = self._loaded(root)

    def _loaded(self, path: Path) -> Folder:
        loaded: dict[str, File | Folder] = {}
        for child in path.iterdir():
            content = b"" if child.is_dir() else child.read_bytes()
            loaded[child.name] = self._loaded(child) if child.is_dir() else File(content, content)
        return Folder(loaded, dict(loaded))

    def apply(self, operation: Operation) -> None:
        """As the real disk did; an operation on a folder that was not there had failed."""
        with suppress(KeyError):
            getattr(self, f"_{operation.name}")(operation.path, operation.detail)

    def _folder(self, path: str) -> Folder:
        folder = self.tree
        for part in PurePath(path).relative_to(self.root).parts:
            below = folder.now[part]
            assert isinstance(below, Folder)
            folder = below
        return folder

    def _names(self, path: str) -> tuple[dict[str, File | Folder], str]:
        return self._folder(str(PurePath(path).parent)).now, PurePath(path).name

    def _file(self, path: str) -> File:
        names, name = self._names(path)
        file = names.setdefault(name, File())
        assert isinstance(file, File)
        return file

    def _create(self, path: str, content: bytes) -> None:
        self._file(path).now = content

    def _append(self, path: str, content: bytes) -> None:
        self._file(path).now += content

    def _truncate(self, path: str, size: str) -> None:
        self._file(path).now = self._file(path).now[: int(size)]

    def _sync_file(self, path: str, content: bytes) -> None:
        file = self._file(path)
        file.now = file.durable = content

    def _sync_folder(self, path: str, _detail: bytes) -> None:
        folder = self._folder(path)
        folder.durable = dict(folder.now)

    def _rename(self, old: str, new: str) -> None:
        names, name = self._names(old)
        targets, target = self._names(new)
        if name in names:
            targets[target] = names.pop(name)

    def _link(self, old: str, new: str) -> None:
        targets, target = self._names(new)
        if targets.get(target) is None:
            targets[target] = self._file(old)

    def _unlink(self, path: str, _detail: bytes) -> None:
        names, name = self._names(path)
        names.pop(name, None)

    def _make_folder(self, path: str, _detail: bytes) -> None:
        names, name = self._names(path)
        names.setdefault(name, Folder())

    def _remove_folder(self, path: str, _detail: bytes) -> None:
        names, name = self._names(path)
        folder = names.get(name)
        if isinstance(folder, Folder) and not folder.now:
            del names[name]

    _remove_tree = _unlink

    def _touch(self, path: str, _detail: bytes) -> None:
        """Times are not part of the picture."""

    _protect = _touch

    def image(self, survives: Survives) -> Image:
        """What is found when the power is back."""
        found: Image = {}
        self._draw(self.tree, "", survives, found)
        return found

    def _draw(self, folder: Folder, prefix: str, survives: Survives, found: Image) -> None:
        named = folder.durable if survives in (Survives.NOTHING, Survives.CONTENTS) else folder.now
        for name, node in named.items():
            if isinstance(node, Folder):
                found[prefix + name] = None
                self._draw(node, f"{prefix}{name}/", survives, found)
            else:
                found[prefix + name] = (id(node), _content(node, survives))


def _content(file: File, survives: Survives) -> bytes:
    if survives in (Survives.NOTHING, Survives.NAMES):
        return file.durable
    if survives is Survives.HALF and file.now != file.durable:
        kept = file.durable if file.now.startswith(file.durable) else b""
        return kept + file.now[len(kept) :][: (len(file.now) - len(kept)) // 2]
    return file.now


def write_out(image: Image, target: Path) -> None:
    """Make the folders and files of an image, all of them old, as after a reboot."""
    written: dict[int, Path] = {}
    for name, file in image.items():
        path = target / name
        if file is None:
            path.mkdir()
        elif file[0] in written:
            path.hardlink_to(written[file[0]])
        else:
            path.write_bytes(file[1])
            os.utime(path, (1e9, 1e9))
            written[file[0]] = path
