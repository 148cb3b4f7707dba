"""From a file's name and bytes to its documents, whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.activation import CHOICES, LEGACY, read_activation, spring_keys
from gitconfig_server.formats.reading.directives import read_directives
from gitconfig_server.formats.reading.documents import (
    DEFAULT_LIMITS,
    NOWHERE,
    Document,
    FlatDocument,
    Positions,
    ReadLimits,
    Remark,
)
from gitconfig_server.formats.reading.json_text import read_json
from gitconfig_server.formats.reading.properties_text import read_properties
from gitconfig_server.formats.reading.xml_text import read_xml
from gitconfig_server.formats.reading.yaml_text import read_yaml

_Reader = Callable[[str, bytes, ReadLimits], list[FlatDocument]]

READERS: Mapping[str, _Reader] = {
    "properties": read_properties,
    "xml": read_xml,
    "yml": read_yaml,
    "yaml": read_yaml,
    "json": read_json,
}
"""Extension -> reader, the strongest extension first. JSON is not Spring's: it counts only where a tree declares it."""

_WITHOUT_PLACES = frozenset(["xml"])
"""Formats whose values Spring knows no place of, so that none is shown."""

REPEATED_KEYS = ("second-spelling", "duplicate-key")
"""Rules of remarks about a key that one document sets twice; the last value counts."""

_MAX_REMEMBERED = 8
"""Texts of one write that are remembered: the same one is asked for again at once, or never."""

_Known = dict[tuple[bytes, str, ReadLimits], tuple[Document, ...]]
_PARSED: ContextVar[_Known | None] = ContextVar("parsed", default=None)

LEGACY_PROFILES = "legacy-spring-profiles"
PROFILE_CHOICE = "profile-in-profile"


def extensions(json: bool = False) -> tuple[str, ...]:
    """The extensions of configuration files, strongest first."""
    return tuple(name for name in READERS if json or name != "json")


def extension_of(path: str) -> str:
    """What follows the last dot of the file's name, ``""`` where there is none or nothing before it. Case matters."""
    stem, dot, extension = path.rpartition("/")[2].rpartition(".")
    return extension if dot and stem else ""


def parse(
    path: str, content: bytes, limits: ReadLimits = DEFAULT_LIMITS, extension: str | None = None
) -> tuple[Document, ...]:
    """The non-empty documents of a file, in file order, read as ``extension`` says; None: that of ``path``.

    Depends on nothing but its arguments, and on ``path`` only for the extension and for what errors say. An empty file
    has no documents. Raises InvalidContent with the place of what cannot be read.
    """
    extension = extension_of(path) if extension is None else extension
    if len(content) > limits.bytes:
        raise InvalidContent(path, "too-large", f"{len(content)} bytes are over the limit of {limits.bytes}")
    known = _PARSED.get()
    if known is None:
        return _parse(path, content, limits, extension)
    key = (content, extension, limits)
    if key not in known:
        if len(known) >= _MAX_REMEMBERED:
            known.clear()
        known[key] = _parse(path, content, limits, extension)
    return known[key]


@contextmanager
def parsing_once() -> Iterator[None]:
    """Within it one text is parsed once, whoever asks: an edit reads back what a check looks at next."""
    token = _PARSED.set({})
    try:
        yield
    finally:
        _PARSED.reset(token)


def _parse(path: str, content: bytes, limits: ReadLimits, extension: str) -> tuple[Document, ...]:
    flat = READERS[extension](path, content, limits)
    placed = extension not in _WITHOUT_PLACES
    return tuple(_document(path, one, number if len(flat) > 1 else None, placed) for number, one in enumerate(flat))


def _document(path: str, flat: FlatDocument, number: int | None, placed: bool) -> Document:
    flat.note_spellings()
    properties, remarks = flat.properties, tuple(flat.remarks)
    positions = Positions({key: one for key, one in flat.places.items() if one != NOWHERE} if placed else {})
    said = spring_keys(properties)
    if not said:
        return Document(number, properties, positions, None, remarks, index=flat.index)
    advice = "has not been read since Spring Boot 2.4: write spring.config.activate.on-profile"
    if legacy := _remark(flat, said, LEGACY, LEGACY_PROFILES, advice):
        remarks += (legacy,)
    choice = _remark(flat, said, CHOICES, PROFILE_CHOICE, "chooses profiles, which only base files may do")
    activation = read_activation(path, said, properties, flat.places)
    directives = read_directives(path, said, properties, flat.places)
    return Document(number, properties, positions, activation, remarks, choice, directives, flat.index)


def _remark(flat: FlatDocument, said: Mapping[str, str], names: Iterable[str], rule: str, advice: str) -> Remark | None:
    for key in (said[name] for name in names if name in said):
        return Remark(rule, key, f"{key} {advice}", *flat.places[key])
    return None
