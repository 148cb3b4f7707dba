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

_UMASK, _GROUP, _EVERYBODY = 0, 0o660, 0o664
_SHARED = {b"umask": _UMASK, **dict.fromkeys((b"group", b"true", b"yes", b"on"), _GROUP)}
_SHARED |= dict.fromkeys((b"all", b"world", b"everybody"), _EVERYBODY)

HOOK_MARK = b"# Installed by gitconfig-server, which replaces it when it changes. Remove this line to keep your own."


def parsed(content: bytes) -> ConfigFile:
    """A repository's own configuration; nobody's home is read."""
    try:
        return ConfigFile.from_file(BytesIO(content))
    except ValueError as error:
        raise CorruptRepository(f"the repository's config cannot be read: {error}") from error


def stretches(content: bytes) -> list[ConfigFile]:
    """A configuration section by section: of settings of several sections their order counts, as with patterns."""
    parsed(content)  # what is wrong is told of the whole
    found: list[list[bytes]] = [[]]
    for line in content.splitlines(keepends=True):
        is_continued = bool(found[-1]) and found[-1][-1].rstrip(b"\r\n").endswith(b"\\")
        if line.lstrip().startswith(b"[") and not is_continued:
            found.append([])
        found[-1].append(line)
    return [parsed(b"".join(lines)) for lines in found]


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


def shared_mode(word: bytes) -> int:
    """What ``core.sharedRepository = word`` says of files (Git's ``git_config_perm``); 0: the umask alone counts.

    The rights of others to be added; negative: the rights of all, whatever the umask is. Raises CorruptRepository for
    rights that keep the owner out.
    """
    word = word.lower()
    if not re.fullmatch(rb"[0-7]{1,7}", word):
        return _SHARED.get(word, _UMASK)
    mode = int(word, 8)
    if mode <= 2:
        return (_UMASK, _GROUP, _EVERYBODY)[mode]
    if mode & 0o600 != 0o600:
        raise CorruptRepository(f"core.sharedRepository = {word.decode()} keeps the owner of the repository out")
    return -(mode & 0o666)
