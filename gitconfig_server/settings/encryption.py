"""Settings of encryption: keys come from here, from the environment or from files, never from the repository."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, field_validator

from gitconfig_server.settings.groups import Group

_NOTHING = SecretStr("")


class KeyStoreSettings(Group):
    """A file of RSA keys with their aliases. ``secret`` opens the keys themselves, where ``password`` does not."""

    location: str = ""
    type: Literal["", "pkcs12", "pem", "jks"] = ""
    password: SecretStr = _NOTHING
    alias: str = ""
    secret: SecretStr = _NOTHING

    @field_validator("type", mode="before")
    @classmethod
    def _any_case(cls, kind: object) -> object:
        return kind.lower() if isinstance(kind, str) else kind


class RsaSettings(Group):
    """How texts are encrypted with the keys of ``key_store`` and ``keys``; one given as ``key`` ignores it, as in
    Spring."""

    algorithm: Literal["DEFAULT", "OAEP"] = "DEFAULT"
    strong: bool = False
    salt: str = "deadbeef"

    @field_validator("algorithm", mode="before")
    @classmethod
    def _any_case(cls, name: object) -> object:
        return name.upper() if isinstance(name, str) else name


class EncryptSettings(Group):
    """Where keys are, and what is decrypted with them; the names are Spring's, but for ``key_file`` and ``keys``.

    ``keys``: alias -> file of a key that ``{key:alias}`` in front of a text picks.
    """

    enabled: bool = True
    plain_text_encrypt: bool = False
    prefix_invalid_properties: bool = True
    key: SecretStr = _NOTHING
    key_file: str = ""
    salt: str = "deadbeef"
    keys: dict[str, str] = Field(default={})
    key_store: KeyStoreSettings = KeyStoreSettings()
    rsa: RsaSettings = RsaSettings()
