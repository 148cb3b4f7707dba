"""Made-up YAML of every manner of writing: comments, anchors, blocks and flows, texts, documents."""

from __future__ import annotations

from random import Random

from gitconfig_server.formats.values import join_index, join_key
from support.made_texts import BESIDE, MadeText

NAMES = [("a", "a"), ("b", "b"), ("c", "c"), ("key one", "key one"), ("x-y", "x-y"), ("'on'", "on"), ('"q"', "q")]
NAMES += [("p.q", "p.q"), ("p.r", "p.r"), ("s.t.u", "s.t.u"), ("1", "[1]"), ("on", "[true]"), ("'[x.y]'", "[x.y]")]
NAMES += [("é", "é"), ("😀", "😀"), ("? z", "z"), ("!!str 7", "7")]
SCALARS = ["1", "-2.5", "true", "no", "plain", "two words", "'it''s'", '"dq \\n x"', "''", "~", "null", "0x1F", "1e3"]
SCALARS += ["http://x/y#z", "!!str 5", "2020-01-02", "é😀", "'# no comment'", '"a: b"', "jdbc:pg://h:1/d"]


def make_yaml(chance: Random) -> MadeText:
    """A text of one to three documents."""
    return _Maker(chance).make()


class _Maker:
    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._rows: list[tuple[str, str | None, int]] = []
        self._document = -1
        self._anchors: list[tuple[str, str]] = []
        self._first_keys: dict[str, str] = {}
        self._step = chance.choice((2, 2, 2, 4, 3))
        self._dash = chance.choice((0, 2, 2, self._step))

    def make(self) -> MadeText:
        count = self._chance.choice((1, 1, 1, 2, 3))
        for number in range(count):
            self._document = number
            self._anchors = []
            if number or self._maybe(0.15):
                self._row("--- # next" if self._maybe(0.2) else "---", None)
            self._noise("", 0)
            self._map("", 0, 0)
            if self._maybe(0.3):
                self._row("# the end", BESIDE)
            if self._maybe(0.1):
                self._row("...", None)
        eol = self._chance.choice(("\n", "\n", "\r\n"))
        lines = [(text + eol).encode() for text, _, _ in self._rows]
        if self._maybe(0.2):
            lines[-1] = lines[-1].removesuffix(eol.encode())
        bom = "\ufeff".encode() if self._maybe(0.1) else b""
        lines[0] = bom + lines[0]
        owners = [(owner, number) for _, owner, number in self._rows]
        return MadeText("f.yml", b"".join(lines), lines, owners, first_keys=self._first_keys)

    def _maybe(self, likely: float) -> bool:
        return self._chance.random() < likely

    def _row(self, text: str, owner: str | None) -> None:
        self._rows.append((text, owner, self._document))

    def _noise(self, path: str, column: int) -> None:
        while self._maybe(0.2):
            self._row(self._chance.choice(("", " " * column + "# note", " " * column + "#")), path + BESIDE)

    def _map(self, path: str, column: int, depth: int, dash: str = "") -> None:
        names = self._chance.sample(NAMES, self._chance.randrange(1, 5))
        if path == "":
            names = [name for name in names if not name[0].startswith("?") or self._maybe(0.3)]
        names = names or [("a", "a")]
        for number, (name, segment) in enumerate(names):
            key = join_key(path, segment)
            lead = dash if dash and not number else " " * column
            if dash and not number:
                self._first_keys[key] = path
            else:
                self._noise(path, column)
            if name.startswith("?"):
                lead, text = lead, f"? {name[2:]}"
                self._row(lead + text + self._comment(), key)
                lead, name = " " * column, ""
            self._value(lead + name + ":", key, column, depth)
            if self._maybe(0.1):
                self._row(" " * (column + 1 + self._chance.randrange(4)) + "# deeper", key)
        if self._maybe(0.1):
            maps = [anchor for anchor, kind in self._anchors if kind == "map"]
            if maps:
                self._row(" " * column + f"<<: *{self._chance.choice(maps)}" + self._comment(), path)

    def _comment(self) -> str:
        return self._chance.choice(("", "", "", " # why", "   #", " "))

    def _value(self, lead: str, key: str, column: int, depth: int) -> None:
        kind = self._chance.random()
        if kind < 0.4 or depth > 3:
            self._row(f"{lead} {self._anchor('scalar')}{self._chance.choice(SCALARS)}{self._comment()}", key)
        elif kind < 0.45:
            self._row(lead + self._comment(), key)
        elif kind < 0.5 and self._anchors:
            self._row(f"{lead} *{self._chance.choice(self._anchors)[0]}{self._comment()}", key)
        elif kind < 0.58:
            self._block_text(lead, key, column)
        elif kind < 0.62:
            closing = self._chance.choice(("", '"'))
            self._row(f"{lead} {closing}several", key)
            self._row(" " * (column + 2) + "words" + closing + self._comment(), key)
        elif kind < 0.75:
            self._flow(lead, key, column)
        elif kind < 0.88:
            anchor = self._opened(lead, key)
            self._map(key, column + self._step, depth + 1)
            self._close(anchor, "map")
        else:
            anchor = self._opened(lead, key)
            self._list(key, column + (max(self._dash, 2) if lead.endswith("-") else self._dash), depth + 1)
            self._close(anchor, "list")

    def _anchor(self, kind: str) -> str:
        if not self._maybe(0.15):
            return ""
        name = f"n{self._chance.randrange(100)}"
        self._anchors.append((name, kind))
        return f"&{name} "

    def _opened(self, lead: str, key: str) -> str:
        name = f"m{self._chance.randrange(100)}" if self._maybe(0.25) else ""
        self._row((f"{lead} &{name}" if name else lead) + self._comment(), key)
        return name

    def _close(self, name: str, kind: str) -> None:
        if name:
            self._anchors.append((name, kind))

    def _block_text(self, lead: str, key: str, column: int) -> None:
        sign = self._chance.choice(("|", "|", "|-", "|+", ">", ">-", ">+"))
        self._row(f"{lead} {sign}{self._comment()}", key)
        for _ in range(self._chance.randrange(1, 4)):
            self._row(" " * (column + self._step) + self._chance.choice(("text", "# text", "a: b")), key)
        while self._maybe(0.2):
            self._row("", key)

    def _flow(self, lead: str, key: str, column: int) -> None:
        text = self._flow_text(0)
        if self._maybe(0.3) and text[0] in "{[" and len(text) > 2:
            self._row(f"{lead} {text[0]}{self._comment()}", key)
            for part in self._parts():
                self._row(" " * (column + 4) + part + "," + self._comment(), key)
            if text[0] == "{":
                self._row(" " * (column + 4) + "last: 1" + self._comment(), key)
            else:
                self._row(" " * (column + 4) + self._chance.choice(("x", "x,")), key)
            self._row(" " * (column + 2) + ("}" if text[0] == "{" else "]") + self._comment(), key)
        else:
            self._row(f"{lead} {text}{self._comment()}", key)

    def _parts(self) -> list[str]:
        names = self._chance.sample(("a", "b", "'c'", '"d"', "e.f"), self._chance.randrange(3))
        return [f"{name}: {self._flow_text(1)}" for name in names]

    def _flow_text(self, depth: int) -> str:
        kind = self._chance.random()
        if depth and (kind < 0.6 or depth > 2):
            return self._chance.choice([one for one in SCALARS if not set(one) & set("#,")])
        if kind < 0.8:
            names = self._chance.sample(("a", "b", "'c'", '"d"', "e.f", "1"), self._chance.randrange(4))
            pairs = [f"{name}: {self._flow_text(depth + 1)}" for name in names]
            pairs += ["bare"] if self._maybe(0.1) else []
            closing = self._chance.choice(("", " ", ",")) if pairs else ""
            return "{" + self._chance.choice(("", " ")) + ", ".join(pairs) + closing + "}"
        items = [self._flow_text(depth + 1) for _ in range(self._chance.randrange(4))]
        items += ["k: 1"] if self._maybe(0.1) else []
        return "[" + self._chance.choice((", ", " ,  ")).join(items) + "]"

    def _list(self, key: str, column: int, depth: int) -> None:
        for index in range(self._chance.randrange(1, 4)):
            item = join_index(key, index)
            self._noise(key, column)
            dash = " " * column + "-"
            kind = self._chance.random()
            if kind < 0.3 and depth < 4:
                self._map(item, column + 2, depth + 1, dash + " ")
            elif kind < 0.35:
                self._row(dash + self._comment(), item)
            else:
                self._value(dash, item, column, depth + 1)
