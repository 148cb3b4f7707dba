"""A plain file as text: decoded, its placeholders resolved, its secrets opened where the settings say so."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Callable

from msgspec import Struct

from gitconfig_server.errors import StorageBusy
from gitconfig_server.formats.rendering.placeholders import Placeholders
from gitconfig_server.model.principals import Principal
from gitconfig_server.model.spring import Asked, ServedEnvironment, ServedFile
from gitconfig_server.service.spring.reader import SpringReader

ATTEMPTS = 20
"""How often a file and its environment are read until both are of one commit."""

_PLACEHOLDER = "${"

_MARKS = {"utf-16": (BOM_UTF16_BE, BOM_UTF16_LE), "utf-32": (BOM_UTF32_BE, BOM_UTF32_LE)}


class ServedText(Struct, frozen=True):
    """A file's text. ``environment`` is where placeholders took their values, None where there was none to resolve.

    ``secret``: a value in it was decrypted.
    """

    file: ServedFile
    text: str
    environment: ServedEnvironment | None = None
    secret: bool = False


async def read_text(
    reader: SpringReader, who: Principal, asked: Asked, path: str, *, charset: str = "utf-8", resolve: bool = True
) -> ServedText:
    """The file that ``path`` means, and the environment of the same commit that fills it in.

    Raises as ``SpringReader`` and ``Placeholders`` do, InvalidContent for a secret that cannot be opened, and
    StorageBusy where the label does not stand still.
    """
    for _ in range(ATTEMPTS):
        file = await reader.file(who, asked, path)
        text = await reader.work(decode, file.content, charset)
        environment = await reader.environment(who, asked) if resolve and _PLACEHOLDER in text else None
        if environment is None or _seen_at(environment) == file.commit:
            return await reader.work(_finished, ServedText(file, text, environment), reader.decrypt_text)
    raise StorageBusy(f"{path}: its label moved {ATTEMPTS} times while it was read, try again")


def decode(content: bytes, charset: str, errors: str = "replace") -> str:
    """Text as Java decodes it: without a mark, UTF-16 and UTF-32 are big-endian."""
    marks = _MARKS.get(charset)
    return content.decode(f"{charset}-be" if marks and not content.startswith(marks) else charset, errors)


def _seen_at(environment: ServedEnvironment) -> str | None:
    """The commit at which the label was when it was read, though an older one may be what could be read."""
    state = environment.running
    return state.saved if state and state.held else environment.version


def _finished(read: ServedText, decrypt: Callable[[str, str], str] | None) -> ServedText:
    """Placeholders first, as in Spring: what is secret is never taken for one."""
    text, environment = read.text, read.environment
    if environment:
        text = Placeholders([source.properties for source in environment.sources]).resolve(text)
    opened = decrypt(read.file.path, text) if decrypt else text
    secret = opened != text or (environment is not None and environment.secret)
    return ServedText(read.file, opened, environment, secret)
