"""Where settings come from: a YAML file, ``GITCONFIG_*`` variables and flags; the last one wins.

Every value keeps its origin (``conf.yml:3``, ``GITCONFIG_PORT``, ``--port``) for messages and ``settings --show``.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_origin

from msgspec import Struct
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource

from gitconfig_server.errors import InvalidSettings
from gitconfig_server.settings import Settings, without_credentials
from gitconfig_server.settings.file import SettingKey, read_settings_file

_PREFIX = "GITCONFIG_"
_FILE_VARIABLE = "GITCONFIG_SETTINGS"
"""Names the settings file where no flag does; not a setting itself."""
_OTHERS = ("GITCONFIG_TEST_", "GITCONFIG_FUZZ_")
"""Prefixes of the test suite's variables, which the servers that tests start inherit."""

_BARE = {"missing": "is missing", "extra_forbidden": "is no setting"}
"""Kinds of faults that need no value told."""

_CREDENTIALS = re.compile("://[^/]*@")


class LoadedSettings(Struct, frozen=True):
    """Effective settings, and where each value that is not a default was read."""

    settings: Settings
    origins: Mapping[SettingKey, str]


def load(file: Path | None, environ: Mapping[str, str], flags: Mapping[str, Any]) -> LoadedSettings:
    """The settings of one process; InvalidSettings tells every fault with its place. A flag of None was not given,
    and ``telnet.listen`` names a setting in a group."""
    if file is None and environ.get(_FILE_VARIABLE):
        file = Path(environ[_FILE_VARIABLE])
    read = read_settings_file(file, _GROUPS) if file else {}
    read |= _from_environment(environ)
    read |= {key: (value, _flag(key)) for key, value in _given(flags)}
    faults = [f"{place}: {fault}" for key, (value, place) in read.items() if (fault := _fault(key, value))]
    if faults:
        raise InvalidSettings("\n".join(faults))
    origins = {key: place for key, (_, place) in read.items()}
    try:
        return LoadedSettings(Settings.model_validate(_nest({key: value for key, (value, _) in read.items()})), origins)
    except ValidationError as error:
        raise InvalidSettings("\n".join(_wrong_values(error, origins))) from error


def _given(flags: Mapping[str, Any]) -> Iterator[tuple[SettingKey, Any]]:
    return ((tuple(name.split(".")), value) for name, value in flags.items() if value is not None)


def _flag(key: SettingKey) -> str:
    """As it is typed; of a setting in a group the flag is called after the group."""
    return f"--{key[0].replace('_', '-')}"


def show(loaded: LoadedSettings) -> str:
    """The effective settings as YAML, each with its origin behind it.

    Credentials in URLs are left out; a secret is a comment, so that nobody loads what stands in its place.
    """
    lines: list[str] = []
    shown: set[SettingKey] = set()
    for key, value in _leaves(loaded.settings.model_dump(by_alias=True)):
        groups = [key[:length] for length in range(1, len(key)) if key[:length] not in shown]
        lines += [f"{'  ' * (len(group) - 1)}{group[-1]}:" for group in groups]
        shown.update(groups)
        lines.append(f"{'  ' * (len(key) - 1)}{_shown(key, value)}  # {loaded.origins.get(key, 'default')}")
    return "\n".join(lines) + "\n"


def _shown(key: SettingKey, value: Any) -> str:
    if key in SECRETS and value:
        return f"# {key[-1]}: is set, and secret"
    plain = "" if isinstance(value, SecretStr) else _without_credentials(value) if key in _URLS else value
    return f"{key[-1]}: {json.dumps(plain, ensure_ascii=False)}"


def _without_credentials(value: Any) -> Any:
    """Every text in it as ``without_credentials`` gives it."""
    if isinstance(value, Mapping):
        return {name: _without_credentials(below) for name, below in value.items()}
    return without_credentials(value) if isinstance(value, str) else value


