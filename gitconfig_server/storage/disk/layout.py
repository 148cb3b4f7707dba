"""What a repository's folder looks like: how it is recognised, made and tidied."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from dulwich.config import ConfigFile
from msgspec import Struct

from gitconfig_server.errors import NotARepository, RepositoryExists
from gitconfig_server.storage.disk.config import BARE, SERVED, marked, names_of, parsed, render, shared_mode, value
from gitconfig_server.storage.disk.counter import is_whole, new_counter
from gitconfig_server.storage.disk.files import DiskFiles

PRIVATE = "gitconfig"
"""The folder in a repository that holds our own files: ``lock``, ``turn``, ``locks/``, ``counter`` and ``journal``."""

INCOMING = "tmp_objdir-incoming-"
"""How Git names the folders of unfinished pushes in ``objects/``, so that its prune removes them too."""

_STALE_SECONDS = 3600.0
_FOLDERS = ("objects", "objects/info", "objects/pack", "refs", "refs/heads", "refs/tags", "hooks", "info")
_UNSUPPORTED = ((b"objectformat", b"sha1"), (b"refstorage", b"files"))
_KNOWN = frozenset({b"noop", b"noop-v1", b"preciousobjects", b"worktreeconfig", b"relativeworktrees"})
"""Extensions that change nothing of what we do with a repository."""


class RepositoryPlace(Struct, frozen=True):
    """A repository's folder; not ``bare`` where it belongs to a work tree."""

    root: str
    bare: bool
    shared: int = 0
    """The rights of others to what is made in it."""


def find(path: Path) -> RepositoryPlace:
    """The repository at ``path``, or in the ``.git`` of the work tree that ``path`` is; NotARepository otherwise."""
    root = next((folder for folder in (path, path / ".git") if _looks_like_one(folder)), None)
    if root is None:
        raise NotARepository(_what_is_wrong(path))
    file = root / "config"
    config = parsed(file.read_bytes() if file.exists() else b"")
    _check_version(root, config)
    for name, supported in _UNSUPPORTED:
        found = value(config, b"extensions", name, supported)
        if found != supported:
            raise NotARepository(
                f"{root} uses extensions.{name.decode()} = {found.decode()}: only {supported.decode()} is supported"
            )
    if (root / "shallow").exists() or value(config, b"extensions", b"partialclone", b""):
        raise NotARepository(f"{root} is a shallow or partial clone, which lacks objects: serve a whole one")
    bare = value(config, b"core", b"bare", b"false" if root.name == ".git" else b"true")
    shared = shared_mode(value(config, b"core", b"sharedrepository", b"umask"))
    return RepositoryPlace(str(root), bare not in (b"false", b"no", b"off", b"0"), shared)


def _check_version(root: Path, config: ConfigFile) -> None:
    """Refuse what Git refuses: a format or an extension of it that nobody here knows (gitrepository-layout(5))."""
    version = value(config, b"core", b"repositoryformatversion", b"0")
    if version not in (b"0", b"1"):
        raise NotARepository(
            f"{root} is of repository format {version.decode(errors='replace')}: only 0 and 1 are known"
        )
    named = set(names_of(config, b"extensions")) if version == b"1" else set[bytes]()
    unknown = named - _KNOWN - {b"partialclone"} - {name for name, _ in _UNSUPPORTED}
    if unknown:
        raise NotARepository(f"{root} uses the unknown extensions.{min(unknown).decode(errors='replace')}")


