"""Changing a ``.properties`` text in place."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gitconfig_server.formats.editing.lines import Lines, Patches
from gitconfig_server.formats.editing.properties.entries import PropertyDocument, PropertyEntry
from gitconfig_server.formats.editing.tree import Key, ListNode, MapNode, Node, ScalarNode, resolved
from gitconfig_server.formats.reading.properties_text import SEPARATOR

_DANGLING = re.compile(r"(?<!\\)(?:\\\\)*\\(?:\r\n|\r|\n)?[ \t\f]*\Z")


def write_properties(
    lines: Lines, document: PropertyDocument, root: MapNode, wanted: MapNode, *, is_first: bool, keep_text: bool
) -> str:
    """The text with one document, whose tree is ``root``, brought to ``wanted``.

    ``is_first``: none before it has a key, so that it may begin with a comment.
    ``keep_text``: an entry whose value stands at another key now keeps its line, with the new key.
    """
    patched = _Entries(document, is_first)
    patched.become(root, wanted, keep_text=keep_text)
    patches = Patches(lines)
    patched.patch(lines, patches)
    return patches.result()


class _Entries:
    """The entries of one document and what they are to become."""

    def __init__(self, document: PropertyDocument, is_first: bool) -> None:
        self._entries = document.entries
        self._end = document.end
        self._is_first = is_first
        self._added: list[PropertyEntry] = []

    def become(self, root: MapNode, wanted: MapNode, *, keep_text: bool) -> None:
        """Let the entries say what ``wanted`` does. Of a key that stands several times the last is the one it has."""
        spread = self._take_spread(root, wanted)
        names = {id(node): key for key, node in root.entries.items() if key not in spread} if keep_text else {}
        last = {entry.name: entry for entry in self._entries if not entry.is_spread}
        chosen: dict[Key, PropertyEntry] = {}
        for key, node in wanted.entries.items():
            own = names.get(id(_origin(node)))
            if own is not None and (own == key or wanted.entries.get(own) is not node):
                chosen[key] = last[own.text]
        taken = set(chosen.values())
        for key in wanted.entries:
            if key not in chosen and key.text in last and last[key.text] not in taken:
                chosen[key] = last[key.text]
        kept = set(chosen.values())
        for entry in self._entries:
            if not entry.is_spread:
                is_hidden = last[entry.name] is not entry and chosen.get(Key(entry.name)) is last[entry.name]
                entry.removed = entry not in kept and not is_hidden
        for key, entry in chosen.items():
            self._update(entry, key.text, root, wanted.entries[key])
        self._add(wanted, chosen, {key.text: entry for key, entry in spread.items()} | last)

    def _take_spread(self, root: MapNode, wanted: MapNode) -> dict[Key, PropertyEntry]:
        """Keys that are items of ``name[]=a,b`` beside a single value; its line goes where one of them changes."""
        found: dict[Key, PropertyEntry] = {}
        for entry in self._entries:
            if entry.is_spread:
                keys = [Key(name) for name in entry.item_names]
                entry.removed = any(wanted.entries.get(key) is not root.entries[key] for key in keys)
                found.update((key, entry) for key in keys if root.entries[key].start == entry.start)
        return found

    def _update(self, entry: PropertyEntry, name: str, root: MapNode, node: Node) -> None:
        node = resolved(node)
        standing = root.entries[Key(entry.name)]
        if name != entry.name:
            entry.rename(name)
        if isinstance(node, ListNode):
            known = (
                {id(item): number for number, item in enumerate(standing.items)}
                if isinstance(standing, ListNode)
                else {}
            )
            items = [(known.get(id(item)), item) for item in node.items]
            if [number for number, _ in items] != list(range(len(known))):
                entry.set_items([(number, str(item.value)) for number, item in items if isinstance(item, ScalarNode)])
        elif node is not standing and isinstance(node, ScalarNode):
            if entry.items is not None:
                entry.items = None
                entry.rename(name)
            entry.set(str(node.value))

    def _add(self, wanted: MapNode, chosen: dict[Key, PropertyEntry], last: dict[str, PropertyEntry]) -> None:
        """Write new entries behind those they follow, else behind the last one."""
        made: dict[Key, PropertyEntry] = {}
        behind = next((one for one in reversed(self._entries)), None)
        for key, node in wanted.entries.items():
            stands = last.get(key.text)
            line = stands if stands is not None and stands.is_spread else None
            if key in chosen or (line is not None and not line.removed):
                continue
            entry = made[key] = PropertyEntry(key.text, "")
            leader_key = wanted.follows.get(key)
            leader = line or behind
            if leader_key is not None:
                leader = chosen.get(leader_key) or made.get(leader_key) or last.get(leader_key.text) or behind
            if leader is not None and not (leader.leader or leader.start >= 0):
                leader = behind  # it went and came again: what it followed is itself, or stands nowhere yet
            if leader is not None:
                entry.follow(leader)
            else:
                self._added.append(entry)
            value = resolved(node)
            if isinstance(value, ListNode):
                entry.set_items([(None, str(item.value)) for item in value.items if isinstance(item, ScalarNode)])
                continue
            assert isinstance(value, ScalarNode), "text and lists of text are all there is"
            entry.set(str(value.value))

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
        _put_lines(self._end, self._added, lines, patches)

    def _leading(self, lines: Lines) -> PropertyEntry | None:
        """The entry that moves up to where the first one was: no document but the first may begin with a comment."""
        written = (one for entry in self._entries for one in (entry, *entry.followers) if not one.removed)
        first = next(written, None)
        if self._is_first or not first or self._entries[0] in (first, first.leader):
            return None
        behind = first.leader.end if first.leader else first.start
        between = lines.text[self._entries[0].end : behind].splitlines()
        return first if any(line.lstrip()[:1] in ("#", "!") for line in between) else None


def _origin(node: Node) -> Node:
    return node.origin or node if isinstance(node, ListNode) else node


def _put_lines(at: int, entries: Sequence[PropertyEntry], lines: Lines, patches: Patches) -> None:
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
