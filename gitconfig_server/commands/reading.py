"""Reading what is stored and what clients get."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from gitconfig_server.commands.grammar import SourceName, keys_beneath, read_source_name
from gitconfig_server.commands.hints import doubt_source
from gitconfig_server.commands.session import ask
from gitconfig_server.config.names.file_names import check_applications
from gitconfig_server.errors import NotFound
from gitconfig_server.formats.properties import merge
from gitconfig_server.model.environments import Environment, PropertySource, Value
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.reads import Reading
from gitconfig_server.service.base import ConfigService
from gitconfig_server.text.differences import value_text
from gitconfig_server.text.rendering import put_content, put_json, put_table, put_text, say
from gitconfig_server.wire.environments import Origin


class FoundProperties(Struct, frozen=True):
    """Properties and the documents they come from, the strongest first; ``idle`` ones take no part."""

    name: str
    commit: str
    sources: tuple[PropertySource, ...]
    idle: tuple[PropertySource, ...] = ()

    def effective(self) -> dict[str, tuple[Value, PropertySource]]:
        """Each key with its value, and the strongest document that has it."""
        merged = merge(source.properties for source in self.sources)
        return {
            key: (value, next(source for source in self.sources if key in source.properties))
            for key, value in merged.items()
        }


def get(server: str, source: str, label: str | None, at: str | None, *, stored: bool) -> FoundProperties:
    """What clients of a source get, or what is stored for exactly it."""
    if stored:
        return _stored(server, read_source_name(source), Reading(label, at))
    application, slash, profiles = source.rpartition("/")
    names = check_applications(application if slash else source)
    name = read_source_name(f"{names[0]}/{profiles}" if slash else names[0])
    profile_names = tuple(name.or_default.split(","))

    async def read(service: ConfigService) -> tuple[Environment, str]:
        found = await service.environment(ANONYMOUS, names, profile_names, Reading(label, at))
        doubts = [
            await doubt_source(service, one, name.or_default, found.sources, Reading(found.commit)) for one in names
        ]
        return found, next(filter(None, doubts), "")

    found, doubt = ask(server, read)
    if doubt:
        say(f"warning: {doubt}")
    return FoundProperties(f"{','.join(names)}/{name.or_default}", found.commit, found.sources)


def show_properties(found: FoundProperties, keys: Sequence[str], *, show_origin: bool, as_json: bool) -> None:
    """Print them, or those of ``keys``; then raise NotFound for each key that means none, and where there are none."""
    effective = found.effective()
    chosen, missing = _chosen(effective, keys)
    _put(found, chosen, keys, show_origin=show_origin, as_json=as_json)
    if missing:
        near = difflib.get_close_matches(missing[0], effective, n=1)
        hint = f", did you mean {near[0]}?" if near else _explain_profile(found.name, missing[0])
        raise NotFound(f"{found.name} has no key {', '.join(missing)}{hint}")
    if not effective and not found.idle:
        raise NotFound(f"nothing is stored for {found.name}")


def _explain_profile(name: str, word: str) -> str:
    """What to say of a word behind an application that is no key, and may be meant as a profile."""
    application, _, profile = name.rpartition("/")
    return f" (a profile stands behind a slash: {application}/{word})" if profile == "default" else ""


def _put(
    found: FoundProperties,
    chosen: Mapping[str, tuple[Value, PropertySource]],
    keys: Sequence[str],
    *,
    show_origin: bool,
    as_json: bool,
) -> None:
    if as_json:
        put_json(_members(found, chosen))
    elif len(keys) == 1 and list(chosen) == list(keys) and not show_origin:
        put_text(value_text(chosen[keys[0]][0]))
    else:
        rows = [(key, value_text(value), _place(source, key)) for key, (value, source) in chosen.items()]
        rows += [
            (key, value_text(value), f"{_place(source, key)} (not active)")
            for source in found.idle
            for key, value in source.properties.items()
            if not keys or any(keys_beneath(word, [key]) for word in keys)
        ]
        put_table(("key", "value", "from"), rows)


def cat(server: str, path: str, label: str | None, at: str | None) -> None:
    """Print a stored file."""
    put_content(ask(server, lambda service: service.file(ANONYMOUS, path, Reading(label, at))).content)


def _stored(server: str, name: SourceName, reading: Reading) -> FoundProperties:
    found = ask(server, lambda service: service.source(ANONYMOUS, name.application, name.or_default, reading))
    active = tuple(item for item in found.items if item.name not in found.inactive)
    idle = tuple(item for item in found.items if item.name in found.inactive)
    return FoundProperties(f"{name.application}/{name.or_default}", found.commit, active, idle)


def _chosen(
    effective: Mapping[str, tuple[Value, PropertySource]], keys: Sequence[str]
) -> tuple[dict[str, tuple[Value, PropertySource]], list[str]]:
    """The properties that ``keys`` mean, all where there are none, and the keys that mean nothing."""
    if not keys:
        return dict(effective), []
    meant = {word: keys_beneath(word, effective) for word in keys}
    return {key: effective[key] for found in meant.values() for key in found}, [key for key in keys if not meant[key]]


def _members(found: FoundProperties, chosen: Mapping[str, tuple[Value, PropertySource]]) -> dict[str, Any]:
    return {
        "name": found.name,
        "commit": found.commit,
        "properties": {key: value for key, (value, _) in chosen.items()},
        "origins": {key: Origin.of_key(source, key).members() for key, (_, source) in chosen.items()},
    }


def _place(source: PropertySource, key: str) -> str:
    place = source.positions.get(key)
    return f"{source.path}:{place}" if place else source.name
