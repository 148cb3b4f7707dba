"""What can be set. Where values come from (file, environment, flags) is ``settings_sources``."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]

KIB, MIB = 1024, 1024 * 1024


_CREDENTIALS = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/@]*@")


def without_credentials(url: str) -> str:
    """``url`` without the ``user:password@`` it may carry."""
    return _CREDENTIALS.sub(r"\1", url)


class _Group(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class SpringSettings(_Group):
    """How Spring's routes and Spring's resolution of files behave; the names are Spring's."""

    prefix: str = ""
    search_paths: list[str] = []
    try_master_branch: bool = True
    validate_profiles: bool = True
    accept_empty: bool = True

    @field_validator("prefix")
    @classmethod
    def _rooted(cls, prefix: str) -> str:
        """``cfg``, ``/cfg`` and ``/cfg/`` are one prefix, as in Spring."""
        return "/" + prefix.strip("/") if prefix.strip("/") else ""


class PushSettings(_Group):
    """What ``git push`` may bring. ``ignore``: globs of files whose content is not checked."""

    validate_commits: Literal["tip", "all"] = Field(default="tip", alias="validate")
    allow_non_fast_forward: bool = False
    allow_deletion: bool = False
    ignore: list[str] = []
    max_pack_bytes: Count = 256 * MIB
    max_objects: Count = 500_000
    max_object_bytes: Count = 32 * MIB


class Limits(_Group):
    """What one client may take. ``body_seconds`` is the longest a request body may bring next to nothing."""

    connections: Count = 1000
    header_bytes: Count = 32 * KIB
    header_seconds: Seconds = 10
    body_bytes: Count = 8 * MIB
    body_seconds: Seconds = 30
    response_seconds: Seconds = 60
    idle_seconds: Seconds = 15
    stop_seconds: Seconds = 10


class LogSettings(_Group):
    """How the log looks and how much it says."""

    format: Literal["console", "json"] = "console"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(BaseSettings):
    """One server's settings. Built in code, it reads nothing from outside; ``settings_sources.load`` does."""

    model_config = SettingsConfigDict(
        strict=True, frozen=True, extra="forbid", env_prefix="GITCONFIG_", env_nested_delimiter="__"
    )

    repository: str = ""
    repository_uri: str = ""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8888
    workers: Count = 1
    default_label: str = ""
    allowed_hosts: list[str] = []
    allow_open_network: bool = False
    cache_bytes: Count = 32 * MIB
    answers_bytes: Count = 32 * MIB
    spring: SpringSettings = SpringSettings()
    push: PushSettings = PushSettings()
    limits: Limits = Limits()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what the caller passes: a library must not change with the environment it is imported in."""
        return (init_settings,)
