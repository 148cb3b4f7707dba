"""What a document says about itself in ``spring.*`` keys: when it is active, and what makes it unreadable."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from gitconfig_server.errors import InvalidContent, InvalidInput
from gitconfig_server.formats.reading.expressions import Expression, Some, parse_expression
from gitconfig_server.formats.values import scalar_text
from gitconfig_server.model.environments import Value

ON_PROFILE = "spring.config.activate.onprofile"
_ON_PLATFORM = "spring.config.activate.oncloudplatform"
LEGACY = ("spring.profiles", "spring.profiles[0]")
CHOICES = tuple(f"spring.profiles.{name}{index}" for name in ("include", "active", "default") for index in ("", "[0]"))


NO_PLATFORM = "none"
_PLATFORMS = (NO_PLATFORM, "cloudfoundry", "heroku", "sap", "nomad", "kubernetes", "azureappservice")
"""Spring Boot's cloud platforms; ``azure-app-service`` and ``AZURE_APP_SERVICE`` are spellings of the last."""


class Activation(Struct, frozen=True):
    """When a document takes part. ``expression`` None: whatever the profiles; ``platform`` None: on any platform."""

    expression: Expression | None
    platform: str | None = None

    def is_active(self, profiles: Collection[str] | None, platform: str = NO_PLATFORM) -> bool:
        """Whether the document takes part while exactly ``profiles`` are active on that platform.

        Profiles None: as long as they are not known, which satisfies no expression, ``!x`` included.
        """
        if self.platform not in (None, platform):
            return False
        return self.expression is None or (profiles is not None and self.expression.matches(profiles))


def spring_keys(properties: Mapping[str, Value]) -> dict[str, str]:
    """The ``spring.`` keys as relaxed binding compares them (no case, dashes, underscores) -> as they are written."""
    return {plain_key(key): key for key in properties if key[:7].lower() == "spring."}


def plain_key(key: str) -> str:
    """``key`` without what relaxed binding does not look at."""
    return key.replace("-", "").replace("_", "").lower()


def read_activation(
    path: str, said: Mapping[str, str], properties: Mapping[str, Value], places: Mapping[str, tuple[int, int]]
) -> Activation | None:
    """What a document with the spring keys ``said`` says about its activation; None where it says nothing.

    Text is a comma list, a YAML list is its items; both mean "any of"; empty text means always. Raises InvalidContent
    at the place of a malformed expression.
    """
    platform = read_platform(path, said, _ON_PLATFORM, properties, places)
    expressions: list[Expression] = []
    for key, text in _conditions(said, properties):
        try:
            expressions.append(parse_expression(text))
        except InvalidInput as error:
            line, column = places.get(key, (0, 0))
            detail = f"{key}: {text[:80]!r} is no profile expression: {error}"
            raise InvalidContent(path, "on-profile", detail, line, column) from error
    if not expressions:
        return Activation(None, platform) if platform else None
    return Activation(expressions[0] if len(expressions) == 1 else Some(tuple(expressions)), platform)


def read_platform(
    path: str,
    said: Mapping[str, str],
    name: str,
    properties: Mapping[str, Value],
    places: Mapping[str, tuple[int, int]],
) -> str | None:
    """The one of _PLATFORMS that stands at ``name``, None where none does. Raises InvalidContent for others."""
    text = scalar_text(properties[said[name]]).strip() if name in said else ""
    platform = re.sub("[^a-z0-9]", "", text.lower())
    if text and platform not in _PLATFORMS:
        detail = f"{said[name]}: {text!r} is no cloud platform: known are {', '.join(_PLATFORMS)}"
        raise InvalidContent(path, "cloud-platform", detail, *places.get(said[name], (0, 0)))
    return platform or None


def _conditions(said: Mapping[str, str], properties: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """Key and text of each condition; as in Spring's binder, text wins over list items."""
    if ON_PROFILE in said:
        key = said[ON_PROFILE]
        text = scalar_text(properties[key])
        yield from ((key, item) for item in text.split(",") if text)
        return
    index = 0
    while key := said.get(f"{ON_PROFILE}[{index}]", ""):
        yield key, scalar_text(properties[key])
        index += 1
