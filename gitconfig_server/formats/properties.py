"""From nested values to Spring's flat keys, and from several sources to one; ``nesting`` leads back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gitconfig_server.errors import InvalidInput, TooLarge
from gitconfig_server.formats.values import join_index, join_key, key_segment, leaf_value
from gitconfig_server.model.environments import Value

MAX_DEPTH = 100
MAX_KEY = 4096


def flatten(nested: object) -> dict[str, Value]:
    """Spring's flattening (``YamlProcessor``): ``a.b``, ``a[0]``; ``[]`` is ``""``, ``{}`` leaves nothing.

    What is not a mapping stands at the key ``document``. Of two spellings of one key the later value wins. Raises
    InvalidInput for values that configuration cannot hold, TooLarge for nesting past MAX_DEPTH.
    """
    root = nested if isinstance(nested, Mapping) else {"document": nested}
    return dict(_leaves(root, "", 0))


def _leaves(node: object, path: str, depth: int) -> Iterator[tuple[str, Value]]:
    if depth > MAX_DEPTH:
        raise TooLarge(f"nesting at {path[:80]!r}", MAX_DEPTH)
    if isinstance(node, Mapping):
        for key, child in node.items():
            yield from _leaves(child, join_key(path, key_segment(key)), depth + 1)
    elif isinstance(node, list | tuple) and node:
        for index, child in enumerate(node):
            yield from _leaves(child, join_index(path, index), depth + 1)
    elif isinstance(node, list | tuple):
        yield path, ""
    elif node is None or isinstance(node, str | int | float):
        yield path, leaf_value(node)
    else:
        raise InvalidInput(f"{path}: a {type(node).__name__} cannot be stored: use text, a number or a boolean")


def merge(sources: Iterable[Mapping[str, Value]]) -> dict[str, Value]:
    """One flat map of several, the strongest first in ``sources`` (Spring's ``convertToProperties``).

    An overridden key keeps its first place. Keys with ``[`` form groups by the text before it; a stronger source
    replaces a whole group, so lists are never mixed; groups follow all plain keys. A list may also be one text
    (``""`` is an empty one, ``a,b`` has two items): whichever way it is written, the stronger source has all of it,
    as Boot's binder takes a list from one source alone. ``spring.profiles`` is dropped.
    """
    plain: dict[str, Value] = {}
    groups: dict[str, dict[str, Value]] = {}
    for source in reversed(list(sources)):
        own: dict[str, dict[str, Value]] = {}
        texts: dict[str, Value] = {}
        for key, value in source.items():
            if "[" in key:
                own.setdefault(key.partition("[")[0], {})[key] = value
            else:
                texts[key] = value
        for name in own.keys() & plain.keys():
            del plain[name]
        for name in texts.keys() & groups.keys():
            del groups[name]
        plain.update(texts)
        groups.update(own)
    for group in groups.values():
        plain.update(group)
    plain.pop("spring.profiles", None)
    return plain
