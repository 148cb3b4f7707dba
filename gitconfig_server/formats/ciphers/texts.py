"""Encrypted values in the text of a file that is served as it is; everything else stays to the byte.

Spring (``AbstractCipherResourceEncryptor``) puts what was encrypted in as it is; here it is written so that the file
still parses, and to just that text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

import yaml
from msgspec import Struct

from gitconfig_server.errors import CannotDecrypt, InvalidContent
from gitconfig_server.formats.ciphers.keys import CIPHER, Keys
from gitconfig_server.formats.ciphers.values import MAX_CIPHERS
from gitconfig_server.formats.reading.decoding import place_after
from gitconfig_server.formats.reading.formats import extension_of
from gitconfig_server.formats.reading.yaml_events import open_tokens
from gitconfig_server.formats.reading.yaml_nodes import span

_RULE = "cipher"
"""The rule of values that cannot be decrypted."""

_BOM = "\ufeff"
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)(?P<key>\s*+:)?', re.DOTALL)
_PROPERTY = re.compile(
    r"[ \t\f]*(?:[#!][^\r\n]*|(?:\\(?:\r\n|.)|[^\\=: \t\f\r\n])*+[ \t\f]*[=:]?[ \t\f]*"
    r"(?P<value>(?:\\(?:\r\n|.|\Z)|[^\\\r\n])*+))(?:\r\n|\r|\n|\Z)",
    re.DOTALL,
)
_CONTINUATION = re.compile(r"\\(?:\r\n|\r|\n)[ \t\f]*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_NAMED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"}
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


class _Found(Struct, frozen=True):
    """A value that begins with ``{cipher}``, where it stands, and how another would be written there."""

    start: int
    end: int
    value: str
    write: Callable[[str], str]


def decrypt_text(path: str, text: str, keys: Keys) -> str:
    """``text`` with its encrypted values decrypted, where ``path`` ends in json, properties, yml or yaml.

    Raises InvalidContent with the place of what cannot be decrypted, and of what is no JSON or YAML.
    """
    find = _FINDERS.get(extension_of(path).lower())
    if find is None or CIPHER not in text:
        return text
    body = text.removeprefix(_BOM)
    pieces, end = [_BOM] if body != text else [], 0
    for number, found in enumerate(_all(path, body, find)):
        if number == MAX_CIPHERS:
            raise _refusal(path, body, found.start, f"more than {MAX_CIPHERS} encrypted values")
        pieces += [body[end : found.start], found.write(_decrypted(path, body, found, keys))]
        end = found.end
    return "".join((*pieces, body[end:]))


def _all(path: str, text: str, find: Callable[[str], Iterator[_Found]]) -> Iterator[_Found]:
    try:
        yield from (found for found in find(text) if found.value.startswith(CIPHER))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise InvalidContent(path, "yaml-syntax", "its secrets cannot be found: it is no YAML", *place) from error
    except json.JSONDecodeError as error:
        raise InvalidContent(path, "json-syntax", "its secrets cannot be found: it is no JSON") from error


def _decrypted(path: str, text: str, found: _Found, keys: Keys) -> str:
    """The value with what was encrypted; blanks behind that, as at the end of a block scalar, stay."""
    sealed = found.value.rstrip()
    try:
        return keys.decrypt(sealed.removeprefix(CIPHER)) + found.value[len(sealed) :]
    except CannotDecrypt:
        raise _refusal(path, text, found.start, "this value is not encrypted with a key of this server") from None


def _refusal(path: str, text: str, at: int, detail: str) -> InvalidContent:
    return InvalidContent(path, _RULE, detail, *place_after(text[:at]))


def _in_json(text: str) -> Iterator[_Found]:
    for found in _JSON_STRING.finditer(text):
        if not found["key"] and CIPHER in found.group():
            yield _Found(*found.span(), json.loads(found.group(), strict=False), _double_quoted)


def _in_properties(text: str) -> Iterator[_Found]:
    for found in _PROPERTY.finditer(text):
        if found["value"] and CIPHER in found["value"]:
            value = _ESCAPE.sub(r"\1", _CONTINUATION.sub("", found["value"]))
            yield _Found(*found.span("value"), value, _property)


def _in_yaml(text: str) -> Iterator[_Found]:
    next_token = open_tokens(text)
    is_key = False
    while token := next_token():
        if isinstance(token, yaml.ScalarToken) and not is_key and not token.plain:
            start, end = span(token)
            yield _Found(start, end, token.value, _YamlScalar(text[start:end], token.style, token.value.rstrip()))
        if not isinstance(token, yaml.AnchorToken | yaml.TagToken):
            is_key = isinstance(token, yaml.KeyToken)


class _YamlScalar(Struct, frozen=True):
    """Writes another value in the style of a scalar, and where that cannot hold it in double quotes."""

    source: str
    style: str
    sealed: str

    def __call__(self, value: str) -> str:
        plain = value.rstrip("\n")
        if self.style == "'" and not _UNPRINTABLE.search(value):
            return "'" + value.replace("'", "''") + "'"
        if self.style not in "|>":
            return _double_quoted(value)
        if plain.strip() == plain != "" and not _UNPRINTABLE.search(plain) and self.source.count(self.sealed) == 1:
            return self.source.replace(self.sealed, plain)
        return _double_quoted(value) + self.source[len(self.source.rstrip()) :]


def _double_quoted(value: str) -> str:
    return _UNPRINTABLE.sub(lambda one: f"\\u{ord(one[0]):04x}", json.dumps(value, ensure_ascii=False))


def _property(value: str) -> str:
    text = "".join(_NAMED.get(one) or _ascii(one) for one in value)
    return f"\\{text}" if text.startswith(" ") else text


def _ascii(character: str) -> str:
    if " " <= character <= "~":
        return character
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


_FINDERS: Mapping[str, Callable[[str], Iterator[_Found]]] = {
    "json": _in_json,
    "properties": _in_properties,
    "yml": _in_yaml,
    "yaml": _in_yaml,
}
