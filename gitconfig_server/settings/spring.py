"""Settings of Spring's routes and of Spring's resolution of files; the names are Spring's."""

from __future__ import annotations

from pydantic import Field, field_validator

from gitconfig_server.settings.groups import Group


class SpringSettings(Group):
    """How Spring's routes and Spring's resolution of files behave."""

    prefix: str = ""
    search_paths: list[str] = Field(default=[])
    try_master_branch: bool = True
    validate_profiles: bool = True
    accept_empty: bool = True

    @field_validator("prefix")
    @classmethod
    def _rooted(cls, prefix: str) -> str:
        """``cfg``, ``/cfg`` and ``/cfg/`` are one prefix, as in Spring."""
        return "/" + prefix.strip("/") if prefix.strip("/") else ""
