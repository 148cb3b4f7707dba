"""Texts that are posted to be encrypted or decrypted, as Spring takes them from bodies of any type.

Only a body of exactly ``text/plain`` is the text itself. A servlet container reads a form ``secret`` as the parameter
``secret=``, which Spring undoes; so does this, for all other types, wherever a body ends in ``=``.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from urllib.parse import unquote_plus

from starlette.requests import Request

from gitconfig_server.errors import MalformedRequest
from gitconfig_server.web.refusals import UnsupportedMediaType

_TEXT, _FORM = "text/plain", "application/x-www-form-urlencoded"
_MEDIA_TYPE = re.compile(r"([\w.+*-]+/[\w.+*-]+)((?:\s*+;\s*+(?:[\w.-]+=(?:\"[^\"]*\"|[^\s;\"]+))?+)*+)\s*", re.ASCII)
_CHARSET = re.compile(r";\s*charset=\"?([^\s;\"]+)", re.IGNORECASE)
_CHARSETS = {"utf-8", "us-ascii", "iso-8859-1"}


async def posted_text(request: Request) -> str:
    """The text to be encrypted. Raises MalformedRequest and UnsupportedMediaType."""
    text, kind = await _read(request)
    if kind == _FORM:
        key = text.removesuffix("=")
        return text if "=" in key or "&" in key else unquote_plus(key)
    return unquote_plus(text)[:-1] if kind != _TEXT and text.endswith("=") else text


async def posted_cipher(request: Request) -> str:
    """The text to be decrypted, blanks around it taken off. Raises MalformedRequest and UnsupportedMediaType."""
    text, kind = await _read(request)
    if kind == _FORM or (kind != _TEXT and text.endswith("=")):
        text = unquote_plus(text).replace(" ", "+")
        sealed = text.rpartition("}")[2]
        if text.endswith("=") and len(sealed) % 2 and _is_encoded(sealed[:-1]):
            text = text[:-1]
    return text.strip()


async def _read(request: Request) -> tuple[str, str]:
    """The body, and its media type; that of ``text/plain`` with parameters is ``""``, which is no exact one."""
    given = request.headers.get("content-type")
    if given is None:
        raise MalformedRequest("Content-Type is missing: send the text as text/plain")
    found = _MEDIA_TYPE.fullmatch(given)
    charset = _CHARSET.search(given)
    encoding = charset[1].lower() if charset else "utf-8"
    if found is None or encoding not in _CHARSETS:
        raise UnsupportedMediaType(given, f"{_TEXT} in {', '.join(sorted(_CHARSETS))}")
    try:
        text = (await request.body()).decode(encoding)
    except UnicodeDecodeError as error:
        raise MalformedRequest(f"the body is not {encoding}") from error
    if not text:
        raise MalformedRequest("the body is empty: it should be the text")
    kind = found[1].lower()
    return text, "" if kind == _TEXT and found[2] else kind


def _is_encoded(text: str) -> bool:
    """Whether ``text`` is hexadecimal or base64."""
    for decode in (binascii.unhexlify, lambda one: b64decode(one, validate=True)):
        try:
            decode(text)
        except ValueError:
            continue
        return True
    return False
