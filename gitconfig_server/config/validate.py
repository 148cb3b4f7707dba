"""Checking the files of a tree that somebody wants to make a label's new tip."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from gitconfig_server.config.documents import DEFAULT_LIMITS, Limits
from gitconfig_server.config.formats import REPEATED_KEYS, extension_of, extensions, parse
from gitconfig_server.config.locations import is_text
from gitconfig_server.config.manifest import MANIFEST, Manifest, parse_manifest, read_manifest
from gitconfig_server.config.resolve import DEFAULT_OPTIONS, ResolveOptions
from gitconfig_server.errors import InvalidContent
from gitconfig_server.findings import Finding
from gitconfig_server.git.trees import TreeEntry, TreeView, changed_files

MAX_FINDINGS = 100

_WILD = re.compile(r"\*\*/|\*\*|\*|\?")
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def check_tree(
    old: TreeView | None,
    new: TreeView,
    options: ResolveOptions = DEFAULT_OPTIONS,
    *,
    ignore: Iterable[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> list[Finding]:
    """What is wrong with the configuration files of ``new`` that differ from those of ``old`` (None: with all).

    Fatal: a file that cannot be read, the manifest included, and a key that gets a second spelling. Only remarked:
    second spellings that stood there before, or that come with a first tip, and ``spring.profiles``: histories hold
    both. Files that match a glob of ``ignore`` are not looked at. Fatal ones first, at most MAX_FINDINGS and a last
    one that counts the rest.
    """
    ignored = _globs(ignore)
    findings: list[Finding] = []
    for path, before, after in _files_to_check(old, new, options):
        if path == MANIFEST:
            findings += _check_manifest(new.read(after.id))
        elif not ignored.fullmatch(path):
            known = _known_spellings(path, old, before, limits)
            findings += _check_file(path, new.read(after.id), limits, known)
    return _shortened(sorted(findings, key=lambda finding: not finding.fatal))


def _files_to_check(
    old: TreeView | None, new: TreeView, options: ResolveOptions
) -> Iterator[tuple[str, TreeEntry | None, TreeEntry]]:
    reads_json = options.json or _manifest(new).json
    read_json_before = options.json or (old is not None and _manifest(old).json)
    read = extensions(reads_json)
    for name, before, after in changed_files(old, new):
        if after and after.is_file and is_text(name) and extension_of(name.decode()) in read:
            yield name.decode(), before, after
    if old is not None and reads_json and not read_json_before:
        for name, entry in new.walk():
            if entry.is_file and is_text(name) and extension_of(name.decode()) == "json" and old.entry(name) == entry:
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


def _check_file(path: str, content: bytes, limits: Limits, known: Collection[str] | None) -> Iterator[Finding]:
    try:
        documents = parse(path, content, limits)
    except InvalidContent as error:
        yield _finding(error)
        return
    for remark in (remark for document in documents for remark in document.remarks):
        added = known is not None and remark.rule in REPEATED_KEYS and remark.key not in known
        yield remark.finding(path, fatal=added)


def _known_spellings(
    path: str, old: TreeView | None, before: TreeEntry | None, limits: Limits
) -> Collection[str] | None:
    """The keys that the old version of a file sets twice; None where there is no old tip to compare with."""
    if old is None:
        return None
    if before is None or not before.is_file:
        return ()
    try:
        documents = parse(path, old.read(before.id), limits)
    except InvalidContent:
        return ()
    return {remark.key for document in documents for remark in document.remarks if remark.rule in REPEATED_KEYS}


def _finding(error: InvalidContent) -> Finding:
    return Finding(error.path, error.rule, error.detail, error.line, error.column)


def _shortened(findings: list[Finding]) -> list[Finding]:
    rest = findings[MAX_FINDINGS:]
    if not rest:
        return findings
    last = Finding(rest[0].path, "more-findings", f"… and {len(rest)} more", fatal=rest[0].fatal)
    return [*findings[:MAX_FINDINGS], last]


def _globs(patterns: Iterable[str]) -> re.Pattern[str]:
    """One pattern for all globs: ``*`` stays in a folder, ``**`` does not; without a slash the file's name is meant."""
    return re.compile("|".join(_glob(one if "/" in one else f"**/{one}") for one in patterns) or "(?!)", re.DOTALL)


def _glob(pattern: str) -> str:
    parts = _WILD.split(pattern.removeprefix("/"))
    signs = _WILD.findall(pattern.removeprefix("/"))
    return "".join(re.escape(part) + _MEANING.get(sign, "") for part, sign in zip(parts, [*signs, ""], strict=True))
