"""Names of repositories."""

from __future__ import annotations

import re

from gitconfig_server.errors import InvalidName

_ALLOWED = re.compile(r"[^./\\\x00-\x1f\x7f-][^/\\\x00-\x1f\x7f]*\Z")


def check_repository_name(name: str) -> None:
    """Refuse what is not the plain name of one folder, or would hide it."""
    if len(name.encode(errors="replace")) > 200 or not _ALLOWED.match(name):
        raise InvalidName("repository", name, "one folder name, not beginning with a dot or a dash")
