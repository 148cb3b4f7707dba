"""The profiles that are in force: those a request names, and those that base files add to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gitconfig_server.config.names.file_names import MAX_PROFILES
from gitconfig_server.errors import InvalidContent, TooLarge
from gitconfig_server.formats.reading.directives import Said

BAD_PROFILE = "profile-name"
INCLUDE_IN_ACTIVATED = "include-in-activated"


def bad_profile(path: str, said: Said, name: str) -> InvalidContent:
    """The error about a name that no profile can have."""
    reason = "letters, digits and - _ . + @ only, a letter or digit at both ends"
    return said.error(path, BAD_PROFILE, f"{name[:80]!r} cannot be a profile's name: {reason}")


def bad_include(path: str, said: Said) -> InvalidContent:
    """The error about profiles that a document which is not always active includes."""
    detail = "a document with spring.config.activate cannot include profiles: move it to one without"
    return said.error(path, INCLUDE_IN_ACTIVATED, detail)


def expand(profiles: Iterable[str], groups: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """``profiles``, the weakest first, each followed by those its group brings, and theirs, once where it comes first.

    Raises TooLarge past MAX_PROFILES.
    """
    found: dict[str, None] = {}
    waiting = list(profiles)[::-1]
    while waiting:
        profile = waiting.pop()
        if profile not in found:
            found[profile] = None
            waiting += reversed(groups.get(profile, ()))
            if len(found) > MAX_PROFILES:
                raise TooLarge("number of profiles, with those that files add", MAX_PROFILES)
    return tuple(found)
