"""What a session does with a line. No socket: lines in, lines out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from gitconfig_server.errors import GitConfigError, InvalidInput
from gitconfig_server.telnet.grammar import CONFIGURE, OPERATIONAL, Verb, choices, find_verb, keyword, usages
from gitconfig_server.telnet.target import Area, Path, Target
from gitconfig_server.telnet.words import Word, data_at, path_of, pipes, split_words
from gitconfig_server.text.trees import as_json, as_sets, in_braces, quoted

_MAX_LOAD = 1024 * 1024
_MINUTE = 60.0


class Commands:
    """One session's state: mode, where it stands, what it edits. ``closing``: the session is over.

    ``collecting``: lines are text to load, until one with a dot; ``asking``: the next line answers a question.
    """

    def __init__(self, target: Target, user: str = "") -> None:
        self.target = target
        self.user = user
        self.mode = OPERATIONAL
        self.here: Path = ()
        self.closing = False
        self.paged = True
        self.collecting: list[str] | None = None
        self.asking = False
        self._loading = ""
        self._area: Area | None = None

    @property
    def prompt(self) -> str:
        """What stands before the line."""
        if self.collecting is not None:
            return ""
        if self.asking:
            return "leave with changes that are not in force? [yes,no] "
        who = f"{self.user}@{self.target.name}" if self.user else self.target.name
        if self.mode == OPERATIONAL:
            return f"{who}> "
        where = f"[edit {' '.join(map(quoted, self.here))}]\r\n" if self.here else ""
        return f"{where}{who}# "

    async def run(self, line: str) -> list[str]:
        """What comes of a line; errors are lines too."""
        self.paged = True
        try:
            if self.collecting is not None:
                return await self._collected(line)
            if self.asking:
                return await self._answered(line)
            return await self._line(line)
        except GitConfigError as error:
            return [f"error: {one}" for one in str(error).splitlines() or [error.code]]

    async def ended(self) -> list[str]:
        """^D: the text to load is complete, or the session leaves."""
        if self.collecting is not None:
            return await self.run(".")
        return await self.run("exit")

    async def choices(self, line: str) -> list[tuple[str, str]]:
        """What may come next behind ``line``: word and meaning."""
        try:
            words = split_words(line)
        except GitConfigError:
            return []
        last = ""
        if words and not line[-1:].isspace():
            last = words.pop().text
        data = await self._area.read() if self._area else await self.target.running()
        return choices(self.mode, words, last, data, self.here)

    async def close(self) -> None:
        """Let go of what is edited."""
        if self._area is not None:
            await self._area.close()
            self._area = None

    async def _line(self, line: str) -> list[str]:
        if line.lstrip().startswith(("#", "!")):
            return []
        command, *filters = pipes(split_words(line))
        if not command:
            return []
        verb = find_verb(self.mode, command[0].text)
        if verb.name == "show":
            return await self._show(verb, command[1:], filters)
        if filters:
            raise InvalidInput(f"only show is piped: show ... | {filters[0][0].text if filters[0] else ''}")
        handler = getattr(self, f"_{verb.name}")
        found: list[str] = await handler(verb, command[1:])
        return found

    async def _configure(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        kind = keyword(verb, words[0]) if words else ""
        if kind is None or len(words) > 1:
            raise InvalidInput(verb.usage)
        self._area = await self.target.edit(kind)
        self.mode, self.here = CONFIGURE, ()
        told = ["entering configuration mode"]
        if not kind and await self._area.is_changed():
            told.append("what is staged differs from what is running: show | compare")
        return told

    async def _show(self, verb: Verb, words: Sequence[Word], filters: Sequence[Sequence[Word]]) -> list[str]:
        name = keyword(verb, words[0]) if words else None
        if name in ("status", "history"):
            return await (self._status(verb, ()) if name == "status" else self._history(verb, words[1:]))
        older = _compared(filters)
        if older is not False:
            return list(await self._needed_area().compare(older)) or ["no differences"]
        data, here = await self._shown(name), self.here if name is None else ()
        path = path_of(words if name is None else words[1:], here, data)
        found = data_at(data, path)
        how = _display(filters)
        self.paged = not any(one and "no-more".startswith(one[0].text) for one in filters)
        if how == "json":
            return list(as_json(found))
        return list(as_sets(found, path)) if how == "set" else list(in_braces(found))

    async def _shown(self, name: str | None) -> Any:
        if name == "saved":
            return await self.target.saved(0)
        return await self._area.read() if name is None and self._area else await self.target.running()

    async def _edit(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        data = await self._needed_area().read()
        path = path_of(words, self.here, data_at(data, self.here))
        if not isinstance(data_at(data, path), dict):
            raise InvalidInput(f"{' '.join(path)} is a value: set it, there is nothing beneath it")
        self.here = path
        return []

    async def _up(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        count = _number(words, verb) if words else 1
        self.here = self.here[: max(0, len(self.here) - count)]
        return []

    async def _top(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        self.here = ()
        return []

    async def _set(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        if len(words) < 2:
            raise InvalidInput(verb.usage)
        path = await self._path(words[:-1])
        value = words[-1]
        if value.is_json:
            await self._needed_area().put(path, json.loads(value.text))
        else:
            await self._needed_area().put_text(path, value.text)
        return []

    async def _create(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        await self._needed_area().create(await self._path(_some(words, verb)))
        return []

    async def _delete(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        await self._needed_area().delete(await self._path(_some(words, verb)))
        return []

    async def _load(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        how = keyword(verb, words[0]) if words else None
        if how is None:
            raise InvalidInput(verb.usage)
        self._loading, self.collecting = how, []
        return ["type or paste; end with a line that is a dot, or ^D"]

    async def _check(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        return list(await self._needed_area().check()) or ["no problems"]

    async def _commit(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        comment, seconds, only_check, leave = "", None, False, False
        left = list(words)
        while left:
            word = left.pop(0)
            name = keyword(verb, word)
            if name == "comment" and left:
                comment = left.pop(0).text
            elif name == "confirmed":
                seconds = _seconds(left.pop(0).text) if left and left[0].text[:1].isdigit() else 10 * _MINUTE
            elif name in ("check", "and-quit"):
                only_check, leave = only_check or name == "check", leave or name == "and-quit"
            else:
                raise InvalidInput(verb.usage)
        if only_check:
            return await self._check(verb, ())
        told = list(await self._needed_area().commit(comment, seconds, self.user))
        if leave:
            told += await self._leave()
        return told

    async def _rollback(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        await self._needed_area().replace(await self.target.saved(_number(words, verb) if words else 0))
        return ["staged; look with: show | compare"]

    async def _discard(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        await self._needed_area().discard()
        return []

    async def _save(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        return list(await self.target.save(" ".join(word.text for word in words), self.user))

    async def _restore(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        return list(await self.target.restore())

    async def _history(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        found = await self.target.history(_number(words, verb) if words else 20)
        return [f"{index:<3} {name}  {author:<12} {message}" for index, (name, author, message) in enumerate(found)]

    async def _status(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        return list(in_braces(await self.target.status()))

    async def _help(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        return [line for one in usages(self.mode, words[0].text if words else "") for line in one.splitlines()]

    async def _exit(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        if self.here:
            self.here = ()
            return []
        if self.mode == OPERATIONAL:
            self.closing = True
            return []
        return await self._ask_to_leave()

    async def _quit(self, verb: Verb, words: Sequence[Word]) -> list[str]:
        if self.mode == OPERATIONAL:
            self.closing = True
            return []
        return await self._ask_to_leave()

    async def _ask_to_leave(self) -> list[str]:
        if await self._needed_area().is_changed():
            self.asking = True
            return ["what is staged has been changed and is not in force"]
        return await self._leave()

    async def _answered(self, line: str) -> list[str]:
        self.asking = False
        if line.strip().lower() in ("y", "yes"):
            return await self._leave()
        return []

    async def _leave(self) -> list[str]:
        await self.close()
        self.mode, self.here = OPERATIONAL, ()
        return ["leaving configuration mode"]

    async def _collected(self, line: str) -> list[str]:
        assert self.collecting is not None
        if line.strip() != ".":
            self.collecting.append(line)
            if sum(map(len, self.collecting)) > _MAX_LOAD:
                self.collecting = None
                raise InvalidInput(f"more than {_MAX_LOAD} characters: nothing was loaded")
            return []
        lines, self.collecting = self.collecting, None
        return await self._loaded(lines)

    async def _loaded(self, lines: Sequence[str]) -> list[str]:
        if self._loading == "set":
            told = []
            for line in lines:
                if line.strip() and not line.lstrip().startswith("#"):
                    verb = find_verb(CONFIGURE, split_words(line)[0].text)
                    if verb.name not in ("set", "delete", "create"):
                        raise InvalidInput(f"{line[:60]}: only set, create and delete are loaded")
                    told += await self._line(line)
            return told or ["loaded"]
        try:
            data = json.loads("\n".join(lines))
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"not JSON: {error}: nothing was loaded") from error
        area = self._needed_area()
        if self._loading == "override" and not self.here:
            await area.replace(data)
        else:
            present = data_at(await area.read(), self.here)
            await area.put(self.here, data if self._loading == "override" else _merged(present, data))
        return ["loaded"]

    async def _path(self, words: Sequence[Word]) -> Path:
        known: Any = None
        if len(words) == 1 and "." in words[0].text:
            try:
                known = data_at(await self._needed_area().read(), self.here)
            except InvalidInput:
                known = None
        return path_of(words, self.here, known)

    def _needed_area(self) -> Area:
        if self._area is None:
            raise InvalidInput("nothing is being edited: type configure first")
        return self._area


def _compared(filters: Sequence[Sequence[Word]]) -> int | bool | None:
    """False where nothing is compared, None for what is running, else how many saves ago."""
    for one in filters:
        if one and "compare".startswith(one[0].text) and len(one[0].text) > 1:
            if len(one) == 1:
                return None
            if len(one) == 3 and "rollback".startswith(one[1].text) and one[2].text.isdigit():
                return int(one[2].text)
            raise InvalidInput("compare [rollback N]")
    return False


def _display(filters: Sequence[Sequence[Word]]) -> str:
    for one in filters:
        name = one[0].text if one else ""
        if name and "display".startswith(name):
            if len(one) == 2 and one[1].text in ("set", "json"):
                return one[1].text
            raise InvalidInput("display set|json")
        if not name or not any(known.startswith(name) for known in ("compare", "no-more")):
            raise InvalidInput(f"{name or '|'}: expected compare, display or no-more")
    return ""


def _number(words: Sequence[Word], verb: Verb) -> int:
    if len(words) != 1 or not words[0].text.isdigit() or len(words[0].text) > 6:
        raise InvalidInput(verb.usage)
    return int(words[0].text)


def _some(words: Sequence[Word], verb: Verb) -> Sequence[Word]:
    if not words:
        raise InvalidInput(verb.usage)
    return words


def _seconds(text: str) -> float:
    """Minutes, as in Junos, or ``90s``, ``2h``."""
    units = {"s": 1.0, "m": _MINUTE, "h": 60 * _MINUTE}
    number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "m")
    if not number.isdigit() or len(number) > 6:
        raise InvalidInput(f"{text[:20]}: minutes, or 90s, 2h")
    return int(number) * units[unit]


def _merged(old: Any, new: Any) -> Any:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return {**old, **{name: _merged(old[name], value) if name in old else value for name, value in new.items()}}
