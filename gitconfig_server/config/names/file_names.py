"""Names of applications, profiles and paths: which are allowed, and what a file's name says."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote

from gitconfig_server.errors import InvalidName, TooLarge

APPLICATION = "application"
"""The name whose files every application shares."""

DEFAULT_PROFILE = "default"

SLASH = "(_)"
"""How Spring's clients write a slash inside a name or label."""

MAX_APPLICATIONS = 20
MAX_PROFILES = 100
MAX_NAME = 1024
MAX_PATH = 4096

_WELL_KNOWN_PROFILES = frozenset(
    (DEFAULT_PROFILE, "dev", "development", "test", "qa", "uat", "stage", "staging", "prod", "production")
).union(("local", "docker", "cloud", "kubernetes"))

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_IGNORED_BY_HFS = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_GIT_FOLDER = re.compile(r"(?:\.git|git~1)[ .]*(?::.*)?", re.IGNORECASE | re.DOTALL)
_EXTRA_IN_PROFILE = frozenset("-_.+@")


def check_application(name: str) -> str:
    """The application that a decoded URL part names, its ``(_)`` turned into ``/``.

    Spring's rules (``PathUtils``): no ``..`` or ``#``, not even percent-encoded once more, and no ``(_)`` in front; a
    malformed ``%`` is harmless. Beyond them: a name is a sound path. Raises InvalidName.
    """
    refuse_hostile("application", name)
    decoded = name.replace(SLASH, "/")
    if len(decoded) > MAX_NAME:
        raise InvalidName("application", decoded[:80], f"longer than {MAX_NAME} characters")
    _check_segments("application", decoded)
    return decoded


def check_applications(text: str) -> tuple[str, ...]:
    """The applications of a comma list, each once, in order. Raises InvalidName, and TooLarge past MAX_APPLICATIONS."""
    names = text.split(",")
    if len(names) > MAX_APPLICATIONS:
        raise TooLarge("number of applications", MAX_APPLICATIONS)
    return tuple(dict.fromkeys(check_application(name) for name in names))


def check_profiles(text: str) -> tuple[str, ...]:
    """The profiles of a comma list, each once, in order (Spring's rule since CVE-2026-22739).

    Letters, digits and ``-_.+@``, a letter or digit at both ends. Raises InvalidName, and TooLarge past MAX_PROFILES.
    """
    names = text.split(",")
    if len(names) > MAX_PROFILES:
        raise TooLarge("number of profiles", MAX_PROFILES)
    for name in names:
        if not is_profile(name):
            reason = "letters, digits and - _ . + @ only, a letter or digit at both ends"
            raise InvalidName("profile", name[:80], reason)
    refuse_hostile("profile", text)
    return tuple(dict.fromkeys(names))


def is_profile(name: str) -> bool:
    """Whether a profile can have this name."""
    if not name or len(name) > MAX_NAME or not (_is_alphanumeric(name[0]) and _is_alphanumeric(name[-1])):
        return False
    return all(_is_alphanumeric(one) or one in _EXTRA_IN_PROFILE for one in name)


def _is_alphanumeric(character: str) -> bool:
    """Java's ``isLetterOrDigit``: narrower than ``str.isalnum``."""
    return character.isalpha() or character.isdecimal()


def refuse_hostile(kind: str, name: str) -> None:
    """Raise InvalidName for what Spring's ``PathUtils`` refuses; it looks again at what is percent-encoded twice."""
    forms = [name]
    if "%" in name:
        decoded = unquote(name)
        forms += [decoded, re.sub(r"/{2,}", "/", decoded.replace("\\", "/"))]
    for form in forms:
        for bad in ("..", "#"):
            if bad in form:
                raise InvalidName(kind, name[:80], f"{bad} is not allowed")
        if form.startswith(SLASH):
            raise InvalidName(kind, name[:80], f"it must not begin with {SLASH}")


def check_path(path: str) -> str:
    """``path`` itself where it is a sound path inside a repository; InvalidName otherwise.

    No empty part, ``.`` or ``..``, no leading or trailing slash, backslash or control character, and nothing that some
    file system takes for ``.git``.
    """
    if len(path) > MAX_PATH:
        raise InvalidName("path", path[:80], f"longer than {MAX_PATH} characters")
    _check_segments("path", path)
    return path


def _check_segments(kind: str, path: str) -> None:
    if _CONTROL.search(path) or "\\" in path:
        raise InvalidName(kind, path[:80], "control characters and backslashes are not allowed")
    for segment in path.split("/"):
        if segment in ("", ".", ".."):
            raise InvalidName(kind, path[:80], "a part of it is empty, . or ..")
        # GIT~1 is the short name of .git on Windows, and HFS+ drops invisible characters: CVE-2014-9390.
        if _GIT_FOLDER.fullmatch(_IGNORED_BY_HFS.sub("", segment)):
            raise InvalidName(kind, path[:80], f"{segment!r} is Git's own folder on some file system")


def stem_of(application: str, profile: str | None) -> str:
    """The name, without extension, of an application's file for a profile; of its base file where that is None."""
    return application if profile is None else f"{application}-{profile}"


def read_backwards(stem: str, siblings: Collection[str], known_profiles: Collection[str] = ()) -> tuple[str, str]:
    """The application and profile that a file's stem means.

    ``X-Y`` is profile Y of X where X is ``application``, a file X stands in the same folder (``siblings``: its stems),
    or Y is a well-known or declared profile; the longest such X wins. Anything else is an application's base file.
    """
    at = len(stem)
    while (at := stem.rfind("-", 0, at)) > 0:
        application, profile = stem[:at], stem[at + 1 :]
        known = profile in _WELL_KNOWN_PROFILES or profile in known_profiles
        if (known or application == APPLICATION or application in siblings) and is_profile(profile):
            return application, profile
    return stem, DEFAULT_PROFILE
