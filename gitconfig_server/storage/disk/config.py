"""How a repository that we serve is set up for stock Git."""

from __future__ import annotations

import re
from io import BytesIO

from dulwich.config import ConfigFile

from gitconfig_server.errors import CorruptRepository

_Setting = tuple[bytes, bytes, bytes]

SERVED: tuple[_Setting, ...] = (
    (b"core", b"logAllRefUpdates", b"true"),
    (b"core", b"fsync", b"all"),
    (b"receive", b"denyNonFastForwards", b"true"),
    (b"receive", b"denyDeletes", b"true"),
    (b"receive", b"fsckObjects", b"true"),
    (b"gc", b"auto", b"0"),
    (b"repack", b"writeBitmaps", b"false"),
    (b"transfer", b"hideRefs", b"refs/gitconfig"),
)
"""What stock Git must do with the repository: keep history, check pushes, write durably, hide our own refs, and
leave logs (``core.logAllRefUpdates``) from which the journal learns each of its moves."""

BARE: tuple[_Setting, ...] = (
    (b"core", b"repositoryformatversion", b"0"),
    (b"core", b"filemode", b"true"),
    (b"core", b"bare", b"true"),
)

HOOK_MARK = b"# Installed by gitconfig-server, which replaces it when it changes. Remove this line to keep your own."


def parsed(content: bytes) -> ConfigFile:
    """A repository's own configuration; nobody's home is read."""
    try:
        return ConfigFile.from_file(BytesIO(content))
    except ValueError as error:
        raise CorruptRepository(f"the repository's config cannot be read: {error}") from error


def complete(content: bytes) -> bytes:
    """``content``, and behind it the settings it lacks: in Git the last value wins, and no line is lost."""
    config = parsed(content)
    lacking = [setting for setting in SERVED if not _is_set(config, setting)]
    if not lacking:
        return content
    separator = b"" if not content or content.endswith(b"\n") else b"\n"
    return content + separator + b"# gitconfig-server:\n" + render(lacking)


def render(settings: tuple[_Setting, ...] | list[_Setting]) -> bytes:
    """The lines of a configuration file."""
    written = []
    section = b""
    for setting in settings:
        if setting[0] != section:
            section = setting[0]
            written.append(b"[%s]\n" % section)
        written.append(b"\t%s = %s\n" % setting[1:])
    return b"".join(written)


def marked(hook: str) -> bytes:
    """A hook's script with the line by which we know it again, behind its first line."""
    first, _newline, rest = hook.encode().partition(b"\n")
    return first + b"\n" + HOOK_MARK + b"\n" + rest


def _is_set(config: ConfigFile, setting: _Setting) -> bool:
    section, name, value = setting
    try:
        values = list(config.get_multivar((section,), name))
    except KeyError:
        return False
    return value in values if name == b"hideRefs" else values[-1:] == [value]


def value(config: ConfigFile, section: bytes, name: bytes, default: bytes) -> bytes:
    """One setting in lower case."""
    try:
        return config.get((section,), name).lower()
    except KeyError:
        return default


def names_of(config: ConfigFile, section: bytes) -> list[bytes]:
    """The names of the settings of a section, in lower case."""
    try:
        return [name.lower() for name, _ in config.items((section,))]
    except KeyError:
        return []


def shared_mode(config: ConfigFile) -> int:
    """The rights of others that ``core.sharedRepository`` asks for, of files; 0 where only the owner's umask counts."""
    word = value(config, b"core", b"sharedrepository", b"umask")
    if word in (b"group", b"true", b"1"):
        return 0o660
    if word in (b"all", b"world", b"everybody", b"2"):
        return 0o664
    if re.fullmatch(rb"0[0-7]{3}", word):
        return int(word, 8) & 0o666
    return 0