def build(path: Path, head: bytes, journal: bytes, hooks: Mapping[str, str], files: DiskFiles) -> None:
    """A new bare repository at ``path``: all of it appears at once, and is durable. RepositoryExists if taken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.samefile("."):
        raise RepositoryExists(f"{path} is the folder you are in: go to the one above and name it from there")
    aside = f"{path.parent}/.{path.name}.creating-{token_hex(4)}"
    folders = [aside, *(f"{aside}/{name}" for name in (*_FOLDERS, PRIVATE, f"{PRIVATE}/locks"))]
    contents = {
        "HEAD": b"ref: " + head + b"\n",
        "config": render(BARE + SERVED),
        f"{PRIVATE}/lock": b"",
        f"{PRIVATE}/counter": new_counter(),
        f"{PRIVATE}/journal": journal,
    }
    try:
        for folder in folders:
            files.make_folder(folder)
        for name, content in contents.items():
            files.create(f"{aside}/{name}", content)
            files.sync_file(f"{aside}/{name}")
        for name, script in hooks.items():
            files.create(f"{aside}/hooks/{name}", marked(script), 0o777)
            files.sync_file(f"{aside}/hooks/{name}")
        for folder in reversed(folders):
            files.sync_folder(folder)
        files.rename(aside, str(path))
    except OSError as error:
        files.remove_tree(aside)
        if path.exists():
            raise RepositoryExists(f"{path} exists already and is not an empty folder") from error
        raise
    files.sync_folder(str(path.parent))


def make_private(root: str, files: DiskFiles) -> None:
    """Our own folder in a repository that others made; what is there stays."""
    folder = f"{root}/{PRIVATE}"
    for missing in (folder, f"{folder}/locks"):
        with suppress(FileExistsError):
            files.make_folder(missing)
    with suppress(FileExistsError):
        files.create(f"{folder}/lock", b"")
    if not is_whole(f"{folder}/counter"):
        # linked when it is whole: where two do this at once, the first one's stays, which may be mapped already
        fresh = f"{folder}/counter.{token_hex(4)}.tmp"
        if Path(f"{folder}/counter").exists():
            files.unlink(f"{folder}/counter")  # what was cut short nobody can map
        files.create(fresh, new_counter())
        with suppress(FileExistsError):
            files.link(fresh, f"{folder}/counter")
        files.unlink(fresh)
    files.sync_folder(folder)
    files.sync_folder(root)


def remove_leftovers(root: str, files: DiskFiles) -> None:
    """Remove what writers that died long ago left behind."""
    for path in _unfinished(root):
        with suppress(OSError):
            if _is_stale(path):
                if path.is_dir():
                    files.remove_tree(str(path))
                else:
                    files.unlink(str(path))


def names(root: Path) -> Iterable[str]:
    """The repositories in a folder, as they are opened."""
    if not root.is_dir():
        return []
    found = (path for path in root.iterdir() if not path.name.startswith("."))
    return sorted(path.name for path in found if _looks_like_one(path) or _looks_like_one(path / ".git"))


def _unfinished(root: str) -> Iterator[Path]:
    objects = Path(root, "objects")
    for pattern in (f"{INCOMING}*", "tmp_obj_*", "pack/tmp_*"):
        yield from objects.glob(pattern)
    yield from Path(root, PRIVATE).glob("*.tmp")
    for kept in Path(root, PRIVATE).glob("kept-*"):
        if not kept.with_suffix(".json").exists():
            yield kept


def lost_indexes(root: str) -> Iterator[str]:
    """Packs that nobody reads for lack of an index: of a writer that died, or of a copy that left files out.

    They stay where they are, since such a copy's may hold all that there is.
    """
    for pack in Path(root, "objects").glob("pack/pack-*.pack"):
        if not pack.with_suffix(".idx").exists() and _is_stale(pack):
            yield f"{pack} has no index, so that nobody reads it: git index-pack {pack} makes one"


def _is_stale(path: Path) -> bool:
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > _STALE_SECONDS
    return False


def _looks_like_one(folder: Path) -> bool:
    return (folder / "HEAD").exists() and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def _what_is_wrong(path: Path) -> str:
    if not path.exists():
        return f"{path} does not exist: create it with `gitconfig-server init {path}`"
    if (path / ".git").is_file():
        return f"{path} is a linked work tree: open the repository that its .git file names"
    if (path / "HEAD").exists() and (path / "objects").is_dir():
        return f"{path} lacks the folder refs, which a copy may leave out when it is empty: make it"
    return f"{path} is not a Git repository: `gitconfig-server init {path}` makes an empty folder one"
