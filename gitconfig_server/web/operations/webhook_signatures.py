"""Whether a webhook comes from somebody who knows the secret. Every comparison takes the same time, match or not."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from urllib.parse import unquote

Headers = Mapping[str, str]
_Check = Callable[[Headers, bytes, bytes, float], bool]
"""Headers, body, secret, and seconds since 1970."""

_GITEE_SECONDS = 3600.0
"""How old a timestamp signed by Gitee may be."""

_STANDARD_SECONDS = 300.0
"""The same for Standard Webhooks, which GitLab's signing tokens follow."""

_MAX_SIGNATURES = 10
"""While a secret is replaced a webhook carries one signature for each."""


def is_authentic(headers: Headers, body: bytes, secrets: Mapping[str, str], now: float) -> bool:
    """Whether any provider that has a secret in ``secrets`` would have signed this request, or sent its token."""
    given = {provider: secret.encode() for provider, secret in secrets.items() if secret}
    return any(_CHECKS[provider](headers, body, secret, now) for provider, secret in given.items())


def _signed(*names: str) -> _Check:
    """HMAC-SHA-256 of the body in hex, bare or after ``sha256=``, in one of these headers."""

    def check(headers: Headers, body: bytes, secret: bytes, _: float) -> bool:
        expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
        given = (headers.get(name, "").removeprefix("sha256=") for name in names)
        return any(_same(one, expected.encode()) for one in given)

    return check


def _token(name: str, prefix: str = "") -> _Check:
    """The secret itself in a header."""

    def check(headers: Headers, _: bytes, secret: bytes, __: float) -> bool:
        given = headers.get(name, "")
        return given.startswith(prefix) and _same(given.removeprefix(prefix), secret)

    return check


def _basic(headers: Headers, _: bytes, secret: bytes, _now: float) -> bool:
    """The secret is the password of Basic authentication; any user may give it."""
    scheme, _blank, given = headers.get("authorization", "").partition(" ")
    try:
        password = base64.b64decode(given, validate=True).partition(b":")[2]
    except ValueError:
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(password, secret)


def _standard(headers: Headers, body: bytes, secret: bytes, now: float) -> bool:
    """Standard Webhooks (standardwebhooks.com): of id, time and body the HMAC-SHA-256 in base 64, one a version."""
    stamp = headers.get("webhook-timestamp", "")
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12 or abs(int(stamp) - now) > _STANDARD_SECONDS:
        return False
    try:
        key = base64.b64decode(secret.removeprefix(b"whsec_")) if secret.startswith(b"whsec_") else secret
    except ValueError:
        return False
    signed = b".".join([headers.get("webhook-id", "").encode("latin-1", "replace"), stamp.encode(), body])
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    return any(_same(one, expected) for one in headers.get("webhook-signature", "").split()[:_MAX_SIGNATURES])


def _gitee(headers: Headers, _: bytes, secret: bytes, now: float) -> bool:
    """The secret itself, or, of the time in milliseconds and the secret, the HMAC-SHA-256 in base 64."""
    token, stamp = headers.get("x-gitee-token", ""), headers.get("x-gitee-timestamp", "")
    if _same(token, secret):
        return True
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 15 or abs(int(stamp) / 1000 - now) > _GITEE_SECONDS:
        return False
    expected = base64.b64encode(hmac.new(secret, stamp.encode() + b"\n" + secret, hashlib.sha256).digest())
    return _same(token, expected) or _same(unquote(token), expected)


def _any(*checks: _Check) -> _Check:
    return lambda headers, body, secret, now: any(check(headers, body, secret, now) for check in checks)


def _same(given: str, expected: bytes) -> bool:
    return hmac.compare_digest(given.encode("latin-1", "replace"), expected)


_CHECKS: Mapping[str, _Check] = {
    "github": _signed("x-hub-signature-256"),
    "generic": _any(
        _signed("x-hub-signature-256", "x-hub-signature"),
        _token("x-monitor-token"),
        _token("authorization", "Bearer "),
    ),
    "bitbucket": _signed("x-hub-signature"),
    "gitea": _signed("x-gitea-signature", "x-hub-signature-256"),
    "gitee": _gitee,
    "gitlab": _any(_token("x-gitlab-token"), _standard),
    "gogs": _signed("x-gogs-signature"),
    "azure": _basic,
}
