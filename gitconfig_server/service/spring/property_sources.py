"""From stored sources to those a Spring client gets: full names, origins as text, opened secrets, overrides."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Protocol

from gitconfig_server.model.environments import Position, PropertySource, Value
from gitconfig_server.model.replace import replace
from gitconfig_server.model.spring import ServedSource

_CIPHER = "{cipher}"
"""What an encrypted value begins with."""

_OVERRIDES = "overrides"
"""The name of the source in front; Spring's Java client knows it by this name."""

_OVERRIDES_ORIGIN = "Config server overrides"


class Decrypted(Protocol):
    """Properties with their secrets opened; ``plain_keys`` are those whose values stand in no file."""

    @property
    def properties(self) -> Mapping[str, Value]:
        """All of them, in the order they are to be shown."""

    @property
    def plain_keys(self) -> Collection[str]:
        """Keys of opened values, and of those that could not be opened."""


Decrypt = Callable[[Mapping[str, Value]], Decrypted]
"""Opens the secrets of one source; a pure function that may take long."""

DecryptText = Callable[[str, str], str]
"""Opens the secrets in a file's text, given its path; a pure function that may take long."""


class _Origins(Mapping[str, str]):
    """Positions, made text when they are looked at: most requests never do."""

    def __init__(self, positions: Mapping[str, Position]) -> None:
        self._positions = positions

    def __getitem__(self, key: str) -> str:
        return str(self._positions[key])

    def __contains__(self, key: object) -> bool:
        return key in self._positions

    def __iter__(self) -> Iterator[str]:
        return iter(self._positions)

    def __len__(self) -> int:
        return len(self._positions)


def served_source(uri: str, source: PropertySource) -> ServedSource:
    """A stored source under its full name."""
    return ServedSource(f"{uri}/{source.name}", source.properties, _Origins(source.positions), source.blob)


def holds_ciphers(source: ServedSource) -> bool:
    """Whether a value is encrypted."""
    return any(isinstance(value, str) and value.startswith(_CIPHER) for value in source.properties.values())


def decrypted(source: ServedSource, decrypt: Decrypt) -> ServedSource:
    """The source with its secrets opened; those values have no origin any more.

    Its content is named by the stored file's and by what came of the keys, never by a secret.
    """
    opened = decrypt(source.properties)
    origins = {key: str(place) for key, place in source.origins.items() if key not in opened.plain_keys}
    keys = hashlib.sha256("\n".join([*opened.properties, "", *sorted(opened.plain_keys)]).encode("utf-8", "replace"))
    content = f"{source.content} {keys.hexdigest()}"
    return replace(source, properties=opened.properties, origins=origins, content=content)


def overrides_source(overrides: Mapping[str, str]) -> ServedSource:
    r"""The source in front. ``\{`` is ``{`` in it and ``\${`` is ``${``, so that clients can be left to fill it in."""
    properties = {key: value.replace("\\{", "{").replace("\\${", "${") for key, value in overrides.items()}
    content = hashlib.sha256(repr(sorted(properties.items())).encode("utf-8", "replace")).hexdigest()
    return ServedSource(_OVERRIDES, properties, dict.fromkeys(properties, _OVERRIDES_ORIGIN), content)
