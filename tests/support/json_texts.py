"""Made-up JSON, in lines or in one, loose or tight."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from gitconfig_server.formats.values import join_index, join_key
from support.made_texts import MadeText

NAMES = ["a", "b", "c", "p.q", "p.r", "s.t.u", "key one", "é", "[x.y]", "yes"]
SCALARS: list[Any] = [1, -2.5, 1e22, 10**25, True, None, "", "text", "é😀", 'q"\\', "a\nb"]


def make_json(chance: Random) -> MadeText:
    """A text of one object."""
    return _Maker(chance).make()


class _Maker:
    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._rows: list[tuple[str, str | None]] = [("", "")]
        self._unit = chance.choice((None, None, "  ", "  ", "    ", "\t"))
        self._tight = chance.random() < 0.3

    def make(self) -> MadeText:
        self._branch(dict.fromkeys(self._names()), "", "", 0)
        eol = self._chance.choice(("\n", "\n", "\r\n"))
        lines = [(text + eol).encode() for text, _ in self._rows]
        if self._chance.random() < 0.2:
            lines[-1] = lines[-1].removesuffix(eol.encode())
        if self._chance.random() < 0.1:
            lines[0] = "\ufeff".encode() + lines[0]
        return MadeText("f.json", b"".join(lines), lines, [(owner, 0) for _, owner in self._rows])

    def _names(self) -> list[str]:
        return self._chance.sample(NAMES, self._chance.randrange(5))

    def _write(self, text: str) -> None:
        line, owner = self._rows[-1]
        self._rows[-1] = (line + text, owner)

    def _branch(
        self, children: dict[str, None] | list[None], path: str, indent: str, depth: int, alone: bool = False
    ) -> None:
        """Children on lines of their own belong to these lines; in one line, to what the line begins with."""
        upright = self._unit is not None and self._chance.random() < 0.8
        opening, closing = "{}" if isinstance(children, dict) else "[]"
        deeper = indent + (self._unit or "")
        self._write(opening)
        for number, name in enumerate(children):
            key = join_index(path, number) if name is None else join_key(path, name)
            self._write(("," if self._tight or upright else ", ") if number else "")
            if upright:
                self._rows.append((deeper, key))
            if name is not None:
                self._write(json.dumps(name) + (":" if self._tight else ": "))
            self._value(key, deeper if upright else indent, depth, upright)
        if children and upright:
            self._rows.append((indent, path if alone else ""))
        self._write(closing)

    def _value(self, key: str, indent: str, depth: int, alone: bool) -> None:
        kind = self._chance.random()
        if kind < 0.5 or depth > 3:
            self._write(json.dumps(self._chance.choice(SCALARS), ensure_ascii=self._chance.random() < 0.5))
        elif kind < 0.8:
            self._branch(dict.fromkeys(self._names()), key, indent, depth + 1, alone)
        else:
            self._branch([None] * self._chance.randrange(4), key, indent, depth + 1, alone)
