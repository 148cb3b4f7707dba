"""Changing a ``.properties`` text in place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

from gitconfig_server.errors import InvalidEdit
from gitconfig_server.formats.editing.keys import SortedKeys, by_index, is_index, next_index, parents, split_key
from gitconfig_server.formats.editing.lines import PLAIN_BREAKS, Lines, Patches
from gitconfig_server.formats.editing.plan import Change, Nested, Put
from gitconfig_server.formats.editing.properties.entries import Entry, read_documents
from gitconfig_server.formats.properties import flatten
from gitconfig_server.formats.reading.properties_text import SEPARATOR
from gitconfig_server.formats.values import scalar_text

_DANGLING = re.compile(r"(?<!\\)(?:\\\\)*\\(?:\r\n|\r|\n)?[ \t\f]*\Z")


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
            self._put(one, text, is_new_item=one == key)

    def drop(self, key: str) -> None:
        """Remove a key and all beneath it."""
        following = next_index(key)
        if following and self._reaches(following):
            self._refuse(key, "only the last item of a list can be removed: set the whole list")
        standing = [key] if key in self._at else []
        for one in sorted(standing + self._sorted.beneath(key), key=by_index, reverse=True):
            self._remove(one)

    def _remove(self, key: str) -> None:
        for entry in self._at[key]:
            if entry.is_inside(key):
                self._spread(entry)
        for entry in self._at.pop(key):
            entry.remove(key)
        self._sorted.remove(key)

    def _spread(self, entry: Entry) -> None:
        """Give each item of a list its own entry, so that one of them can go."""
        for one in entry.spread():
            self._at[one.name] = [one if other is entry else other for other in self._at[one.name]]

    def _put(self, key: str, text: str, is_new_item: bool) -> None:
        if key in self._at:
            self._at[key][-1].set(key, text)
            return
        part = split_key(key)[-1]
        if is_new_item:
            self._check_next(key, part)
        above = list(parents(key))
        lists = self._at.get(f"{above[-1]}[0]", []) if above else []
        entry = next((one for one in lists if one.add(key, text)), None)
        if entry is None:
            entry = self._added_entry(key, text, above)
        self._at[key] = [entry]
        self._sorted.add(key)
        self._latest[above[-1] if above else ""] = entry

    def _check_next(self, key: str, part: str) -> None:
        """Refuse an item past the end of its list; in a whole list, ``{}`` leaves a hole."""
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
        leading = self._leading(lines)
        top = cut = -1
        for entry in self._entries:
            following = lines.following(entry.end)
            if leading and entry is self._entries[0]:
                patches.put_lines(entry.start, following, [leading.text_in(lines)])
            elif entry.removed or entry is leading:
                top, cut = top if cut == entry.start else entry.start, following
                patches.put_lines(entry.start, following, [""] if _parts_comments(lines, top, cut) else [])
            elif entry.changed:
                patches.replace(entry.start, entry.end, entry.text_in(lines))
            _put_lines(following, [one for one in entry.followers if one is not leading], lines, patches)
        _put_lines(len(lines.text), self._added, lines, patches)

    def _leading(self, lines: Lines) -> Entry | None:
        """The entry that moves up to where the first one was: no document but the first may begin with a comment."""
        written = (one for entry in self._entries for one in (entry, *entry.followers) if not one.removed)
        first = next(written, None)
        if self._is_first or not first or self._entries[0] in (first, first.leader):
            return None
        behind = first.leader.end if first.leader else first.start
        between = lines.text[self._entries[0].end : behind].splitlines()
        return first if any(line.lstrip()[:1] in ("#", "!") for line in between) else None

    def _refuse(self, key: str, reason: str) -> NoReturn:
        raise InvalidEdit(self._path, key, reason)


def _put_lines(at: int, entries: Sequence[Entry], lines: Lines, patches: Patches) -> None:
    """Write new entries; behind a text that ends with a backslash an empty line is what that takes in."""
    written = [one.text_in(lines) for one in entries if not one.removed]
    if written and at == len(lines.text) and _DANGLING.search(lines.text):
        written.insert(0, "")
    patches.put_lines(at, at, written)


def _parts_comments(lines: Lines, top: int, end: int) -> bool:
    """Whether the separator at ``end`` would be a mere comment, once it stands right below what is above ``top``."""
    above = lines.text[lines.start(top - 1) : top].lstrip() if top else ""
    below = lines.text[end : lines.end(end)]
    return bool(SEPARATOR.fullmatch(below)) and above[:1] == below[:1]
