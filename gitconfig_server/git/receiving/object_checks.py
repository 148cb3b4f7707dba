"""What one object must be like: everything ``git fsck --strict`` fails on, and our own rules for what a tree may hold.

Commits, tags and identities: git's ``fsck.c``, ``fsck_commit``, ``fsck_tag``, ``fsck_ident``. Trees: ``fsck_tree``,
``verify_ordered``. ``.gitattributes``: ``fsck_blob``. A fault is raised as InvalidContent; its path is the name of the
tree entry at fault, empty where the object as a whole is meant.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from gitconfig_server.errors import InvalidContent
from gitconfig_server.git.objects.path_names import check_component
from gitconfig_server.git.objects.tree_bytes import split_tree
from gitconfig_server.git.objects.tree_sets import EntryBytes, parts

_MAX_ATTRIBUTES_LINE = 2048
"""Git ignores the file from the first line of this length on, and its fsck fails."""

_FOLDER_MODE = b"40000"
_FILE_MODES = (b"100644", b"100755", b"100664")
"""The last one is of old tools; fsck has nothing against it."""

_OTHER_MODES = {
    b"120000": ("symlink", "symbolic links are not accepted"),
    b"160000": ("submodule", "submodules are not accepted"),
}
_MODULES = b".gitmodules"
_NULL = bytes(20)
_REMEMBERED = 200_000
"""Entries that need no second look."""

_ID = rb"(?!0{40})([0-9a-f]{40})\n"
_IDENTITY = rb"[^<>\n]* <[^<>\n]*> (?:0|[1-9][0-9]{0,17}) [+-][0-9]{4}\n"
_SOUND_COMMIT = re.compile(
    rb"tree " + _ID + rb"((?:parent (?!0{40})[0-9a-f]{40}\n)*+)"
    rb"author " + _IDENTITY + rb"committer " + _IDENTITY.replace(b"(?:", b"(")
)
_PARENT_LENGTH = len("parent \n") + 40
_TREE_LINE = re.compile(rb"tree " + _ID)
_PARENT_LINE = re.compile(rb"parent " + _ID)
_AUTHOR_LINE = re.compile(rb"author " + _IDENTITY)
_COMMITTER_LINE = re.compile(rb"committer " + _IDENTITY)
_TAG_LINES = re.compile(rb"object " + _ID + rb"type (commit|tree|blob|tag)\ntag [^\n]+\n")
_TAGGER_LINE = re.compile(rb"tagger " + _IDENTITY)


def check_commit(raw: bytes) -> tuple[bytes, list[bytes], int]:
    """The tree and the parents of a commit, in hex, and its committer's seconds."""
    _check_headers("commit", raw, raw)
    if sound := _SOUND_COMMIT.match(raw):
        lines = sound[2]
        parents = [lines[at + 7 : at + 47] for at in range(0, len(lines), _PARENT_LENGTH)]
        return sound[1], parents, int(sound[3])
    line = _TREE_LINE.match(raw)
    if not line:
        raise _malformed("commit", "it does not begin with the id of its tree")
    at = line.end()
    while line := _PARENT_LINE.match(raw, at):
        at = line.end()
    if not _AUTHOR_LINE.match(raw, at):
        raise _malformed("commit", "its author line is missing or malformed")
    raise _malformed("commit", "its committer line is missing or malformed")


def check_tag(raw: bytes) -> tuple[bytes, bytes]:
    """The object that a tag names, in hex, and the word for its type."""
    _check_headers("tag", raw, raw.partition(b"\n\n")[0])
    lines = _TAG_LINES.match(raw)
    if not lines:
        raise _malformed("tag", "it does not begin with object, type and tag")
    if raw.startswith(b"tagger ", lines.end()) and not _TAGGER_LINE.match(raw, lines.end()):
        raise _malformed("tag", "its tagger line is malformed")
    return lines[1], lines[2]


