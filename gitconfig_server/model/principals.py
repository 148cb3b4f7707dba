"""Who is calling."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of a service method. ``name`` goes into commits and the journal; empty means nobody said."""

    name: str = ""
    email: str = ""

    @property
    def actor(self) -> str:
        """The word the journal keeps for this caller."""
        return self.name or "anonymous"


ANONYMOUS = Principal()
