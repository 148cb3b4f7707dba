"""Settings of Spring's routes and of Spring's resolution of files; the names are Spring's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, field_validator

from gitconfig_server.settings.groups import Group, rooted

_TAKEN = ("/api/v1", "/config.git", "/git", "/console", "/actuator")
"""Paths beneath which others answer."""


class RepositorySettings(Group):
    """A further repository, for the applications and profiles that a pattern matches; it is only read."""

    uri: str
    pattern: list[str] = Field(default=[])
    search_paths: list[str] = Field(default=[])

    @field_validator("pattern", "search_paths", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """``a, b`` is a list of two, as in Spring."""
        return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


class SpringSettings(Group):
    """How Spring's routes and Spring's resolution of files behave."""

    prefix: str = ""
    search_paths: list[str] = Field(default=[])
    try_master_branch: bool = True
    validate_profiles: bool = True
    accept_empty: bool = True
    repositories: dict[str, RepositorySettings] = Field(default={})
    overrides: dict[str, str] = Field(default={})
    reverse_location_order: bool = False
    continue_on_multiple_label_failure: bool = False
    strip_document_from_yaml: bool = True
    cloud_platform: Literal["none", "cloudfoundry", "heroku", "sap", "nomad", "kubernetes", "azure_app_service"] = (
        "none"
    )

    @field_validator("prefix")
    @classmethod
    def _rooted(cls, prefix: str) -> str:
        found = rooted(prefix)
        if any(f"{found}/".startswith(f"{taken}/") for taken in _TAKEN):
            raise ValueError(f"a path that is not taken, as {', '.join(_TAKEN)} are")
        return found

    @field_validator("repositories", mode="before")
    @classmethod
    def _in_short(cls, value: object) -> object:
        """``name: uri`` is short for ``name: {uri: ...}``."""
        if not isinstance(value, Mapping):
            return value
        return {name: {"uri": one} if isinstance(one, str) else one for name, one in value.items()}

    @field_validator("overrides", mode="before")
    @classmethod
    def _flat(cls, value: object) -> object:
        """Every value is text, and nested ones have dotted keys, as Spring binds them."""
        return dict(_flattened("", value)) if isinstance(value, Mapping) else value


def _flattened(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and (value or not key):
        for name, below in value.items():
            yield from _flattened(f"{key}.{name}" if key else str(name), below)
    elif isinstance(value, list) and value:
        for number, below in enumerate(value):
            yield from _flattened(f"{key}[{number}]", below)
    else:
        yield key, _text(value)


def _text(value: Any) -> Any:
    """A scalar of YAML as Spring writes it."""
    if value is None or value in ({}, []):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
