"""Changing what a label, or what is staged for it, says."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from shlex import join
from typing import Any

from msgspec import Struct

from gitconfig_server.commands.foresight import Foreseen, foresee_restore, foresee_revert, put_foreseen
from gitconfig_server.commands.grammar import SourceName, keys_beneath, read_assignments, read_source_name
from gitconfig_server.commands.hints import explain
from gitconfig_server.commands.session import Writing, ask
from gitconfig_server.errors import NotFound, SourceNotFound
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import (
    JsonPatch,
    MergePatch,
    PatchSource,
    PutSource,
    Restore,
    Revert,
    SourcePlace,
    WriteOptions,
    WriteResult,
)
from gitconfig_server.service.base import ConfigService
from gitconfig_server.text.rendering import say, short_id
from gitconfig_server.text.results import of_label, tell
from gitconfig_server.wire.json_pointer import token


class WriteTarget(Struct, frozen=True):
    """Where a change goes: a label, or what is ``staged`` for it; ``path`` and ``document`` narrow a source."""

    label: str | None = None
    staged: bool = False
    path: str | None = None
    document: int | None = None

    def place(self, name: SourceName) -> SourcePlace:
        """The source, narrowed."""
        return SourcePlace(name.application, name.or_default, self.path, self.document)

    def options(self, writing: Writing) -> WriteOptions:
        """What goes with the write."""
        return replace(writing.options, staged=self.staged)

    @property
    def reading(self) -> Reading:
        """What there is now where the change goes."""
        return Reading(self.label, staged=self.staged)

    def following(self, result: WriteResult) -> tuple[str, ...]:
        """What comes next."""
        option = of_label(self.label)
        if result.dry_run or not result.commit:
            return ()
        if self.staged:
            return f"gitcfg stage{option}", f"gitcfg check{option}", f"gitcfg apply{option}"
        return f"gitcfg show {short_id(result.commit)}", f"gitcfg revert {short_id(result.commit)}{option}"


def set_keys(
    server: str, source: str, words: Sequence[str], target: WriteTarget, writing: Writing, *, text: bool, as_json: bool
) -> None:
    """Set keys of a source, which begins with it where nothing is stored yet. Says how many change, and how many go."""
    name, members = read_source_name(source), read_assignments(words, text=text)
    result, hint = ask(server, lambda service: _set(service, target, target.place(name), members, writing))
    count, gone = result.keys_set if result.keys_set is not None else len(members), result.keys_removed
    of = f"{name.application}/{name.or_default}"
    did = f"staged {_counted(count, 'change')} to" if target.staged else f"set {_counted(count, 'key')} of"
    lost = f", removed {_counted(gone, 'key')}" if gone else ""
    begun = "" if hint is None else ", a new file"
    if hint:
        say(f"warning: nothing was stored for {name.application} before{hint}")
    done = f"{did} {of}{lost} on {result.label}{begun}"
    tell(result, done, f"{of} says that already", target.following(result), as_json=as_json)


def unset_keys(
    server: str, source: str, keys: Sequence[str], target: WriteTarget, writing: Writing, *, tidy: bool, as_json: bool
) -> None:
    """Remove keys of a source, and what stands beneath them. NotFound where one is not stored there."""
    name = read_source_name(source)

    async def work(service: ConfigService) -> WriteResult:
        await _require(service, name, keys, target.reading)
        change = PatchSource(target.place(name), MergePatch(dict.fromkeys(keys), tidy=tidy))
        return await service.commit(writing.who, target.label, [change], target.options(writing))

    result = ask(server, work)
    of = f"{name.application}/{name.or_default}"
    how = "staged the removal of" if target.staged else "removed"
    gone = result.keys_removed or len(keys)
    done = f"{how} {_counted(gone, 'key')} of {of} on {result.label}"
    tell(result, done, f"{of} does not say that", target.following(result), as_json=as_json)


def restore(
    server: str,
    revision: str,
    source: str | None,
    keys: Sequence[str],
    target: WriteTarget,
    writing: Writing,
    *,
    as_json: bool,
) -> None:
    """Let a label, a source, a file or some keys be as they were."""
    name = read_source_name(source) if source is not None else None
    application, profile = (name.application, name.profile) if name else (None, None)
    asked = Restore(to=revision, application=application, profile=profile, path=target.path, keys=tuple(keys))

    async def work(service: ConfigService) -> tuple[WriteResult, Foreseen]:
        seen = await foresee_restore(service, target.label, asked, changes=writing.dry_run or name is None)
        return await service.restore(writing.who, target.label, asked, target.options(writing)), seen

    result, seen = ask(server, work)
    if not as_json and (result.dry_run or not name):
        put_foreseen(seen, result.paths, dry_run=result.dry_run)
    what = f"{', '.join(keys)} of {target.path or name}" if keys else str(target.path or name or "everything")
    narrowed = [*([str(name)] if name else []), *keys, *(["--path", target.path] if target.path else [])]
    again = (f"gitcfg restore {join([short_id(seen.commit.commit), *narrowed])}{of_label(target.label)}",)
    following = again if result.dry_run and result.changed else target.following(result)
    done = f"restored {what} on {result.label} to {revision}"
    tell(result, done, f"{what} is as it was at {revision}", following, as_json=as_json)


def revert(
    server: str, commit: str, mainline: int | None, target: WriteTarget, writing: Writing, *, as_json: bool
) -> None:
    """Undo what one commit did."""

    async def work(service: ConfigService) -> tuple[WriteResult, Foreseen]:
        seen = await foresee_revert(service, commit)
        asked = Revert(commit, mainline)
        return await service.revert(writing.who, target.label, asked, target.options(writing)), seen

    result, seen = ask(server, work)
    if not as_json and result.dry_run:
        put_foreseen(seen, result.paths, dry_run=True)
    of_merge = "" if mainline is None else f" --mainline {mainline}"
    again = (f"gitcfg revert {short_id(seen.commit.commit)}{of_merge}{of_label(target.label)}",)
    following = again if result.dry_run and result.changed else target.following(result)
    done = f"reverted {short_id(seen.commit.commit)} ({seen.commit.subject}) on {result.label}"
    tell(result, done, f"{commit} is undone already", following, as_json=as_json)


async def _set(
    service: ConfigService, target: WriteTarget, place: SourcePlace, members: dict[str, Any], writing: Writing
) -> tuple[WriteResult, str | None]:
    """What became of it; where a file began with it, also a name that may have been meant: slips make new files."""
    options = target.options(writing)
    changes = [PatchSource(place, MergePatch({key: "" if value is None else value for key, value in members.items()}))]
    nulls = [{"op": "replace", "path": f"/{token(key)}", "value": None} for key, one in members.items() if one is None]
    if nulls:  # to a merge patch null means that the key goes
        changes.append(PatchSource(place, JsonPatch(tuple(nulls))))
    try:
        result = await service.commit(writing.who, target.label, changes, options)
        return result, None
    except SourceNotFound as error:
        hint = await explain(service, error)
        new = replace(options, only_new=place.path is None)  # another of its files may be there
        result = await service.commit(writing.who, target.label, [PutSource(place, members)], new)
        return result, hint


async def _require(service: ConfigService, name: SourceName, keys: Sequence[str], reading: Reading) -> None:
    """Raise NotFound for keys that the source does not store: a slip of the pen must not look like a success."""
    found = await service.source(ANONYMOUS, name.application, name.or_default, reading)
    stored = [key for item in found.items for key in item.properties]
    for key in keys:
        if not keys_beneath(key, stored):
            near = difflib.get_close_matches(key, stored, n=1)
            hint = f", did you mean {near[0]}?" if near else ""
            raise NotFound(f"{name.application}/{name.or_default} does not store {key}{hint}")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
