"""Labels: listing, making, moving and removing branches and tags."""

from __future__ import annotations

from shlex import quote

from gitconfig_server.commands.session import Writing, ask
from gitconfig_server.errors import InvalidInput
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.reads import LabelKind
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import NewLabel, WriteResult
from gitconfig_server.service.base import ConfigService
from gitconfig_server.text.rendering import commit_text, put_json, put_table, short_id
from gitconfig_server.text.results import tell
from gitconfig_server.wire.labels import LabelItem


def list_labels(server: str, *, as_json: bool, kind: LabelKind | None = None) -> None:
    """List labels, those of one ``kind`` where it is given."""
    found = [one for one in ask(server, lambda service: service.labels(ANONYMOUS)) if kind in (None, one.kind)]
    if as_json:
        put_json({"labels": [LabelItem.of(one).members() for one in found]})
        return
    rows = [(one.name, one.kind.value, commit_text(one.commit), "default" if one.default else "") for one in found]
    put_table(("label", "kind", "commit", ""), rows)


def tag(
    server: str, name: str | None, revision: str | None, writing: Writing, *, delete: bool, force: bool, as_json: bool
) -> None:
    """List the tags, make one, move one, or remove one."""
    if name is None:
        if delete:
            raise InvalidInput("tag --delete: which one?")
        list_labels(server, as_json=as_json, kind=LabelKind.TAG)
        return
    if delete:
        result = ask(server, lambda service: _remove(service, name, LabelKind.TAG, writing))
        tell(result, f"removed the tag {name}, which was at {short_id(result.previous)}", "", as_json=as_json)
        return
    result = ask(server, lambda service: _tag(service, name, revision, writing, force=force))
    done = f"moved the tag {name} from {short_id(result.previous)}" if result.previous else f"made the tag {name}"
    tell(result, done, f"{name} is there already", (f"gitcfg diff {quote(name)}",), as_json=as_json)


def branch(
    server: str, name: str | None, revision: str | None, writing: Writing, *, delete: bool, as_json: bool
) -> None:
    """List the branches, make one, or remove one."""
    if name is None:
        if delete:
            raise InvalidInput("branch --delete: which one?")
        list_labels(server, as_json=as_json, kind=LabelKind.BRANCH)
        return
    if delete:
        result = ask(server, lambda service: _remove(service, name, LabelKind.BRANCH, writing))
        tell(result, f"removed the branch {name}, which was at {short_id(result.previous)}", "", as_json=as_json)
        return
    new = NewLabel(revision, LabelKind.BRANCH)
    result = ask(server, lambda service: service.make_label(writing.who, name, new, writing.options))
    following = (f"gitcfg set APPLICATION KEY=VALUE --label {quote(name)}",)
    tell(result, f"made the branch {name}", f"{name} is there already", following, as_json=as_json)


async def _tag(
    service: ConfigService, name: str, revision: str | None, writing: Writing, *, force: bool
) -> WriteResult:
    options = writing.options
    if force:
        standing = {label.name: label.commit for label in await service.labels(ANONYMOUS)}
        options = replace(options, expect=options.expect or standing.get(name))
    return await service.make_label(writing.who, name, NewLabel(revision, LabelKind.TAG), options)


async def _remove(service: ConfigService, name: str, kind: LabelKind, writing: Writing) -> WriteResult:
    """A label of another kind stays, and so does one that was moved meanwhile."""
    found = await service.label(ANONYMOUS, name)
    if found.kind is not kind:
        raise InvalidInput(f"{name} is a {found.kind}, not a {kind}")
    options = replace(writing.options, expect=writing.options.expect or found.commit)
    return await service.delete_label(writing.who, name, options)