class _Environment(EnvSettingsSource):
    """Variables from a given mapping; a list may also be written ``a,b``."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        super().__init__(Settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._environ.items()}

    def decode_complex_value(self, field_name: str, field: FieldInfo | None, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)  # type: ignore[arg-type]  # it takes None, whatever its types say
        except ValueError:
            if field is not None and get_origin(field.annotation) is dict:
                return value
            return [part.strip() for part in value.split(",") if part.strip()]


def _from_environment(environ: Mapping[str, str]) -> dict[SettingKey, tuple[Any, str]]:
    names = [name for name in environ if name.startswith(_PREFIX) and not name.startswith(_OTHERS)]
    variables = {
        tuple(name.removeprefix(_PREFIX).lower().split("__")): name for name in names if name != _FILE_VARIABLE
    }
    known = {name: environ[name] for key, name in variables.items() if key in KNOWN | _GROUPS}
    unknown = {key: (environ[name], name) for key, name in variables.items() if name not in known}
    return unknown | {key: (value, _origin(variables, key)) for key, value in _leaves(_Environment(known)())}


def _leaves(values: Mapping[str, Any], at: SettingKey = ()) -> Iterator[tuple[SettingKey, Any]]:
    for name, value in values.items():
        key = (*at, name)
        if isinstance(value, Mapping) and key in _GROUPS:
            yield from _leaves(value, key)
        else:
            yield key, value


def _nest(values: Mapping[SettingKey, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *groups, name = key
        place = nested
        for group in groups:
            place = place.setdefault(group, {})
        if key not in _GROUPS:  # an empty group, checked by now
            place[name] = value
    return nested


def _known(model: type[BaseModel], at: SettingKey = ()) -> Iterator[tuple[SettingKey, Any]]:
    for name, field in model.model_fields.items():
        key = (*at, field.alias or name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _known(field.annotation, key)
        else:
            yield key, field.annotation


KNOWN = frozenset(key for key, _ in _known(Settings))
_GROUPS = frozenset(key[:length] for key in KNOWN for length in range(1, len(key)))
SECRETS = frozenset(key for key, kind in _known(Settings) if "SecretStr" in str(kind))
"""Settings whose values are never told: those of type ``SecretStr``, also in lists and mappings."""
_URLS = (("repository",), ("repository_uri",), ("upstream", "url"), ("spring", "repositories"))


def _fault(key: SettingKey, value: Any) -> str:
    name = ".".join(key)
    if key in _GROUPS:
        return "" if value is None else f"{name}: expected settings beneath it, got {_told(key, value)}"
    if key in KNOWN:
        return ""
    whole = next((key[:length] for length in range(1, len(key)) if key[:length] in KNOWN), None)
    if whole:
        return f"unknown setting {name}: write all of {'.'.join(whole)} as JSON in {_PREFIX}{'__'.join(whole).upper()}"
    nearest = difflib.get_close_matches(name, [".".join(known) for known in KNOWN], n=1, cutoff=0)
    if nearest[0] == name:
        group, _, setting = name.rpartition(".")
        return f"unknown setting {name!r} in one word: write {setting} beneath {group}"
    return f"unknown setting {name}, did you mean {nearest[0]}?"


def _wrong_values(error: ValidationError, origins: Mapping[SettingKey, str]) -> Iterator[str]:
    for fault in error.errors(include_url=False):
        key = tuple(str(part) for part in fault["loc"])
        yield f"{_origin(origins, key)}: {'.'.join(key)}: {_fault_in(fault, key)}"


def _fault_in(fault: ErrorDetails, key: SettingKey) -> str:
    if fault["type"] in _BARE:
        return _BARE[fault["type"]]
    expected = fault["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return f"expected {expected}, got {_told(key, fault['input'])}"


def _told(key: SettingKey, value: Any) -> str:
    """``value`` in a message, but for what may be a secret."""
    hidden = any(key == secret[: len(key)] or secret == key[: len(secret)] for secret in SECRETS)
    return "something else" if hidden else _CREDENTIALS.sub("://", repr(value))


def _origin(origins: Mapping[SettingKey, str], key: SettingKey) -> str:
    """The place of the value or of what holds it."""
    return next((origins[key[:length]] for length in range(len(key), 0, -1) if key[:length] in origins), "")
