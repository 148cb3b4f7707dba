"""What a document says about itself in ``spring.*`` keys: when it is active, and what makes it unreadable."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from gitconfig_server.config.expressions import Expression, Some, parse_expression
from gitconfig_server.config.values import scalar_text
from gitconfig_server.environments import Value
from gitconfig_server.errors import InvalidContent, InvalidInput

ON_PROFILE = "spring.config.activate.onprofile"
ON_PLATFORM = "spring.config.activate.oncloudplatform"
LEGACY = ("spring.profiles", "spring.profiles[0]")
CHOICES = tuple(f"spring.profiles.{name}{index}" for name in ("include", "active", "default") for index in ("", "[0]"))


@dataclass(frozen=True, slots=True)
class Activation:
    """When a document takes part. ``expression`` None: whatever the profiles.

    ``on_platform``: it asks for a cloud platform, and this server runs on none.
    """

    expression: Expression | None
    on_platform: bool = False

    def is_active(self, profiles: Collection[str]) -> bool:
        """Whether the document takes part while exactly ``profiles`` are active."""
        return not self.on_platform and (self.expression is None or self.expression.matches(profiles))


def spring_keys(properties: Mapping[str, Value]) -> dict[str, str]:
    """The ``spring.`` keys as relaxed binding compares them (no case, dashes, underscores) -> as they are written."""
    return {key.replace("-", "").replace("_", "").lower(): key for key in properties if key[:7].lower() == "spring."}


def read_activation(
    path: str, said: Mapping[str, str], properties: Mapping[str, Value], places: Mapping[str, tuple[int, int]]
) -> Activation | None:
    """What a document with the spring keys ``said`` says about its activation; None where it says nothing.

    Text is a comma list, a YAML list is its items; both mean "any of"; empty text means always. Raises InvalidContent
    at the place of a malformed expression.
    """
    platform = scalar_text(properties[said[ON_PLATFORM]]) if ON_PLATFORM in said else ""
    on_platform = platform.strip().lower() not in ("", "none")
    expressions: list[Expression] = []
    for key, text in _conditions(said, properties):
        try:
            expressions.append(parse_expression(text))
        except InvalidInput as error:
            line, column = places.get(key, (0, 0))
            detail = f"{key}: {text!r} is no profile expression: {error}"
            raise InvalidContent(path, "on-profile", detail, line, column) from error
    if not expressions:
        return Activation(None, on_platform) if on_platform else None
    return Activation(expressions[0] if len(expressions) == 1 else Some(tuple(expressions)), on_platform)


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
