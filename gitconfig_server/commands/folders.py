"""Checking a folder without a server: what a push of it would be told."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from gitconfig_server.config.checking.checker import Checker
from gitconfig_server.config.checking.schemas import SchemaCheck
from gitconfig_server.config.checking.trees import check_tree
from gitconfig_server.errors import InvalidInput
from gitconfig_server.git.objects.reader import ObjectMap, make_blob
from gitconfig_server.git.objects.trees import EMPTY_TREE, FILE, TreeEntry, TreeView, edit_tree
from gitconfig_server.model.findings import Finding
from gitconfig_server.text.rendering import put, put_json
from gitconfig_server.wire.problems import FindingItem

FORMATS = ("text", "json", "github")
MAX_FILES = 250_000
_SECONDS = 60


def check_folder(folder: Path, told: str) -> bool:
    """Print what is wrong with the configuration in a folder, as one of FORMATS tells it; whether nothing is."""
    findings = _find_faults(folder)
    if told == "json":
        put_json({"findings": [FindingItem.of(one).members() for one in findings]})
    for one in findings if told != "json" else ():
        put(_as_github(one) if told == "github" else f"{'error' if one.fatal else 'warning'}: {one}")
    return not any(one.fatal for one in findings)


def _find_faults(folder: Path) -> list[Finding]:
    """What a push of all that stands there would be told, as if nothing had been there before. InvalidInput."""
    tree, nothing = _tree(folder), TreeView(ObjectMap(()), EMPTY_TREE)
    checker = Checker()
    try:
        return [*check_tree(nothing, tree), *SchemaCheck(checker=checker)(nothing, tree)]
    finally:
        checker.close()


def _tree(folder: Path) -> TreeView:
    entries: dict[bytes, TreeEntry | None] = {}
    made = ObjectMap(())
    for path in _files(folder):
        if len(entries) == MAX_FILES:
            raise InvalidInput(f"{folder} holds more than {MAX_FILES:,} files")
        blob = make_blob((folder / path).read_bytes())
        made.add([blob])
        entries[os.fsencode(path)] = TreeEntry(FILE, blob.id)
    tree, trees = edit_tree(made, EMPTY_TREE, entries)
    made.add(trees)
    return TreeView(made, tree)


def _files(folder: Path) -> Iterator[str]:
    """Of a work tree what Git would add; else all of it. Links are not followed."""
    command = ["git", "-C", str(folder), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True).stdout
        names: Sequence[str] = [os.fsdecode(name) for name in dict.fromkeys(listed.split(b"\0")) if name]
    except (OSError, subprocess.SubprocessError):
        names = [
            os.path.relpath(Path(above) / name, folder)
            for above, folders, files in os.walk(folder)
            if folders.sort() is None
            for name in sorted(files)
            if ".git" not in Path(above).relative_to(folder).parts
        ]
    for name in names:
        path = folder / name
        if path.is_file() and not path.is_symlink():
            yield Path(name).as_posix()


def _as_github(finding: Finding) -> str:
    """A workflow command of GitHub Actions, which marks the line in a pull request."""
    place = f"file={_escaped(finding.path, ':,')}" + (f",line={finding.line}" if finding.line else "")
    place += f",col={finding.column}" if finding.column else ""
    kind = "error" if finding.fatal else "warning"
    return f"::{kind} {place},title={_escaped(finding.rule, ':,')}::{_escaped(finding.detail)}"


def _escaped(text: str, more: str = "") -> str:
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
