"""Errors that only HTTP knows. They belong to the one tree, so that one table answers them all.

InvalidInput
├── UnknownOption        a query option that this route does not have
├── InvalidOption        a query option with a value that cannot be read
├── InvalidHeader        a header with a value that cannot be read, or means nothing here
├── UnsupportedEncoding  a body in a content coding nobody here undoes
├── UnsupportedMediaType a body of a type that is not taken here
├── Unauthenticated      a request that does not prove who sends it
├── WrongHost            the Host header names somebody else
├── CrossSite            a browser calls for another site's page
├── MethodNotAllowed     the route exists, but not for this verb
└── BodyTooSlow          the body did not arrive in time
NotFound
└── RouteNotFound        no such route
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from gitconfig_server.errors import InvalidInput, NotFound


class UnknownOption(InvalidInput):
    """The route has no query option of this name; the message names the nearest one it has."""

    code = "unknown-option"

    def __init__(self, option: str, known: Sequence[str]) -> None:
        nearest = difflib.get_close_matches(option, known, n=1, cutoff=0)
        super().__init__(
            f"unknown option {option!r}" + (f", did you mean {nearest[0]!r}?" if nearest else ": there is none")
        )
        self.option = option


class InvalidOption(InvalidInput):
    """The query option's value cannot be read."""

    code = "invalid-option"

    def __init__(self, option: str, reason: str) -> None:
        super().__init__(f"option {option!r}: {reason}")
        self.option = option


class InvalidHeader(InvalidInput):
    """The header's value cannot be read, or means nothing here."""

    code = "invalid-header"

    def __init__(self, header: str, reason: str) -> None:
        super().__init__(f"{header} {reason}")
        self.header = header


class UnsupportedEncoding(InvalidInput):
    """The body is in a content coding that is not undone here: send it plain."""

    code = "unsupported-encoding"

    def __init__(self, coding: str) -> None:
        super().__init__(f"content coding {coding!r} is not understood here: send the body plain")


class UnsupportedMediaType(InvalidInput):
    """The body is of a type that this route does not take; the message names one it does."""

    code = "unsupported-media-type"

    def __init__(self, given: str, expected: str) -> None:
        super().__init__(f"Content-Type {given!r} is not taken here: send {expected}")


class Unauthenticated(InvalidInput):
    """The request does not prove that its sender knows the secret."""

    code = "unauthenticated"
    challenge = 'Bearer realm="monitor"'


class WrongHost(InvalidInput):
    """The Host header names another server: a rebound name, or one that ``allowed_hosts`` lacks."""

    code = "wrong-host"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"this server does not answer for {host!r}: call it localhost, or add the name to allowed_hosts"
        )


class CrossSite(InvalidInput):
    """A browser sends this for a page of another site, which an open server does not serve."""

    code = "cross-site"

    def __init__(self, origin: str) -> None:
        super().__init__(f"requests from pages of {origin} are not served")


class MethodNotAllowed(InvalidInput):
    """The route exists, but not for this verb; ``allowed`` lists those it has."""

    code = "method-not-allowed"

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        super().__init__(f"{method} is not possible here, only {', '.join(allowed)}")
        self.allowed = tuple(allowed)


class BodyTooSlow(InvalidInput):
    """The request body did not arrive in time."""

    code = "body-too-slow"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the body did not arrive within {seconds:g} s (setting limits.body_seconds)")


class RouteNotFound(NotFound):
    """There is no route of this path."""

    code = "unknown-route"

    def __init__(self, path: str) -> None:
        super().__init__(f"nothing is served at {path}")
