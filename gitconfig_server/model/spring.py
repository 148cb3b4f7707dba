"""What a Spring client asks for, and what it gets: the stored sources with overrides in front and secrets opened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field

from gitconfig_server.model.environments import Basis, RunningState, Value


class Asked(Struct, frozen=True):
    """A Spring request. Names are checked and decoded, ``(_)`` in them has become ``/``.

    ``name`` and ``profile_text`` are the comma lists as they were written (Spring echoes them); ``label`` is None
    where the request named none, and may be a comma list.
    """

    name: str
    applications: tuple[str, ...]
    profile_text: str
    profiles: tuple[str, ...]
    label: str | None = None


class ServedSource(Struct, frozen=True):
    """One property source as a client gets it.

    ``name`` is complete, with the repository's address in front. ``origins`` lacks keys whose values have no place
    any more (decrypted ones) or never had one. ``content`` names the content: equal texts mean equal properties.
    """

    name: str
    properties: Mapping[str, Value]
    origins: Mapping[str, str] = field(default_factory=dict)
    content: str = ""


class ServedEnvironment(Struct, frozen=True):
    """The sources, the strongest first. ``version`` is the commit, several joined by commas in request order.

    ``secret``: a value in it was decrypted, so that nobody may store the answer. ``basis`` is there where the answer
    is the same for as long as the basis stands. ``running``: why it is of another commit than the one that is saved.
    """

    version: str | None
    sources: tuple[ServedSource, ...]
    secret: bool = False
    basis: Basis | None = None
    running: RunningState | None = None


class ServedFile(Struct, frozen=True):
    """A plain file chosen for a request. ``commit`` and ``blob`` are hex ids.

    ``since``: all that was read of the repository has been as it is from then on at least; None where nobody knows.
    """

    path: str
    commit: str
    blob: str
    content: bytes
    since: datetime | None = None
    basis: Basis | None = None