class TreeChecks:
    """Looks at trees. An entry that has passed is not looked at again: most of a tree is that of the one before.

    ``links``: symbolic links and submodules may be in it. Nobody who reads follows them.
    """

    def __init__(self, *, links: bool = False) -> None:
        self._links = links
        self._keys: dict[EntryBytes, bytes] = {}  # what an entry that has passed is sorted by
        self._names: dict[bytes, bytes] = {}  # the same by mode and name alone
        self._orders: set[tuple[bytes, ...]] = set()
        self._room = _REMEMBERED

    def check(self, raw: bytes) -> tuple[Sequence[EntryBytes], Sequence[EntryBytes]]:
        """The entries of one tree, and those of them that were not met before."""
        try:
            entries = split_tree(raw)
        except ValueError as error:
            raise _malformed("tree", "it cannot be read") from error
        if len(self._keys) > _REMEMBERED:
            self._keys.clear()
            self._names.clear()
        keys = self._keys
        fresh = [entry for entry in entries if entry not in keys]
        for entry in fresh:
            keys[entry] = self._check_entry(entry)
        self._check_order(tuple(map(keys.__getitem__, entries)))
        return entries, fresh

    def _check_entry(self, entry: EntryBytes) -> bytes:
        """What the entry is sorted by."""
        key = self._names.get(entry[:-21])
        if key is None or entry.endswith(_NULL):
            mode, name, at = parts(entry)
            _check_entry(mode, name, at, self._links)
            # Git sorts a folder as if its name ended in a slash
            key = self._names[entry[:-21]] = name + b"/" if mode == _FOLDER_MODE else name
        return key

    def _check_order(self, order: tuple[bytes, ...]) -> None:
        """Whether the names stand as they must; those of most trees are the names of one before."""
        if order in self._orders:
            return
        _check_names([key.removesuffix(b"/") for key in order])
        _check_sorted(order)
        if self._room < len(order):
            self._orders, self._room = set(), _REMEMBERED
        self._orders.add(order)
        self._room -= len(order) + 1


def _check_names(names: Sequence[bytes]) -> None:
    if len(set(names)) != len(names):
        twice = Counter(names).most_common(1)[0][0].decode(errors="replace")
        raise InvalidContent(twice, "duplicate-entry", "the folder names it twice")


def _check_sorted(keys: Sequence[bytes]) -> None:
    if list(keys) != sorted(keys):
        raise InvalidContent("", "tree-order", "the entries of the folder are not in Git's order")


def check_attributes(raw: bytes) -> None:
    """The content of a ``.gitattributes``."""
    if max(map(len, raw.split(b"\n"))) >= _MAX_ATTRIBUTES_LINE:
        raise InvalidContent("", "gitattributes", f"a line reaches {_MAX_ATTRIBUTES_LINE} bytes")


def _check_headers(kind: str, raw: bytes, without_nul: bytes) -> None:
    if b"\0" in without_nul:
        raise _malformed(kind, "it contains a NUL byte")
    if b"\n\n" not in raw and not raw.endswith(b"\n"):
        raise _malformed(kind, "its headers do not end")


def _check_entry(mode: bytes, name: bytes, at: bytes, links: bool) -> None:
    shown = name.decode(errors="replace")
    if mode in _OTHER_MODES:
        if not links:
            raise InvalidContent(shown, *_OTHER_MODES[mode])
    elif mode != _FOLDER_MODE and mode not in _FILE_MODES:
        raise InvalidContent(shown, "mode", f"the mode {mode.decode()} is not accepted")
    reason = check_component(name)
    if reason and not (links and name == _MODULES):
        raise InvalidContent(shown, "path-name", f"the name {reason}")
    if at == _NULL:
        raise InvalidContent(shown, "null-id", "the folder gives it an id of zeros")


def _malformed(kind: str, detail: str) -> InvalidContent:
    return InvalidContent("", f"malformed-{kind}", detail)
