"""Reads a settings file, remembering the line each value stands on."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml

from gitconfig_server.errors import InvalidSettings

SettingKey = tuple[str, ...]


def read_settings_file(file: Path, groups: Collection[SettingKey]) -> dict[SettingKey, tuple[Any, str]]:
    """Each key's value and place (``file:line``); mappings under ``groups`` are looked into. InvalidSettings."""
    try:
        loader = yaml.SafeLoader(file.read_text("utf-8"))
        root = loader.get_single_node()
        found: dict[SettingKey, tuple[Any, str]] = {}
        if root is not None:
            _collect(loader, file, root, (), groups, found)
        return found
    except OSError as error:
        raise InvalidSettings(f"{file}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InvalidSettings(f"{file}: is not UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidSettings(f"{file}:{line}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise InvalidSettings(f"{file}: {error}") from error


def _collect(
    loader: yaml.SafeLoader,
    file: Path,
    node: yaml.Node,
    at: SettingKey,
    groups: Collection[SettingKey],
    found: dict[SettingKey, tuple[Any, str]],
) -> None:
    if not isinstance(node, yaml.MappingNode):
        raise InvalidSettings(f"{file}:{node.start_mark.line + 1}: expected settings, one `name: value` a line")
    seen: dict[SettingKey, int] = {}
    for name, child in node.value:
        line = name.start_mark.line + 1
        if not isinstance(name, yaml.ScalarNode):
            raise InvalidSettings(f"{file}:{line}: expected a setting's name")
        key = (*at, str(name.value))
        if key in seen:
            raise InvalidSettings(f"{file}:{line}: {'.'.join(key)} is set twice, first on line {seen[key]}")
        seen[key] = line
        if key in groups and isinstance(child, yaml.MappingNode):
            _collect(loader, file, child, key, groups, found)
        else:
            found[key] = (loader.construct_object(child, deep=True), f"{file}:{line}")
