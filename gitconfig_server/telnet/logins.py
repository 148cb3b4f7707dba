"""Who may log in: the names and secrets of a file."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from pathlib import Path

from gitconfig_server.errors import InvalidSettings

Login = Callable[[str, str], bool]
"""Judges a name and a password."""


def read_secrets(path: str, setting: str = "auth") -> Mapping[str, str]:
    """Name -> secret, from a file of ``name:secret`` lines that ``setting`` names. InvalidSettings."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise InvalidSettings(f"{setting}: {path} cannot be read: {error}") from error
    found = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, secret = line.partition(":")
        if not colon or not name or not secret:
            raise InvalidSettings(f"{setting}: {path}:{number}: expected name:secret")
        found[name] = secret
    if not found:
        raise InvalidSettings(f"{setting}: {path} names nobody: write name:secret, one a line")
    return found


def is_secret(wanted: str, given: str) -> bool:
    """Whether two secrets are equal; takes as long for wrong ones."""
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))


def login_of(secrets: Mapping[str, str]) -> Login:
    """Who is one of them; a name that nobody has takes as long as a wrong password."""

    def login(name: str, password: str) -> bool:
        return is_secret(secrets.get(name, "\0"), password) and name in secrets

    return login
