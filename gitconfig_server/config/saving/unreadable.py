"""Content that cannot be read, where a write would need to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gitconfig_server.errors import ContentRefused, InvalidContent
from gitconfig_server.findings import Finding


@contextmanager
def refusing_unreadable() -> Iterator[None]:
    """Let InvalidContent be ContentRefused: what the request names cannot be read, while the server is not broken."""
    try:
        yield
    except InvalidContent as error:
        finding = Finding(error.path, error.rule, error.detail, error.line, error.column)
        raise ContentRefused((finding,)) from error
