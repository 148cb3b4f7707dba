"""Secrets on their way into a store and back: as ``{cipher}``, or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gitconfig_server.errors import CannotDecrypt
from gitconfig_server.manager.errors import CannotBeSaved, Problem
from gitconfig_server.manager.nodes.paths import Segments, join_path
from gitconfig_server.manager.nodes.values import MISSING, Data, Secret

if TYPE_CHECKING:
    from gitconfig_server.formats.ciphers.keys import Keys

_CIPHER = "{cipher}"


class Safe:
    """Closes and opens secrets with the keys that the environment names (``GITCONFIG_ENCRYPT__KEY`` and its kin)."""

    def __init__(self, keys: Keys | None = None) -> None:
        self._keys = keys
        self._looked = keys is not None

    def closed(self, data: Data, stored: Data = MISSING, path: Segments = ()) -> Data:
        """``data`` with its secrets encrypted; one that is stored so keeps its text. CannotBeSaved without a key."""
        if isinstance(data, dict):
            inner = stored if isinstance(stored, dict) else {}
            return {name: self.closed(one, inner.get(name, MISSING), (*path, name)) for name, one in data.items()}
        if isinstance(data, list):
            olds = stored if isinstance(stored, list) else []
            return [
                self.closed(one, olds[index] if index < len(olds) else MISSING, (*path, str(index)))
                for index, one in enumerate(data)
            ]
        if not isinstance(data, Secret):
            return data
        if isinstance(stored, str) and self._opened(stored) == data.reveal():
            return stored
        keys = self._found()
        if keys is None:
            reason = "a secret is saved encrypted or not at all: name a key (GITCONFIG_ENCRYPT__KEY)"
            raise CannotBeSaved([Problem(join_path(path), reason)])
        return _CIPHER + keys.cipher({}).encrypt(data.reveal())

    def opened(self, data: Data) -> Data:
        """``data`` with what is encrypted in clear, where there is a key for it."""
        if isinstance(data, dict):
            return {name: self.opened(one) for name, one in data.items()}
        if isinstance(data, list):
            return [self.opened(one) for one in data]
        return self._opened(data) if isinstance(data, str) and data.startswith(_CIPHER) else data

    def _opened(self, text: str) -> str:
        keys = self._found() if text.startswith(_CIPHER) else None
        if keys is None:
            return text
        try:
            return keys.decrypt(text.removeprefix(_CIPHER))
        except CannotDecrypt:
            return text

    def _found(self) -> Keys | None:
        if not self._looked:
            from gitconfig_server.formats.ciphers.opening import open_keys
            from gitconfig_server.settings.loading import load

            self._looked = True
            self._keys = open_keys(load(None, os.environ, {}).settings.encrypt)
        return self._keys
