"""Settings of the remote repository that ours follows, and of the webhooks that tell of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from gitconfig_server.settings.groups import Duration, Group, PositiveDuration, rooted


class UpstreamSettings(Group):
    """The remote repository; nothing is followed where ``url`` is empty.

    ``labels``: globs of the branches and tags to follow, in which ``*`` also stands for slashes. ``refresh`` 0: only at
    the start and when ``/monitor`` is called. ``timeout``: the longest that the remote may say nothing. ``start``: the
    longest that the server's start waits for the first fetch. ``invalid``: what a tip with unreadable files concerns:
    the ``application`` that would read one, which keeps its last good commit, or the whole ``label``, which stays; or
    ``serve`` it, and answer those applications with an error. ``max_age`` 0: a remote that is down never makes
    ``/ready`` fail. The password is also read from ``password_file``, at each fetch; ``ssh_key`` needs no passphrase.
    """

    url: str = ""
    username: str = ""
    password: SecretStr = SecretStr("")
    password_file: str = ""
    ssh_key: str = ""
    known_hosts: str = ""
    strict_host_key_checking: bool = True
    ca_file: str = ""
    verify: bool = True
    refresh: Duration = 60.0
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.1
    timeout: PositiveDuration = 30.0
    start: Duration = 1.0
    labels: list[str] = Field(default=["*"])
    invalid: Literal["application", "label", "serve"] = "application"
    push_back: bool = False
    max_age: Duration = 0.0


class ProviderSettings(Group):
    """One sender of webhooks. Its ``secret`` comes before that of all."""

    enabled: bool = True
    secret: SecretStr = SecretStr("")


class MonitorSettings(Group):
    """``POST /monitor``, beneath ``path``. Where a secret is set, a request must prove that its sender knows it.

    ``generic`` is whoever names paths in the body; ``bitbucket`` means Bitbucket's cloud and its server. ``azure`` is
    Azure DevOps, which proves itself by Basic authentication: the secret is the password.
    """

    path: str = ""
    secret: SecretStr = SecretStr("")
    github: ProviderSettings = ProviderSettings()
    generic: ProviderSettings = ProviderSettings()
    bitbucket: ProviderSettings = ProviderSettings()
    gitea: ProviderSettings = ProviderSettings()
    gitee: ProviderSettings = ProviderSettings()
    gitlab: ProviderSettings = ProviderSettings()
    gogs: ProviderSettings = ProviderSettings()
    azure: ProviderSettings = ProviderSettings()

    @field_validator("path")
    @classmethod
    def _rooted(cls, path: str) -> str:
        return rooted(path)
