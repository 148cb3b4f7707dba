"""Searching keys and values over everything that is stored at one commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from gitconfig_server.errors import InvalidContent, InvalidInput, TooLarge
from gitconfig_server.formats.reading.documents import Document
from gitconfig_server.formats.values import scalar_text
from gitconfig_server.model.reads import Match, SourceFile

MAX_MATCHES = 10_000
MAX_CHARACTERS = 4 * 1024 * 1024
"""Of all keys and values that are found: an answer is put together while others wait."""

SECONDS = 20.0
"""How long a search may read files: past that, somebody else's turn has come."""


def search_sources(
    files: Iterable[SourceFile], documents: Callable[[SourceFile], Sequence[Document]], text: str
) -> tuple[Match, ...]:
    """The keys whose name or value holds ``text``, capitals or not, in the order of files and of keys there.

    Files that cannot be read are left out. InvalidInput for no text, TooLarge where too much is found or to be read.
    """
    if not text:
        raise InvalidInput("search for what? The text is empty")
    found: list[Match] = []
    characters = 0
    deadline = time.monotonic() + SECONDS
    for file in files:
        if time.monotonic() > deadline:
            raise TooLarge("the seconds of a search (name an application to search in)", int(SECONDS))
        with suppress(InvalidContent):
            for document in documents(file):
                for match in _search_document(file, document, text.casefold()):
                    found.append(match)
                    characters += len(match.key) + len(scalar_text(match.value))
        if characters > MAX_CHARACTERS:
            raise TooLarge("the length of what holds this (search for more of it)", MAX_CHARACTERS)
        if len(found) > MAX_MATCHES:
            raise TooLarge("the number of keys that hold this (search for more of it)", MAX_MATCHES)
    return tuple(found)


def _search_document(file: SourceFile, document: Document, text: str) -> Iterator[Match]:
    for key, value in document.properties.items():
        if text in key.casefold() or text in scalar_text(value).casefold():
            place = document.positions.get(key)
            yield Match(
                application=file.application,
                profile=file.profile,
                path=file.path,
                document=document.number,
                key=key,
                value=value,
                line=place.line if place else None,
                column=place.column if place else None,
            )
