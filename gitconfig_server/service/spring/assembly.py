"""What Spring's routes read through, put together from the settings."""

from __future__ import annotations

from collections.abc import Callable

from gitconfig_server.config.names.locations import parse_search_path
from gitconfig_server.config.reader import ReadOptions
from gitconfig_server.config.resolution.resolve import ResolveOptions
from gitconfig_server.errors import GitConfigError, InvalidName, InvalidSettings
from gitconfig_server.model.reads import Reading
from gitconfig_server.service.base import DEFAULT, ConfigService
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.spring.open_repositories import Manner, OpenRepositories
from gitconfig_server.service.spring.property_sources import Decrypt, DecryptText
from gitconfig_server.service.spring.reader import SpringReader
from gitconfig_server.service.spring.repositories import (
    OneRepository,
    PatternedRepositories,
    Patterns,
    Repositories,
    ServedRepository,
    TemplateRepositories,
)
from gitconfig_server.service.spring.templates import has_placeholders, parse_template
from gitconfig_server.settings import Settings, without_credentials
from gitconfig_server.settings.spring import RepositorySettings, SpringSettings


def main_repository(settings: Settings, service: ConfigService, uri: str) -> Repositories:
    """The one repository that ``service`` reads; ``uri`` is what names of its sources begin with.

    Without a default label it is Spring's, ``main``, and no other where ``try_master_branch`` is off.
    """
    return OneRepository(ServedRepository(service, uri if uri.endswith("://") else uri.rstrip("/"), _default(settings)))


def main_template(settings: Settings, opened: OpenRepositories, options: ReadOptions) -> Repositories:
    """A repository for each application, profile or label, where the setting ``repository`` has their placeholders."""
    template = parse_template("repository", settings.repository, without_credentials(settings.repository_uri))
    manner = Manner("repository", options, settings.default_label)
    return TemplateRepositories(template, manner, opened, settings.default_label or "main", _default(settings))


def spring_reader(
    settings: Settings,
    main: Repositories,
    opened: OpenRepositories,
    crossing: Crossing,
    *,
    decrypt: Decrypt | None = None,
    decrypt_text: DecryptText | None = None,
    told: Callable[[GitConfigError], None] = lambda _: None,
) -> SpringReader:
    """A reader over ``main`` and the repositories that patterns match; InvalidSettings where a setting is wrong."""
    further = [
        (Patterns.of(one.pattern or [name]), _further(f"spring.repositories.{name}", one, settings.spring, opened))
        for name, one in settings.spring.repositories.items()
    ]
    return SpringReader(
        PatternedRepositories(main, further) if further else main,
        crossing,
        decrypt=decrypt,
        decrypt_text=decrypt_text,
        overrides=settings.spring.overrides,
        skip_missing_labels=settings.spring.continue_on_multiple_label_failure,
        told=told,
    )


def is_template(settings: Settings) -> bool:
    """Whether the main repository is one for each application, profile or label, so that there is none to write to."""
    return has_placeholders(settings.repository)


def further_cache_bytes(settings: Settings) -> int:
    """What the repositories that are opened for Spring's routes may remember together: half, where there are any."""
    return settings.cache_bytes // 2 if settings.spring.repositories or is_template(settings) else 0


def _further(
    setting: str, further: RepositorySettings, spring: SpringSettings, opened: OpenRepositories
) -> TemplateRepositories:
    """As Spring, it takes over neither search paths nor default label, and ``main`` may be ``master`` in it."""
    try:
        search_paths = tuple(map(parse_search_path, further.search_paths))
    except InvalidName as error:
        raise InvalidSettings(f"{setting}.search_paths: {error}") from error
    platform = spring.cloud_platform.replace("_", "")
    resolve = ResolveOptions(search_paths, reverse_locations=spring.reverse_location_order, cloud_platform=platform)
    return TemplateRepositories(parse_template(setting, further.uri), Manner(setting, ReadOptions(resolve)), opened)


def _default(settings: Settings) -> Reading:
    return DEFAULT if settings.default_label or settings.spring.try_master_branch else Reading("main")
