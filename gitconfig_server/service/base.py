"""The one protocol all faces use: REST, Spring, the command line and, later, telnet, the console and the Manager."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gitconfig_server.catalogue import Application, Label, Listing, Reading, SourceFile, StoredFile
from gitconfig_server.environments import Environment, PropertySource
from gitconfig_server.principals import Principal
from gitconfig_server.timeline import HistoryPage, HistoryQuery

DEFAULT = Reading()
"""The default label as it is now."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether reads can be answered: ``reason`` says why not."""

    ready: bool
    reason: str = ""


class ConfigService(Protocol):
    """One configuration repository. Every answer is of exactly one commit, which it names.

    Errors are those of ``gitconfig_server.errors``: InvalidName and InvalidRevision for words nobody can mean,
    LabelNotFound and its kin for what does not exist, InvalidContent for a stored file that cannot be read.
    """

    async def labels(self, who: Principal) -> tuple[Label, ...]:
        """Branches, then tags, each sorted by name; a tag hidden by a branch of its name is left out."""

    async def environment(
        self, who: Principal, applications: tuple[str, ...], profiles: tuple[str, ...], reading: Reading = DEFAULT
    ) -> Environment:
        """The sources of the applications and profiles, strongest first; empty where nothing is stored."""

    async def applications(self, who: Principal, reading: Reading = DEFAULT) -> Listing[Application]:
        """The applications something is stored for, sorted; ``application`` itself is one where it is stored."""

    async def sources(
        self, who: Principal, application: str | None = None, reading: Reading = DEFAULT
    ) -> Listing[SourceFile]:
        """The stored files by application and profile, sorted; those of one application where it is given."""

    async def source(
        self, who: Principal, application: str, profile: str, reading: Reading = DEFAULT
    ) -> Listing[PropertySource]:
        """What is stored for exactly this application and profile, one item a document, the strongest first.

        SourceNotFound where nothing is.
        """

    async def file(self, who: Principal, path: str, reading: Reading = DEFAULT) -> StoredFile:
        """One file's bytes; FileNotFound where there is no plain file at ``path``."""

    async def files(self, who: Principal, reading: Reading = DEFAULT) -> Listing[StoredFile]:
        """Every plain file, sorted by path, with empty content."""

    async def history(self, who: Principal, label: str | None, query: HistoryQuery) -> HistoryPage:
        """The tips a label had, newest first, as the journal recorded them."""

    async def readiness(self) -> Readiness:
        """Whether the repository can be read now."""
