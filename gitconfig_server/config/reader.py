"""Reading one configuration repository: each answer is of exactly one commit."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from msgspec import Struct

from gitconfig_server.config.comparing.effects import Effects
from gitconfig_server.config.comparing.readings import ReadingDiffs
from gitconfig_server.config.held import LastGood
from gitconfig_server.config.history import read_details, read_history
from gitconfig_server.config.kept import KEPT, KeptEnvironments, Present, TreeBasis, grounds_of, running_state
from gitconfig_server.config.labels import Heads, Located, find_label, label_ref, list_labels, standing_since
from gitconfig_server.config.names.file_names import (
    check_path,
)
from gitconfig_server.config.names.manifest import read_manifest
from gitconfig_server.config.resolution.parsed_files import ParsedFiles
from gitconfig_server.config.resolution.plain_files import find_plain_file
from gitconfig_server.config.resolution.resolve import DEFAULT_OPTIONS, ResolveOptions
from gitconfig_server.config.running.clocks import Moments, storage_moments
from gitconfig_server.config.searching import search_sources
from gitconfig_server.config.sources.finding import find_source
from gitconfig_server.config.sources.listing import find_profiles, is_meant, list_applications, list_sources
from gitconfig_server.config.sources.reading import read_source
from gitconfig_server.config.staging.area import check_staged, read_staged
from gitconfig_server.config.touching import Touching
from gitconfig_server.errors import FileNotFound, InvalidContent, SourceNotFound
from gitconfig_server.formats.reading.documents import Document
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.tree_dependencies import KeptDifferences, TracedTree
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.git.ref_names import label_of
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.lru import Recent
from gitconfig_server.model.environments import Environment, RunningState
from gitconfig_server.model.history import (
    CommitDetails,
    Comparison,
    DiffQuery,
    HistoryPage,
    HistoryQuery,
)
from gitconfig_server.model.reads import (
    Application,
    Label,
    Listing,
    Match,
    Reading,
    SourceFile,
    StoredFile,
    StoredSource,
)
from gitconfig_server.model.replace import replace
from gitconfig_server.model.spring import ServedFile
from gitconfig_server.model.staging import Check, Staged, StagedPart

_KEPT_TREES = 4
_PARTS = 20
_OF_ENVIRONMENTS, _OF_TREES, _OF_DIFFERENCES, _OF_PROFILES, _OF_LAST_GOOD = 8, 8, 2, 1, 1
"""How the memory that a reader may take is shared out, in twentieths."""

_FILE_PROFILES, _PROFILE = 300, 100
"""Bytes that CPython takes for the profiles of a file, and for each of them beside its characters."""


class ReadOptions(Struct, frozen=True):
    """How this server reads: its part of resolution, and whether ``main`` and ``master`` stand in for each other.

    ``hold``: of a label that upstream has, applications that cannot be read there keep their last good commit.
    """

    resolve: ResolveOptions = DEFAULT_OPTIONS
    master_fallback: bool = True
    hold: bool = False


class ConfigReader:
    """Reads configuration from a Git repository. Safe to use from any thread."""

    def __init__(
        self,
        git: GitRepository,
        options: ReadOptions | None = None,
        parsed: ParsedFiles | None = None,
        kept: int = KEPT,
        moments: Moments | None = None,
    ) -> None:
        self.git = git
        self._options = options or ReadOptions()
        self._parsed = parsed or ParsedFiles()
        self.effects = Effects(self._options.resolve, self._parsed.documents)
        part = kept // _PARTS
        self._tree_bytes = part * _OF_TREES // _KEPT_TREES
        self._trees: Recent[bytes, TreeView] = Recent(_KEPT_TREES)
        self._profiles: Recent[bytes, frozenset[str]] = Recent(part * _OF_PROFILES)
        differences = KeptDifferences(git.objects, part * _OF_DIFFERENCES)
        self.moments = moments or storage_moments(git.stored)
        self._heads = Heads(git, master_fallback=self._options.master_fallback, moments=self.moments)
        self._environments = KeptEnvironments(
            differences, self._options.resolve, self._parsed.documents, part * _OF_ENVIRONMENTS
        )
        self._last_good = LastGood(git, self._environments, self._kept_tree, part * _OF_LAST_GOOD)
        self._diffs = ReadingDiffs(
            git, self._heads, self._options.resolve, self._parsed.documents, self.effects, self.environment
        )
        self._present = Present(git.objects, self._heads, differences)

    def labels(self) -> tuple[Label, ...]:
        """Branches, then tags, each sorted by name."""
        return list_labels(self.git)

    def label(self, name: str) -> Label:
        """The branch, else the tag, of this name; LabelNotFound."""
        return find_label(self.git, name)

    def environment(self, applications: tuple[str, ...], profiles: tuple[str, ...], reading: Reading) -> Environment:
        """The sources of the applications and profiles, strongest first."""
        located = self._heads.locate_running(reading)
        label = reading.revision if reading.revision is not None else located.label
        names, state = (applications, profiles, label), running_state(located)
        try:
            self._last_good.check(located, applications)
            resolved = self._environments.resolve(self._kept_tree(located.commit), names)
        except InvalidContent as error:
            held = self._last_good.find(located, names) if self._options.hold else None
            if held is None:
                raise
            state = RunningState(located.commit.decode(), held=str(error))
            located, resolved = replace(located, commit=held.commit), held.resolved
        basis = TreeBasis(self._present, reading, located, resolved.grounds)
        reusable = basis if state is None or not state.held else None
        return Environment(
            applications=applications,
            profiles=profiles,
            label=reading.revision,
            commit=basis.commit,
            sources=resolved.sources,
            running=state,
            basis=reusable,
        )

    def applications(self, reading: Reading) -> Listing[Application]:
        """The applications something is stored for, as far as its place says that it is meant to be read."""
        located = self._locate(reading)
        tree = self._tree(located.commit)
        options = self._options.resolve.declared_by(read_manifest(tree))
        meant = (one for one in self._sources(located, None) if is_meant(one, options))
        return Listing(located.commit.decode(), list_applications(meant, partial(self._profiles_in, tree)))

    def sources(self, application: str | None, reading: Reading) -> Listing[SourceFile]:
        """The stored files by application and profile."""
        located = self._locate(reading)
        return Listing(located.commit.decode(), self._sources(located, application))

    def search(self, text: str, application: str | None, reading: Reading) -> Listing[Match]:
        """The stored keys whose name or value holds ``text``."""
        located = self._locate(reading)
        tree = self._kept_tree(located.commit)

        def documents(file: SourceFile) -> Sequence[Document]:
            return self._parsed.documents(tree, file.path, file.blob.encode())

        found = search_sources(self._sources(located, application), documents, text)
        return Listing(located.commit.decode(), found)

    def source(self, application: str, profile: str, reading: Reading) -> StoredSource:
        """What is stored for exactly this application and profile."""
        located = self._locate(reading)
        tree, commit = self._kept_tree(located.commit), located.commit.decode()
        files = find_source(tree, application, profile, located.label, self._options.resolve)
        if not files:
            raise SourceNotFound(application, profile, reading.revision or located.label or commit)
        return read_source(tree, (application, profile), files, commit, self._parsed.documents)

    @property
    def resolve_options(self) -> ResolveOptions:
        """This server's part of how files are found."""
        return self._options.resolve

    def documents(self, tree: TreeView, path: str, blob: bytes, extension: str | None = None) -> Sequence[Document]:
        """The documents of a file, from the cache of parsed files; InvalidContent."""
        return self._parsed.documents(tree, path, blob, extension)

    def staged(self, label: str | None) -> Staged:
        """What is staged for a label."""
        return read_staged(self.git, label, self.resolve_options, self.documents)

    def check_staged(self, label: str | None, part: StagedPart) -> Check:
        """What an apply would meet now."""
        return check_staged(self.git, label, part, self.effects, self.moments())

    def commit_details(self, revision: str) -> CommitDetails:
        """One commit: what it says, what it changed, and when it was in force."""
        return read_details(self.git, self._locate(Reading(revision)).commit, self.resolve_options, self.documents)

    def file(self, path: str, reading: Reading) -> StoredFile:
        """One plain file. Symbolic links and folders are not found."""
        check_path(path)
        located = self._locate(reading)
        tree, commit = self._tree(located.commit), located.commit.decode()
        entry = tree.entry(path.encode())
        if entry is None or not entry.is_file:
            raise FileNotFound(path, reading.revision or located.label or commit)
        return StoredFile(path, commit, entry.id.decode(), tree.read(entry.id))

    def plain_file(
        self, applications: tuple[str, ...], profiles: tuple[str, ...], path: str, reading: Reading
    ) -> ServedFile:
        """The file that ``path`` means to Spring's clients: search paths and profiles decide. FileNotFound."""
        located = self._heads.locate_running(reading)
        label = reading.revision if reading.revision is not None else located.label
        tree = TracedTree(self._kept_tree(located.commit))
        found = find_plain_file(tree, applications, profiles, path, label, self._options.resolve)
        commit = located.commit.decode()
        if found is None:
            raise FileNotFound(path, label or commit)
        basis = TreeBasis(self._present, reading, located, grounds_of((applications, profiles, label), tree))
        since = standing_since(self.git, located, self.moments())
        return ServedFile(
            path=found.path,
            commit=commit,
            blob=found.blob.decode(),
            content=tree.read(found.blob),
            since=since,
            basis=basis,
        )

    def files(self, reading: Reading) -> Listing[StoredFile]:
        """Every plain file, without content."""
        located = self._locate(reading)
        commit = located.commit.decode()
        found = (
            StoredFile(path.decode(errors="replace"), commit, entry.id.decode(), b"")
            for path, entry in self._tree(located.commit).walk()
            if entry.is_file
        )
        return Listing(commit, tuple(sorted(found, key=lambda file: file.path)))

    def history(self, label: str | None, query: HistoryQuery) -> HistoryPage:
        """The tips a label had, newest first."""
        ref = label_ref(self.git, label)
        touches = Touching(self.git.objects, self._options.resolve, label_of(ref), query)
        return read_history(self.git, ref, query, touches)

    def diff(self, old: Reading | None, new: Reading, query: DiffQuery) -> Comparison:
        """What differs between two readings; ``old`` None: the first parent of ``new``, where it has one."""
        return self._diffs.compare(old, new, query)

    def _sources(self, located: Located, application: str | None) -> tuple[SourceFile, ...]:
        found = list_sources(self._tree(located.commit), self._options.resolve, located.label)
        return tuple(file for file in found if application in (None, file.application))

    def _profiles_in(self, tree: TreeView, file: SourceFile) -> frozenset[str]:
        """The profiles that a file asks for; none where it cannot be read, which reading it tells."""
        blob = file.blob.encode()
        known = self._profiles.get(blob)
        if known is None:
            known = frozenset()
            if b"rofile" in tree.read(blob):
                with suppress(InvalidContent):
                    known = find_profiles(self._parsed.documents(tree, file.path, blob))
            self._profiles.put(blob, known, _FILE_PROFILES + sum(len(one) + _PROFILE for one in known))
        return known

    def _locate(self, reading: Reading) -> Located:
        return self._heads.locate(reading)

    def _tree(self, commit: bytes) -> TreeView:
        return TreeView(self.git.objects, tree_of(self.git.objects, commit))

    def _kept_tree(self, commit: bytes) -> TreeView:
        """The same view for all who look into a few folders; a walk through everything would make it large."""
        view = self._trees.get(commit)
        if view is None:
            view = TreeView(self.git.objects, tree_of(self.git.objects, commit), self._tree_bytes)
            self._trees.put(commit, view, 1)
        return view
