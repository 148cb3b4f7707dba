"""Names of sources, as backends take them: one application, one profile, one label."""

from __future__ import annotations

from typing import Any

from gitconfig_server.backend import ConfigSource
from gitconfig_server.config.names.file_names import check_application, check_profiles
from gitconfig_server.errors import InvalidChange, InvalidName, TooLarge
from gitconfig_server.formats.editing.patches import check_properties
from gitconfig_server.formats.editing.tree import node_of, plain
from gitconfig_server.formats.nested_text import read_nested, write_nested
from gitconfig_server.git.ref_names import check_label


def check_source(source: ConfigSource) -> dict[str, Any]:
    """The properties as every backend gives them back: lists for tuples.

    Raises InvalidName unless the three names are sound and the properties are a mapping with text for keys, and
    InvalidChange for values that some backend could not keep: what is no JSON, or is too deep, too long or too much.
    """
    check_names(source.application, source.profile, source.label)
    if not isinstance(source.properties, dict) or not all(isinstance(key, str) for key in source.properties):
        raise InvalidName("properties", str(source.properties)[:80], "expected a dict with text for keys")
    try:
        check_properties(source.properties, "", exact=True)
    except TooLarge as error:
        raise InvalidChange(str(error)) from error
    return read_nested("properties.yml", write_nested("properties.yml", plain(node_of(source.properties))))


def check_names(application: str, profile: str, label: str) -> None:
    """Raise InvalidName where a name could mean another source, another folder or nothing at all."""
    if check_application(application) != application or "/" in application:
        raise InvalidName("application", application[:80], "slashes are not allowed")
    if len(check_profiles(profile)) > 1:
        raise InvalidName("profile", profile[:80], "expected one profile")
    check_label(label)
