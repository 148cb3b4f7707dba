"""JSON Schemas that stand in the repository, held against what every application would get."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

from msgspec import Struct

from gitconfig_server.config.checking.checker import SECONDS, Checker, CheckFailed
from gitconfig_server.config.checking.environments import Profiles, known_environments, sources_of
from gitconfig_server.config.checking.instances import Instance, Path
from gitconfig_server.config.names.file_names import APPLICATION
from gitconfig_server.config.names.locations import is_text
from gitconfig_server.config.names.manifest import SCHEMAS
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.resolution.resolve import DEFAULT_OPTIONS, ResolveOptions, read_documents
from gitconfig_server.errors import InvalidContent, TooLarge
from gitconfig_server.git.objects.tree_dependencies import KeptDifferences, TracedTree
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.lru import Recent
from gitconfig_server.model.findings import Finding

_MAX_CAUSES = 20
_BATCH = 250
"""Environments that are judged at a time."""
_KEPT = 8 << 20
"""Bytes of memory that verdicts take which are kept."""
_VERDICT, _LOOKUP, _FAILURE = 1500, 110, 900
"""Bytes that CPython takes for each beside the characters of look-ups."""
_MAX_SCHEMA_BYTES = 1024 * 1024

_JUDGE = "gitconfig_server.config.checking.judging:judge"
_COMPILE = "gitconfig_server.config.checking.judging:compile_schemas"
_ENDINGS = (".json", ".yml", ".yaml")


class _Failure(Struct, frozen=True):
    """A value of one environment that a schema does not allow. ``certain``: it is not a matter of an open value."""

    application: str
    profiles: Profiles
    key: str
    rule: str
    detail: str
    path: str
    line: int
    certain: bool

    @property
    def identity(self) -> tuple[str, Profiles, str, str]:
        """What makes it the same failure in another tree."""
        return self.application, self.profiles, self.key, self.rule


class SchemaCheck:
    """A content check. What a tree is known to fail is told again as a warning; what is new refuses.

    ``<folder>/<application>`` and ``<folder>/application`` both apply, as JSON or YAML. Nothing is found where the
    repository has no schemas. A verdict is kept for each application and holds as long as nothing it read differs.
    """

    def __init__(
        self,
        options: ResolveOptions = DEFAULT_OPTIONS,
        read: ReadDocuments = read_documents,
        checker: Checker | None = None,
        seconds: float = SECONDS,
        kept: int = _KEPT,
    ) -> None:
        self._options = options
        self._read = read
        self._checker = checker or Checker()
        self._seconds = seconds
        self._kept: Recent[str, tuple[frozenset[bytes], bytes, tuple[_Failure, ...]]] = Recent(kept)
        self._lock = Lock()

    def __call__(self, old: TreeView | None, new: TreeView) -> list[Finding]:
        """What is wrong with ``new``, and was not yet with ``old`` (None: all of it was there before)."""
        if not new.has_folder(SCHEMAS.encode()):
            return []
        try:
            with self._lock:
                return self._findings(old, new)
        except CheckFailed as error:
            return [Finding(SCHEMAS, error.rule, f"the schemas could not be judged: {error}")]
        except TooLarge as error:
            return [Finding(SCHEMAS, "too-large", str(error))]

    def _findings(self, old: TreeView | None, new: TreeView) -> list[Finding]:
        files = _schemas(new)
        broken = self._broken(files, old)
        if any(one.fatal for one in broken):
            return broken
        failures = self._failures(new, files)
        known: set[tuple[str, Profiles, str, str]] = set()
        if failures and old is not None:
            concerned = {one.application for one in failures}
            known = {one.identity for one in self._failures(old, _schemas(old), concerned)}
        is_new = {one.identity for one in failures if one.certain and old is not None and one.identity not in known}
        return [*broken, *_causes(failures, is_new)]

    def _broken(self, files: Mapping[str, str], old: TreeView | None) -> list[Finding]:
        asked = {"files": files, "schemas": sorted(files)}
        before = _schemas(old) if old else {}
        return [
            Finding(path, "schema-invalid", reason, fatal=before.get(path) != files[path])
            for path, reason in self._checker.run(_COMPILE, asked, self._seconds).items()
        ]

    def _failures(
        self, tree: TreeView, files: Mapping[str, str], among: set[str] | None = None
    ) -> tuple[_Failure, ...]:
        """Those of all applications, or of ``among``."""
        try:
            environments = known_environments(tree, self._options)
        except InvalidContent:
            return ()
        differences = KeptDifferences(tree.objects)
        found: list[_Failure] = []
        unknown: list[_Asked] = []
        for application, combinations in environments.items():
            paths = _schemas_for(files, application)
            if not paths or (among is not None and application not in among):
                continue
            kept = self._kept.get(application)
            if among is None and kept and differences.spare(kept[0], kept[1], tree.tree):
                found += kept[2]
            else:
                unknown.append(_Asked(application, combinations, paths))
        return (*found, *self._judged(tree, files, unknown, keep=among is None))

    def _judged(
        self, tree: TreeView, files: Mapping[str, str], asked: Sequence[_Asked], *, keep: bool
    ) -> Iterator[_Failure]:
        batch: list[_Asked] = []
        for one in asked:
            traced = TracedTree(tree)
            traced.raw(SCHEMAS.encode())
            for profiles in one.combinations:
                if sources := sources_of(traced, one.application, profiles, self._options, self._read):
                    one.instances.append((profiles, Instance(sources)))
            one.asked = frozenset(traced.asked)
            batch.append(one)
            if sum(len(one.instances) for one in batch) >= _BATCH:
                yield from self._judged_batch(tree, files, batch, keep=keep)
                batch = []
        yield from self._judged_batch(tree, files, batch, keep=keep)

    def _judged_batch(
        self, tree: TreeView, files: Mapping[str, str], batch: Sequence[_Asked], *, keep: bool
    ) -> list[_Failure]:
        environments = [
            {"schemas": one.schemas, "values": instance.values, "marks": instance.marks}
            for one in batch
            for _, instance in one.instances
        ]
        if not environments:
            return []
        answers = iter(self._checker.run(_JUDGE, {"files": files, "environments": environments}, self._seconds))
        found: list[_Failure] = []
        for one in batch:
            failures = tuple(
                _failure(one.application, profiles, instance, error)
                for profiles, instance in one.instances
                for error in next(answers)
            )
            if keep:
                self._kept.put(one.application, (one.asked, tree.tree, failures), _size(one.asked, failures))
            found += failures
        return found


def _size(asked: Collection[bytes], failures: Collection[_Failure]) -> int:
    return _VERDICT + _LOOKUP * len(asked) + sum(map(len, asked)) + _FAILURE * len(failures)


class _Asked:
    """One application to be judged, with what its environments hold and all that was asked to find that."""

    def __init__(self, application: str, combinations: tuple[Profiles, ...], schemas: list[str]) -> None:
        self.application = application
        self.combinations = combinations
        self.schemas = schemas
        self.instances: list[tuple[Profiles, Instance]] = []
        self.asked: frozenset[bytes] = frozenset()


def _schemas_for(files: Mapping[str, str], application: str) -> list[str]:
    """The paths of the schemas that apply to an application: its own, and that of all applications."""
    names = dict.fromkeys((application, APPLICATION))
    return [path for name in names for ending in _ENDINGS if (path := f"{SCHEMAS}/{name}{ending}") in files]


def _schemas(tree: TreeView) -> dict[str, str]:
    """Path -> text of every file that may be a schema."""
    found: dict[str, str] = {}
    size = 0
    for name, entry in tree.walk(SCHEMAS.encode()):
        if entry.is_file and is_text(name) and name.decode().endswith(_ENDINGS):
            content = tree.read(entry.id)
            size += len(content)
            if size > _MAX_SCHEMA_BYTES:
                raise TooLarge(f"size of all files in {SCHEMAS}", _MAX_SCHEMA_BYTES)
            found[name.decode()] = content.decode(errors="replace")
    return found


def _failure(application: str, profiles: Profiles, instance: Instance, error: Sequence[Any]) -> _Failure:
    at, rule, detail, certain = error
    path: Path = tuple(at)
    key, file, line = instance.place(path)
    return _Failure(application, profiles, key, f"schema-{rule}", detail, file, line, certain)


def _causes(failures: Sequence[_Failure], is_new: set[tuple[str, Profiles, str, str]]) -> list[Finding]:
    """One finding for each file, line, key and rule, however many applications it concerns; fatal ones first."""
    groups: dict[tuple[str, int, str, str, str, bool], list[_Failure]] = {}
    for one in failures:
        fatal = one.identity in is_new
        groups.setdefault((one.path, one.line, one.key, one.rule, one.detail, fatal), []).append(one)
    ordered = sorted(groups.items(), key=lambda item: (not item[0][5], item[0]))
    found = [
        Finding(
            path=path,
            rule=rule,
            detail=f"{key}: {detail} ({_whom(group)})".removeprefix(": "),
            line=line,
            fatal=fatal,
            applications=_applications(group),
        )
        for (path, line, key, rule, detail, fatal), group in ordered[:_MAX_CAUSES]
    ]
    if rest := ordered[_MAX_CAUSES:]:
        fatal = rest[0][0][5]
        whose = _applications([one for _, group in rest for one in group])
        text = f"… and {len(rest)} more causes"
        found.append(Finding(SCHEMAS, "more-findings", text, fatal=fatal, applications=whose))
    return found


def _applications(group: Sequence[_Failure]) -> tuple[str, ...]:
    return tuple(sorted({one.application for one in group}))


def _whom(group: Sequence[_Failure]) -> str:
    applications = _applications(group)
    example = f"{group[0].application}/{','.join(group[0].profiles)}"
    return example if len(group) == 1 else f"{len(applications):,} application(s), e.g. {example}"
