"""Names of sources, as backends take them: one application, one profile, one label."""

from __future__ import annotations

from gitconfig_server.backend import ConfigSource
from gitconfig_server.config.names.file_names import check_application, check_profiles
from gitconfig_server.errors import InvalidName
from gitconfig_server.git.ref_names import check_label


def check_source(source: ConfigSource) -> None:
    """Raise InvalidName unless the three names are sound and the properties are a mapping with text for keys."""
    check_names(source.application, source.profile, source.label)
    if not isinstance(source.properties, dict) or not all(isinstance(key, str) for key in source.properties):
        raise InvalidName("properties", str(source.properties)[:80], "expected a dict with text for keys")


def check_names(application: str, profile: str, label: str) -> None:
    """Raise InvalidName where a name could mean another source, another folder or nothing at all."""
    if check_application(application) != application or "/" in application:
        raise InvalidName("application", application[:80], "slashes are not allowed")
    if len(check_profiles(profile)) > 1:
        raise InvalidName("profile", profile[:80], "expected one profile")
    check_label(label)
