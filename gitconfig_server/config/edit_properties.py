"""Changing a ``.properties`` text in place."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import NoReturn

from gitconfig_server.config.edit_entries import Entry, read_documents
from gitconfig_server.config.edit_keys import SortedKeys, by_index, is_index, next_index, parents, split_key
from gitconfig_server.config.edit_lines import PLAIN_BREAKS, Lines, Patches
from gitconfig_server.config.edit_plan import Change, Nested, Put
from gitconfig_server.config.properties import flatten
from gitconfig_server.config.properties_text import SEPARATOR
from gitconfig_server.config.values import scalar_text
from gitconfig_server.errors import InvalidEdit


def edit_properties(path: str, text: str, changes: Sequence[Change], number: int) -> tuple[str, dict[str, str]]:
    """The text after the changes to its ``number``-th document; a text without any gets one. There are no aliases."""
    lines = Lines(text, PLAIN_BREAKS)
    documents = read_documents(lines)
    entries = _Entries(path, documents[number] if documents else [], is_first=not number)
    for change in changes:
        if isinstance(change, Put):
            entries.put(change.key, change.value)
        else:
            entries.drop(change.key)
    patches = Patches(lines)
    entries.patch(lines, patches)
    return patches.result(), {}


class _Entries:
    """The entries of one document and the changes made to them."""

    def __init__(self, path: str, entries: list[Entry], is_first: bool) -> None:
        self._path = path
        self._entries = entries
        self._is_first = is_first
        self._added: list[Entry] = []
        self._at: dict[str, list[Entry]] = {}
        for entry in entries:
            for key in entry.flat_keys():
                self._at.setdefault(key, []).append(entry)
        self._sorted = SortedKeys(self._at)
        self._latest: dict[str, Entry] = {}

    def put(self, key: str, value: Nested) -> None:
        """Set a key; what stands beneath goes, unless the key itself stands."""
        texts = {one: scalar_text(leaf) for one, leaf in flatten({key: value}).items()}
        gone = [key] if key in self._at else self._sorted.beneath(key)
        for one in sorted(gone, key=by_index, reverse=True):
            if one not in texts:
                self._remove(one)
        for one, text in texts.items():
            self._put(one, text)

    def drop(self, key: str) -> None:
        """Remove a key and all beneath it."""
        following = next_index(key)
        if following and self._reaches(following):
            self._refuse(key, "only the last item of a list can be removed: set the whole list")
        standing = [key] if key in self._at else []
        for one in sorted(standing + self._sorted.beneath(key), key=by_index, reverse=True):
            self._remove(one)

    def _remove(self, key: str) -> None:
        for entry in self._at.pop(key):
            entry.remove(key)
        self._sorted.remove(key)

    def _put(self, key: str, text: str) -> None:
        if key in self._at:
            self._at[key][-1].set(key, text)
            return
        self._check(key)
        above = list(parents(key))
        lists = self._at.get(f"{above[-1]}[0]", []) if above else []
        entry = next((one for one in lists if one.add(key, text)), None)
        if entry is None:
            entry = self._added_entry(key, text, above)
        self._at[key] = [entry]
        self._sorted.add(key)
        self._latest[above[-1] if above else ""] = entry

    def _check(self, key: str) -> None:
        """Refuse a key that is none, and an item past the end of its list."""
        part = split_key(key)[-1]
        path = key[: -len(part)]
        if is_index(part) and part != "[0]" and not self._reaches(f"{path}[{int(part[1:-1]) - 1}]"):
            self._refuse(key, f"{path} has no item before {part}: add them in order")

    def _added_entry(self, key: str, text: str, above: list[str]) -> Entry:
        entry = Entry(key, "")
        like = self._sibling(above)
        if like and (like.leader or like.start >= 0):
            entry.follow(like)
        else:
            self._added.append(entry)
        entry.set(key, text)
        return entry

    def _sibling(self, above: Sequence[str]) -> Entry | None:
        """The last entry whose key shares the most parents."""
        for parent in reversed(above):
            if parent in self._latest:
                return self._latest[parent]
            keys = self._sorted.beneath(parent)
            if keys:
                return max((self._at[key][-1] for key in keys), key=lambda entry: (entry.start < 0, entry.start))
        return self._entries[-1] if self._entries else None

    def _reaches(self, key: str) -> bool:
        return key in self._at or self._sorted.any_beneath(key)

    def patch(self, lines: Lines, patches: Patches) -> None:
        """Bring the text to what the entries are."""
        leading = self._new_first(lines)
        for entry in self._entries:
            following = lines.following(entry.end)
            if leading and entry is self._entries[0]:
                patches.put_lines(entry.start, following, [leading.text_in(lines)])
            elif entry.removed or entry is leading:
                patches.put_lines(entry.start, following, [""] if _parts_comments(entry, lines) else [])
            elif entry.changed:
                patches.replace(entry.start, entry.end, entry.text_in(lines))
            self._patch_added(entry.followers, following, patches)
        self._patch_added(self._added, len(lines.text), patches)

    def _new_first(self, lines: Lines) -> Entry | None:
        """The entry that has to move up to where the first one goes: a document must not begin with a comment."""
        gone = list(takewhile(lambda entry: entry.removed and not entry.followers, self._entries))
        if self._is_first or not gone or len(gone) == len(self._entries):
            return None
        following = self._entries[len(gone)]
        between = lines.text[gone[0].end : following.start].splitlines()
        is_commented = any(line.lstrip()[:1] in ("#", "!") for line in between)
        return following if is_commented and not following.removed else None

    def _patch_added(self, entries: Sequence[Entry], at: int, patches: Patches) -> None:
        patches.put_lines(at, at, [entry.line() for entry in entries if not entry.removed])

    def _refuse(self, key: str, reason: str) -> NoReturn:
        raise InvalidEdit(self._path, key, reason)


def _parts_comments(entry: Entry, lines: Lines) -> bool:
    """Whether the separator below an entry would be a mere comment once it stands right beneath another one."""
    above = lines.text[lines.start(entry.start - 1) : entry.start].lstrip() if entry.start else ""
    at = lines.following(entry.end)
    below = lines.text[at : lines.end(at)]
    return bool(SEPARATOR.fullmatch(below)) and above[:1] == below[:1]
