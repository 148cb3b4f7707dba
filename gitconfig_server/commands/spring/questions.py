"""What two servers are to be asked: every application, profile and label that one of ours knows of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from msgspec import Struct

from gitconfig_server.client.spring import SpringServer
from gitconfig_server.config.sources.listing import find_profiles
from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.formats import parse

_PAGE = "limit=1000"
_ALL = "application"
"""Its files are everybody's."""


class Question(Struct, frozen=True):
    """What both servers are asked for; without a label, the one that each takes by itself."""

    application: str
    profile: str
    label: str | None

    def __str__(self) -> str:
        return "/".join(part for part in (self.application, self.profile, self.label) if part)


async def questions(
    server: SpringServer, applications: Sequence[str], profiles: Sequence[str], labels: Sequence[str]
) -> list[Question]:
    """Every application x profile x label, and each without a label. What is not named is what ``server`` lists.

    Profiles are those in names of files, in ``on-profile`` of documents, and of ``spring.profiles.group``. Of the
    labels, the staged branches (``staged``) are left out. Raises ServerUnreachable.
    """
    stored = _Stored(server)
    found: list[Question] = []
    chosen: Sequence[str | None] = labels or await _labels(server)
    for label in chosen:
        known = {} if applications and profiles else await stored.profiles(label)
        for application in applications or sorted(known):
            own = {"default"} | known.get(application, set()) | known.get(_ALL, set())
            found += [Question(application, profile, label) for profile in profiles or sorted(own)]
    return list(dict.fromkeys(found))


async def _labels(server: SpringServer) -> list[str | None]:
    """None first, for the default one, if there is one."""
    listed = await server.listed(f"labels?{_PAGE}", "labels")
    names = [str(one["name"]) for one in listed]
    standing = [name for name in names if name != "staged" and not name.startswith("staged-")]
    return [None, *standing] if any(one.get("default") for one in listed) else [*standing]


class _Stored:
    """What a server of ours stores. Files that stand in several labels are looked into once."""

    def __init__(self, server: SpringServer) -> None:
        self._server = server
        self._inside: dict[str, frozenset[str]] = {}

    async def profiles(self, label: str | None) -> Mapping[str, set[str]]:
        """Each application with its profiles."""
        found: dict[str, set[str]] = defaultdict(set)
        of_label = f"&label={quote(label, safe='')}" if label else ""
        for one in await self._server.listed(f"sources?{_PAGE}{of_label}", "sources"):
            application, path, blob = str(one["application"]), str(one["path"]), str(one["blob"])
            if blob not in self._inside:
                self._inside[blob] = _profiles_in(path, await self._server.file(path, label))
            found[application] |= {str(one["profile"]), *self._inside[blob]}
        return found


def _profiles_in(path: str, content: bytes | None) -> frozenset[str]:
    """The profiles that a file's documents speak of; none where it cannot be read: the comparison will say so."""
    try:
        return find_profiles(parse(path, content or b""))
    except InvalidContent:
        return frozenset()
