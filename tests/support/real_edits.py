"""Edits of files as they are found, judged from outside: values by ``real_models``, and the lines of the text.

An edit is made to the model as the RFCs say, and to the file by the code that is judged.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any

import javaproperties
import yaml

from gitconfig_server.errors import GitConfigError, InvalidContent
from gitconfig_server.formats.editing.edits import RemoveKey, SetKey, edit_text
from gitconfig_server.formats.editing.patches import apply_patch
from gitconfig_server.formats.editing.texts import EditedText
from gitconfig_server.formats.editing.tree_edits import TreeEdit
from gitconfig_server.formats.reading.formats import parse
from gitconfig_server.model.writes import JsonPatch, MergePatch
from support.real_kinds import Made, Places, make_edit
from support.real_models import Unfit, models_of, yaml_model

BOM = b"\xef\xbb\xbf"

_LONE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_HEADER = re.compile(r"[|>][0-9]?$")
_ANY_END = re.compile(r"\r\n|\r|\n")
_YAML_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


@dataclass
class Outcome:
    """What became of all edits: counts by kind, refusals by reason, and what was wrong."""

    made: Counter[str] = field(default_factory=Counter)
    unfit: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def try_edits(extension: str, name: str, content: bytes, chance: Random, count: int, outcome: Outcome) -> None:
    """Make ``count`` edits of one file, each of the file as it is found. Raises Unfit for one that is none for us."""
    models = models_of(extension, content)
    try:
        parse(f"f.{extension}", content)
    except InvalidContent as error:
        raise Unfit(f"what Spring's reader refuses: {error.rule}") from error
    maps = [number for number, one in enumerate(models) if isinstance(one, dict)]
    if not maps:
        raise Unfit("no map")
    places = {number: Places(extension, models[number]) for number in maps}
    for _ in range(count):
        number = chance.choice(maps)
        try:
            made = make_edit(places[number], chance)
            before = content if len(models) > 1 else dressed(extension, content, chance)
        except Unfit:
            continue
        _try(extension, name, before, number, models, made, outcome)


def _try(
    extension: str, name: str, content: bytes, number: int, models: list[Any], made: Made, outcome: Outcome
) -> None:
    told = f"{name}#{number}: {made.kind} {made.ask!r}"
    try:
        edited = _edited(extension, content, number, made.ask)
    except GitConfigError as error:
        reason = getattr(error, "reason", str(error)) or str(error)
        outcome.refused[f"{error.code}: {' '.join(reason.split())[:70]}"] += 1
        if error.code != "shared-anchor" and "text alone" not in str(error):
            outcome.wrong.append(f"REFUSED {told}: {error}")
        return
    outcome.made[made.kind] += 1
    try:
        found = models_of(extension, edited)
    except Unfit as error:
        outcome.wrong.append(f"UNREADABLE {told}: {error}")
        return
    expected = [made.expected if at == number else one for at, one in enumerate(models)]
    if found != expected:
        outcome.wrong.append(f"VALUES {told}")
    elif lost := _lost(extension, content, edited, number, made):
        outcome.wrong.append(f"LINES {told}: {lost[:3]!r}")


def _edited(extension: str, content: bytes, number: int, ask: Any) -> bytes:
    path = f"f.{extension}"
    if isinstance(ask, SetKey | RemoveKey):
        return edit_text(path, content, [ask], number)
    text = EditedText(path, content, number)
    changes = TreeEdit("f", text.root)
    apply_patch(changes, MergePatch(ask) if isinstance(ask, dict) else JsonPatch(tuple(ask)))
    return text.written(changes.root)


def dressed(extension: str, content: bytes, chance: Random) -> bytes:
    """The same file with other ends of lines, a byte order mark, or without an end of its last line."""
    dress = chance.randrange(6)
    if dress == 0 and b"\r" not in content:
        return content.replace(b"\n", b"\r\n")
    if dress == 1 and extension != "properties" and not content.startswith(BOM):
        return BOM + content
    if dress == 2 and not (extension == "yml" and _ends_in_block(content)):
        return content.rstrip(b"\r\n") or content
    return content


def _ends_in_block(content: bytes) -> bool:
    """Whether a text in a block, to which the end of its last line belongs, may stand at the end."""
    return b"|" in content or b">" in content


def _lost(extension: str, before: bytes, after: bytes, number: int, made: Made) -> list[str]:
    """Lines that went, or stand elsewhere, though the edit does not concern them; and what else of the text went."""
    lost = ["the byte order mark"] if before.startswith(BOM) is not after.startswith(BOM) else []
    if b"\r\n" in before and not _LONE.search(before) and _LONE.search(after):
        lost.append("the ends of lines")
    ends = {"json": ", \t", "yml": ","}.get(extension, "")
    old, new = ([line.rstrip(ends) for line in _lines(extension, content)] for content in (before, after))
    allowed = _span(extension, before, number, made.touched, made.whole)
    if extension == "yml" and not before.endswith(b"\n"):  # a text in a block that ends there gets a sign that says so
        allowed |= {at for at, line in enumerate(old) if _HEADER.search(line)}
    rest = [line for at, line in enumerate(old) if at not in allowed and line.strip()]
    if extension == "json" or made.moves:
        lost += Counter(rest) - Counter(new)
    else:
        lost += _out_of_order(rest, new)
    if extension == "json":
        return lost
    parted = _commented(old, allowed) - _commented(new, set())
    return lost + [f"comment parted from its line: {one[1]}" for one in parted]


def _out_of_order(lines: list[str], new: list[str]) -> list[str]:
    """The lines that do not stand in ``new`` behind those before them."""
    lost, start = [], 0
    for line in lines:
        if line in new[start:]:
            start = new.index(line, start) + 1
        else:
            lost.append(line)
    return lost


def _lines(extension: str, content: bytes) -> list[str]:
    """As the format's own reader counts them."""
    if extension == "properties":
        return _ANY_END.split(content.decode("iso-8859-1"))
    return (_YAML_END if extension == "yml" else _ANY_END).split(content.decode("utf-8-sig"))


