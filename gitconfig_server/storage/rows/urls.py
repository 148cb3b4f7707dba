"""URLs of databases: the repository's name is a parameter of ours, the others are the driver's."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from gitconfig_server.errors import InvalidSettings

_NAME = "repository"


def split_url(url: str, known: Collection[str] | None) -> tuple[str, SplitResult]:
    """The repository's name, and the URL without it. InvalidSettings for parameters that are not ``known``.

    ``known`` None: the driver judges them. The message repeats no value, which may be a password.
    """
    parts = urlsplit(url)
    parameters = parse_qsl(parts.query, keep_blank_values=True)
    names = [value for key, value in parameters if key == _NAME]
    others = [(key, value) for key, value in parameters if key != _NAME]
    for key, _ in others:
        if known is not None and key not in known:
            raise InvalidSettings(f"repository: unknown parameter {key!r} in {parts.scheme}://, expected ?{_NAME}=name")
    return (names[-1] if names else "config"), parts._replace(query=urlencode(others))
