"""Restoring: something is to be as it was at an earlier revision, by a new commit; no branch moves backwards."""

from __future__ import annotations

from functools import partial

from gitconfig_server.config.changes.sources import named
from gitconfig_server.config.labels import locate
from gitconfig_server.config.names.file_names import check_application, check_path, check_profiles
from gitconfig_server.config.restoring.lost import find_lost
from gitconfig_server.config.restoring.trees import Restoring
from gitconfig_server.config.sources.naming import Naming
from gitconfig_server.config.staging.known_bad import RESTORES
from gitconfig_server.config.writing.heads import Precondition, head_to_build_on
from gitconfig_server.config.writing.writer import Edited, LabelMove, Writer, refusing_unreadable
from gitconfig_server.errors import InvalidChange, InvalidName
from gitconfig_server.git.objects.commits import tree_of
from gitconfig_server.git.objects.trees import TreeView
from gitconfig_server.model.reads import Reading
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import Restore, WriteRequest, WriteResult

_RESTORE = "restore"


def restore(writer: Writer, request: WriteRequest, asked: Restore) -> WriteResult:
    """Let a label, or a part of it, be as it was: one commit, or none where it is so already.

    Which commit ``asked.to`` means is found out once: ``main~1`` is not another one where the race for the label is
    lost. Raises what finding it raises, SourceNotFound and FileNotFound for what is at neither end, InvalidChange,
    ReadsBackDifferently, Conflict, and as ``Writer.save``.
    """
    asked = _checked(asked)
    then = locate(writer.git, Reading(asked.to), master_fallback=False).commit
    return writer.move(partial(_plan, writer, request, asked, then), replace(request, reason=_RESTORE))


def _plan(writer: Writer, request: WriteRequest, asked: Restore, then: bytes) -> LabelMove:
    head = head_to_build_on(writer.git, request)
    Precondition(request.options, head).settle()
    former = TreeView(writer.git.objects, tree_of(writer.git.objects, then))
    with refusing_unreadable():
        new = Restoring(head, former, asked, Naming(head.label, writer.resolve_options), writer.read).new_tree()
    edited = Edited(f"restore {_what(asked, head.label)} to {_revision(asked.to, then)}")
    move = writer.upon(request, head, new, edited, {RESTORES: then.decode()})
    lost = find_lost(writer.git, head.parent, then, new.paths, asked.keys) if head.parent else ()
    return replace(move, result=replace(move.result, lost=lost), former=then)


def _checked(asked: Restore) -> Restore:
    """What is asked for, its names as the engine knows them; InvalidChange for parts that do not go together."""
    if asked.profile is not None and asked.application is None:
        raise InvalidChange("needs an application beside it", "/profile")
    if asked.keys and asked.application is None and asked.path is None:
        raise InvalidChange("need an application or a path beside them", "/keys")
    if asked.path is not None:
        check_path(asked.path)
    if asked.application is None:
        return asked
    profiles = check_profiles(asked.profile) if asked.profile is not None else ()
    if len(profiles) > 1:
        raise InvalidName("profile", asked.profile or "", "a comma separates profiles: name one")
    return replace(asked, application=check_application(asked.application), profile=next(iter(profiles), None))


def _revision(asked: str, then: bytes) -> str:
    """The revision with its commit, since ``main~1`` is another one after every save."""
    commit = then.decode()
    return asked if commit.startswith(asked) else f"{asked} ({commit[:8]})"


def _what(asked: Restore, label: str) -> str:
    """What is restored, for people."""
    source = "/".join(part for part in (asked.application, asked.profile) if part)
    place = asked.path or source or label
    return f"{named(asked.keys, 'keys')} of {place}" if asked.keys else place
