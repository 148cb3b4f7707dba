"""Spring's routes of encryption: ``/encrypt``, ``/decrypt``, ``/key``, and what they answer where it cannot be done.

The contract is that of ``EncryptionController``, but for a server without a key, which says so (``NO_KEY``).
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gitconfig_server.errors import CannotDecrypt, MalformedRequest, UnknownKey
from gitconfig_server.formats.ciphers.keys import Keys, read_prefixes, write_prefixes
from gitconfig_server.service.crossing import Crossing
from gitconfig_server.service.spring.texts import decode
from gitconfig_server.settings.spring import SpringSettings
from gitconfig_server.web.problems.refusals import UnsupportedMediaType
from gitconfig_server.web.spring.requests import NOT_KEPT, Mount, read_asked
from gitconfig_server.wire.json import render

_TEXT, _FORM = "text/plain", "application/x-www-form-urlencoded"
_MEDIA_TYPE = re.compile(r"([\w.+*-]+/[\w.+*-]+)((?:\s*+;\s*+(?:[\w.-]+=(?:\"[^\"]*\"|[^\s;\"]+))?+)*+)\s*", re.ASCII)
_CHARSET = re.compile(r";\s*charset=\"?([^\s;\"]+)", re.IGNORECASE)
_CHARSETS = {"utf-8", "us-ascii", "iso-8859-1", "windows-1252", "utf-16", "utf-16be", "utf-16le"}


async def _posted_text(request: Request) -> str:
    """The text to be encrypted. Raises MalformedRequest and UnsupportedMediaType."""
    text, kind = await _read(request)
    if kind == _FORM:
        key = text.removesuffix("=")
        return text if "=" in key or "&" in key else unquote_plus(key)
    return unquote_plus(text)[:-1] if kind != _TEXT and text.endswith("=") else text


async def _posted_cipher(request: Request) -> str:
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
        text = _decode(await request.body(), encoding)
    except UnicodeDecodeError as error:
        raise MalformedRequest(f"the body is not {encoding}") from error
    if not text:
        raise MalformedRequest("the body is empty: it should be the text")
    kind = found[1].lower()
    return text, "" if kind == _TEXT and found[2] else kind


def _decode(body: bytes, encoding: str) -> str:
    """As Java decodes: windows-1252 has no byte that is an error."""
    return decode(body, encoding, "replace" if encoding == "windows-1252" else "strict")


def _is_encoded(text: str) -> bool:
    """Whether ``text`` is hexadecimal or base64."""
    for read in (binascii.unhexlify, lambda one: b64decode(one, validate=True)):
        try:
            read(text)
        except ValueError:
            continue
        return True
    return False


_COMMENT = "application"
"""What Spring writes behind a public key."""


class EncryptionFace:
    """The routes over the keys of a server, or over none."""

    def __init__(self, keys: Keys | None, crossing: Crossing, settings: SpringSettings) -> None:
        self._keys = keys
        self._crossing = crossing
        self._settings = settings

    def routes(self, mount: Mount) -> list[Route]:
        """Literal paths, to be tried before those of environments; a slash behind a POST's path is tolerated."""
        path, named = mount.path, "/{name:spring}/{profiles:spring}"
        posts = {"encrypt": self._encrypt, "decrypt": self._decrypt}
        return [
            Route(f"{path}/key", self._key),
            Route(f"{path}/key{named}", self._key),
            Route(f"{path}/encrypt/status", self._status),
            *(
                Route(f"{path}/{verb}{rest}", endpoint, methods=["POST"])
                for verb, endpoint in posts.items()
                for rest in ("", "/", named, f"{named}/")
            ),
        ]

    async def _key(self, request: Request) -> Response:
        self._check_names(request)
        if self._keys is None:
            return _no_key()
        public_key = self._keys.cipher({}).public_key
        if public_key is None:
            return _refused(404, "NOT_FOUND", "No public key available")
        return _text(f"{public_key} {_COMMENT}")

    async def _status(self, _: Request) -> Response:
        return _json(200, {"status": "OK"}) if self._keys else _no_key()

    async def _encrypt(self, request: Request) -> Response:
        self._check_names(request)
        pairs, plain = read_prefixes(await _posted_text(request))
        if self._keys is None:
            return _no_key()
        try:
            cipher = await self._crossing.run(self._keys.cipher, pairs)
        except UnknownKey as error:
            return _refused(400, "BAD_REQUEST", str(error))
        return _text(write_prefixes(pairs) + await self._crossing.run(cipher.encrypt, plain))

    async def _decrypt(self, request: Request) -> Response:
        self._check_names(request)
        pairs, sealed = read_prefixes(await _posted_cipher(request))
        if self._keys is None:
            return _no_key()
        try:
            cipher = await self._crossing.run(self._keys.cipher, pairs)
            if not cipher.can_decrypt:
                return _refused(400, "BAD_REQUEST", "Server-side decryption is not supported")
            return _text(await self._crossing.run(cipher.decrypt, sealed))
        except (CannotDecrypt, UnknownKey):
            return _refused(400, "INVALID", "Text not encrypted with this key")

    def _check_names(self, request: Request) -> None:
        """Names pick no key, but Spring refuses the wrong ones."""
        if names := request.path_params:
            read_asked(self._settings, names["name"], names["profiles"], None)


def _no_key() -> Response:
    return _refused(404, "NO_KEY", "No key was installed for encryption service")


def _refused(status: int, word: str, description: str) -> Response:
    return _json(status, {"status": word, "description": description})


def _json(status: int, content: dict[str, str]) -> Response:
    return Response(render(content), status, NOT_KEPT, media_type="application/json")


def _text(text: str) -> Response:
    return Response(text, headers=NOT_KEPT | {"Content-Type": "text/plain;charset=UTF-8"})
