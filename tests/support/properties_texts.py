"""Made-up ``.properties``: separators, continued lines, escapes, lists, documents."""

from __future__ import annotations

from random import Random

from support.made_texts import MadeText

NAMES = [("a", "a"), ("b.c", "b.c"), ("b.d", "b.d"), ("b.l[0]", "b.l[0]"), ("b.l[1]", "b.l[1]"), ("e", "e")]
NAMES += [("key\\ one", "key one"), ("k\\=v", "k=v"), ("\\u00e9", "é"), ("f.g.h", "f.g.h"), ("a.x", "a.x")]
VALUES = ["1", "", "text", "two words ", "caf\\u00e9", "\\ lead", "a=b", "tab\\there", "\\ud83d\\ude00", "c:\\\\d", "é"]


def make_properties(chance: Random) -> MadeText:
    """A text of one to three documents."""
    return _Maker(chance).make()


class _Maker:
    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._rows: list[tuple[str, str | None, int]] = []

    def make(self) -> MadeText:
        for number in range(self._chance.choice((1, 1, 2, 3))):
            if number:
                self._rows.append((self._chance.choice(("#---", "!---  ")), None, number))
            self._document(number)
        eol = self._chance.choice(("\n", "\n", "\r\n", "\r"))
        lines = [(text + eol).encode("iso-8859-1") for text, _, _ in self._rows]
        if self._maybe(0.2):
            lines[-1] = lines[-1].removesuffix(eol.encode())
        owners = [(owner, number) for _, owner, number in self._rows]
        return MadeText("f.properties", b"".join(lines), lines, owners, keeps_order=False)

    def _maybe(self, likely: float) -> bool:
        return self._chance.random() < likely

    def _document(self, number: int) -> None:
        for position, (name, key) in enumerate(self._chance.sample(NAMES, self._chance.randrange(1, 6))):
            if position and self._maybe(0.3):
                self._rows.append((self._chance.choice(("", "# note", "  ! note", "   ")), None, number))
            lead = self._chance.choice(("", "", "  ")) + name + self._chance.choice(("=", " = ", ": ", " ", "="))
            if self._maybe(0.2):
                self._rows.append((lead + "one, \\", key, number))
                self._rows.append(("    " + self._chance.choice(("two", "# three", "")), key, number))
            else:
                self._rows.append((lead + self._chance.choice(VALUES), key, number))
        if self._maybe(0.2):
            items = ",".join(self._chance.choice(("x", " y", "z\\,z", "")) for _ in range(self._chance.randrange(1, 4)))
            self._rows.append((f"list[]={items}", "list", number))
        self._rows.append(("", None, number))
