"""Checking the files of a tree that somebody wants to make a label's new tip."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial

from gitconfig_server.config.checking.similar_names import find_similar_names
from gitconfig_server.config.names.file_names import DEFAULT_PROFILE
from gitconfig_server.config.names.locations import is_text
from gitconfig_server.config.names.manifest import MANIFEST, Manifest, parse_manifest, read_manifest
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.resolution.directive_checks import asked_remarks
from gitconfig_server.config.resolution.imports import BAD_IMPORT
from gitconfig_server.config.resolution.profile_groups import BAD_PROFILE, INCLUDE_IN_ACTIVATED
from gitconfig_server.config.resolution.resolve import DEFAULT_OPTIONS, ResolveOptions, read_documents
from gitconfig_server.config.sources.finding import address_in
from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.documents import Document, Remark
from gitconfig_server.formats.reading.formats import PROFILE_CHOICE, REPEATED_KEYS, extension_of, extensions
from gitconfig_server.formats.reading.xml_text import NOT_PROPERTIES
from gitconfig_server.git.objects.trees import ChangedFile, TreeEntry, TreeView, changed_files
from gitconfig_server.model.findings import Finding

MAX_FINDINGS = 10
"""Findings of one file that are told; the rest is counted, and every file is named."""

_FATAL_WHEN_NEW = frozenset((*REPEATED_KEYS, PROFILE_CHOICE, BAD_IMPORT, BAD_PROFILE, INCLUDE_IN_ACTIVATED))
"""Faults that stand in histories: let through where they stood, refused where they are added."""

Fault = tuple[str, str]
"""A rule and a key."""

_WILD = re.compile(r"\*\*/|\*\*|\*|\?")
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def check_tree(
    old: TreeView | None,
    new: TreeView,
    options: ResolveOptions = DEFAULT_OPTIONS,
    *,
    ignore: Iterable[str] = (),
    read: ReadDocuments = read_documents,
) -> list[Finding]:
    """What is wrong with the configuration files of ``new`` that differ from those of ``old`` (None: with all).

    Fatal: a file that cannot be read, the manifest included, a name like another's, and the faults of
    _FATAL_WHEN_NEW. Only remarked: such
    faults that stood there before, or that come with a first tip, and ``spring.profiles``: histories hold both.
    An XML file that does not mean to be properties is let alone, as is what matches a glob of ``ignore``. Files with
    fatal ones first; of each file at most MAX_FINDINGS and a last one that counts the rest.
    """
    ignored = _globs(ignore)
    changed = list(changed_files(old, new))
    findings = list(find_similar_names(old, new, changed))
    side = _Side(new, options, read)
    former = _Side(old, options, read) if old else None
    for path, before, after in _files_to_check(side, former, changed):
        if path == MANIFEST:
            findings += _check_manifest(new.read(after.id))
        elif not ignored.fullmatch(path):
            findings += _check_file(side, path, after, partial(former.faults, path, before) if former else None)
    return _shortened(sorted(findings, key=lambda finding: not finding.fatal))


def _files_to_check(
    side: _Side, former: _Side | None, changed: Iterable[ChangedFile]
) -> Iterator[tuple[str, TreeEntry | None, TreeEntry]]:
    for name, before, after in changed:
        if after and after.is_file and is_text(name) and extension_of(name.decode()) in side.extensions:
            yield name.decode(), before, after
    # With json: true, files that nobody has changed begin to be read, and so must be readable.
    if former and "json" in side.extensions and "json" not in former.extensions:
        for name, entry in side.tree.walk():
            is_json = entry.is_file and is_text(name) and extension_of(name.decode()) == "json"
            if is_json and former.tree.entry(name) == entry:
                yield name.decode(), None, entry


def _manifest(tree: TreeView) -> Manifest:
    """The manifest, an empty one in place of a broken one, which is a finding of its own."""
    try:
        return read_manifest(tree)
    except InvalidContent:
        return Manifest()


def _check_manifest(content: bytes) -> Iterator[Finding]:
    try:
        parse_manifest(content)
    except InvalidContent as error:
        yield _finding(error)


def _check_file(
    side: _Side, path: str, entry: TreeEntry, former: Callable[[], Collection[Fault]] | None
) -> Iterator[Finding]:
    """What is wrong with a file; ``former`` tells its faults of before, and is asked only where that matters."""
    try:
        remarks = side.remarks(path, entry)
    except InvalidContent as error:
        # A pom.xml or logback.xml beside configuration is not ours to refuse.
        if error.rule != NOT_PROPERTIES:
            yield _finding(error)
        return
    # Parsing the former file doubles the cost of a push; hardly any file has such a remark.
    judged = former and any(remark.rule in _FATAL_WHEN_NEW for remark in remarks)
    known = former() if former and judged else ()
    for remark in remarks:
        added = judged and remark.rule in _FATAL_WHEN_NEW and (remark.rule, remark.key) not in known
        yield remark.finding(path, fatal=bool(added))


class _Side:
    """One of the two trees, and what is to be said about its files."""

    def __init__(self, tree: TreeView, options: ResolveOptions, read: ReadDocuments) -> None:
        self.tree = tree
        self._options = options.declared_by(_manifest(tree))
        self.extensions = extensions(self._options.json)
        self._read = read

    def remarks(self, path: str, entry: TreeEntry) -> list[Remark]:
        """All remarks about a file. Raises InvalidContent where it cannot be read."""
        documents = self._read(self.tree, path, entry.id)
        return [remark for document in documents for remark in self._about(path, document)]

    def faults(self, path: str, entry: TreeEntry | None) -> Collection[Fault]:
        """What a file says that nobody may add; nothing, where there is no such file or it cannot be read."""
        if entry is None or not entry.is_file:
            return ()
        try:
            return {(remark.rule, remark.key) for remark in self.remarks(path, entry)}
        except InvalidContent:
            return ()

    def _about(self, path: str, document: Document) -> Iterator[Remark]:
        yield from document.remarks
        if document.chooses_profiles and address_in(self.tree, path, None, self._options)[1] != DEFAULT_PROFILE:
            yield document.chooses_profiles
        yield from asked_remarks(self.tree, path, document, self.extensions, self._options.cloud_platform)


def _finding(error: InvalidContent) -> Finding:
    return Finding(path=error.path, rule=error.rule, detail=error.detail, line=error.line, column=error.column)


def _shortened(findings: list[Finding]) -> list[Finding]:
    """The findings of each file, which follow one another, up to a bound."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.path, []).append(finding)
    return [finding for found in by_file.values() for finding in _first(found)]


def _first(found: list[Finding]) -> list[Finding]:
    rest = found[MAX_FINDINGS:]
    if not rest:
        return found
    last = Finding(rest[0].path, "more-findings", f"… and {len(rest)} more", fatal=rest[0].fatal)
    return [*found[:MAX_FINDINGS], last]


def _globs(patterns: Iterable[str]) -> re.Pattern[str]:
    """One pattern for all globs: ``*`` stays in a folder, ``**`` does not; without a slash the file's name is meant."""
    return re.compile("|".join(_glob(one if "/" in one else f"**/{one}") for one in patterns) or "(?!)", re.DOTALL)


def _glob(pattern: str) -> str:
    parts = _WILD.split(pattern.removeprefix("/"))
    signs = _WILD.findall(pattern.removeprefix("/"))
    return "".join(re.escape(part) + _MEANING.get(sign, "") for part, sign in zip(parts, [*signs, ""], strict=True))
