"""Which of Spring's further repositories are meant for a request: patterns of ``application/profile``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitconfig_server.served import Asked


@dataclass(frozen=True, slots=True)
class Patterns:
    """Texts with ``*`` for any characters, as Spring reads them (``PatternMatchingJGitEnvironmentRepository``)."""

    texts: tuple[str, ...]

    @classmethod
    def of(cls, written: Sequence[str]) -> Patterns:
        """``team`` also means ``team/*``, and ``*/prod`` further profiles behind ``prod``."""
        profiles_free = [f"{text}/*" for text in written if "/" not in text]
        more_profiles = [f"{text},*" for text in written if not text.endswith("*")]
        return cls((*profiles_free, *written, *more_profiles))

    def match(self, asked: Asked) -> bool:
        """Whether they match one of the profiles, and also the comma list of all: the first profile decides."""
        one = any(self._match(f"{asked.name}/{profile}") for profile in asked.profiles)
        return one and self._match(f"{asked.name}/{asked.profile_text}")

    def _match(self, text: str) -> bool:
        return any(matches(pattern, text) for pattern in self.texts)


def matches(pattern: str, text: str) -> bool:
    """Whether ``text`` is ``pattern`` with something in the place of each ``*``; takes no longer than reading both."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    if not text.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(text) - at >= len(rest[-1]) and text.endswith(rest[-1])