def _commented(lines: list[str], allowed: set[int]) -> Counter[tuple[str, str]]:
    """Each comment with the line right below it that begins in the same column, where no edit concerns either."""
    pairs = pairwise(lines)
    return Counter(
        (one.strip(), other.strip())
        for number, (one, other) in enumerate(pairs)
        if one.lstrip().startswith("#") and other.strip() and not {number, number + 1} & allowed
        if len(one) - len(one.lstrip()) == len(other) - len(other.lstrip())
    )


def _span(extension: str, content: bytes, number: int, path: tuple[Any, ...], whole: bool) -> set[int]:
    """The numbers of the lines that a place stands on. Of JSON all are let through: its values are compared anyway."""
    if extension == "json":
        return {0, len(content.splitlines()) - 1} if not path else set(range(10**6))
    if extension == "properties":
        return set(range(10**6)) if not path else _entry_lines(content, path[0][1])
    node: Any = list(yaml.compose_all(content.decode("utf-8-sig"), Loader=yaml.CSafeLoader))[number]
    start = node.start_mark.line
    more: set[int] = set()
    for depth, step in enumerate(path, 1):
        above_it, parent = start, node
        if isinstance(node, yaml.MappingNode):
            key, node = next((key, value) for key, value in node.value if yaml_model(key) == step)
            start = key.start_mark.line
            if depth == len(path):
                more.update(range(start, key.end_mark.line + 1), {node.start_mark.line})
        else:
            node = node.value[step]
            start = node.start_mark.line
        if depth == len(path) and len(parent.value) == 1:
            more.update({above_it, parent.end_mark.line})  # it becomes {} or []
        elif depth == len(path):
            starts = [one[0] if isinstance(one, tuple) else one for one in parent.value[:2]]
            if starts[0].start_mark.line in (start, node.start_mark.line):
                more.add(starts[1].start_mark.line)  # the next key or item may move up to a dash
    lines = _lines(extension, content)
    end = node.end_mark.line
    above = start
    while above and lines[above - 1].lstrip().startswith("#"):
        above -= 1
    if not whole:  # a flow or an empty value may be written anew; of a block the first line may change
        is_whole = isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value
        if isinstance(node, yaml.SequenceNode) and lines[node.start_mark.line][: node.start_mark.column].strip():
            more |= {item.start_mark.line for item in node.value}  # the first one stands behind a dash or colon
        return more | set(range(start, end + 1)) if is_whole else more | {start}
    below = end + 1
    while below < len(lines) and (not lines[below].strip() or lines[below].lstrip().startswith("#")):
        below += 1
    return more | set(range(above, below))


def _entry_lines(content: bytes, key: str) -> set[int]:
    """The lines of an entry of ``.properties``, all that spell its key."""
    found: set[int] = set()
    number = 0
    for one in javaproperties.parse(content.decode("iso-8859-1")):
        height = len(one.source.splitlines()) or 1
        if getattr(one, "key", None) == key:
            found |= set(range(number, number + height))
        number += height
    return found
