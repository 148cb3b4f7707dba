"""Looking for the files that take part, in folders that search paths and imports lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from gitconfig_server.config.names.file_names import stem_of
from gitconfig_server.config.names.manifest import MANIFEST
from gitconfig_server.errors import TooLarge
from gitconfig_server.git.objects.trees import TreeView

MAX_LOOKUPS = 500_000


class Candidate(NamedTuple):
    """A file that takes part. ``profile`` is the one that brought it, None for a base file.

    ``extension`` says how it is read; nearly always it is that of ``path``.
    """

    path: str
    blob: bytes
    profile: str | None
    extension: str


class SearchTarget(NamedTuple):
    """Where to look. ``folders``: one, or those that a wildcard leads to, the weakest first.

    ``stem`` None: for the files of every application, of any extension. Otherwise for one file: its name begins with
    ``stem``, ends in ``ending``, and is read as ``extension`` says.
    """

    folders: tuple[bytes, ...]
    stem: str | None = None
    ending: str = ""
    extension: str = ""


class FileSearch:
    """Finds files for applications, the weakest first. A file counts once, where it was found first.

    ``extensions``: the strongest first. Symbolic links and submodules are never followed.
    """

    def __init__(self, tree: TreeView, applications: Sequence[str], extensions: Iterable[str]) -> None:
        self.tree = tree
        self.extensions = tuple(extensions)
        self._applications = tuple(reversed(applications))
        self._endings = tuple((f".{one}".encode(), one) for one in self.extensions)
        # An application named gitconfig would else read the manifest as its source.
        self._seen = {MANIFEST.encode()}
        self._lookups = 0

    def find(self, targets: Sequence[SearchTarget], profiles: Sequence[str | None]) -> Iterator[Candidate]:
        """The files of ``profiles``, None meaning base files, the strongest first, as are ``profiles``.

        Spring's order: later target before earlier, then later application, stronger extension, later folder of a
        wildcard. Raises TooLarge past MAX_LOOKUPS, counted over all calls.
        """
        # Counted before anything is looked up: the product of three lists is the caller's to choose.
        stems = sum(len(one.folders) * (len(self._applications) if one.stem is None else 1) for one in targets)
        self._lookups += stems * len(profiles)
        if self._lookups > MAX_LOOKUPS:
            raise TooLarge("number of files to look for (profiles x applications x folders)", MAX_LOOKUPS)
        entry_of, seen = self.tree.entry, self._seen
        for profile in profiles:
            for path, extension in self._paths(targets, profile):
                entry = entry_of(path)
                if entry and entry.is_file and path not in seen:
                    seen.add(path)
                    yield Candidate(path.decode(), entry.id, profile, extension)

    def _paths(self, targets: Sequence[SearchTarget], profile: str | None) -> Iterator[tuple[bytes, str]]:
        """Every path to try, with the extension it is read by, the strongest first."""
        of_applications = [_name(one, profile) for one in self._applications]
        for target in reversed(targets):
            names, endings = of_applications, self._endings
            if target.stem is not None:
                names, endings = [_name(target.stem, profile)], ((target.ending.encode(), target.extension),)
            folders = [folder + b"/" if folder else folder for folder in reversed(target.folders)]
            for name in names:
                for ending, extension in endings:
                    for folder in folders:
                        yield folder + name + ending, extension


def _name(stem: str, profile: str | None) -> bytes:
    return stem_of(stem, profile).encode(errors="surrogatepass")
