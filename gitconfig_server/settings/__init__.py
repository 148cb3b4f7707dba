"""What can be set. Where values come from (file, environment, flags) is ``settings/loading.py``."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from gitconfig_server.settings.encryption import EncryptSettings
from gitconfig_server.settings.groups import (
    MIB,
    Count,
    Limits,
    LogSettings,
    PushSettings,
    StorageSettings,
    TelnetSettings,
)
from gitconfig_server.settings.spring import SpringSettings
from gitconfig_server.settings.upstream import MonitorSettings, UpstreamSettings

_CREDENTIALS = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/]*@")


def without_credentials(url: str) -> str:
    """``url`` without the ``user:password@`` it may carry."""
    return _CREDENTIALS.sub(r"\1", url)


class Settings(BaseSettings):
    """One server's settings. Built in code, it reads nothing from outside; ``settings.sources.load`` does."""

    model_config = SettingsConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,  # it may be a secret; settings.sources tells what is none
        env_prefix="GITCONFIG_",
        env_nested_delimiter="__",
    )

    repository: str = ""
    repository_uri: str = ""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8888
    workers: Count = 1
    default_label: str = ""
    allowed_hosts: list[str] = []
    allow_open_network: bool = False
    cache_bytes: Count = 64 * MIB
    answers_bytes: Count = 32 * MIB
    spring: SpringSettings = SpringSettings()
    encrypt: EncryptSettings = EncryptSettings()
    upstream: UpstreamSettings = UpstreamSettings()
    monitor: MonitorSettings = MonitorSettings()
    storage: StorageSettings = StorageSettings()
    push: PushSettings = PushSettings()
    limits: Limits = Limits()
    telnet: TelnetSettings = TelnetSettings()
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
