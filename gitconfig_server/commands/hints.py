"""What somebody who mistyped a name may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from contextlib import suppress

from gitconfig_server.config.branches import HEAD
from gitconfig_server.errors import FileNotFound, GitConfigError, LabelNotFound, NotFound, SourceNotFound
from gitconfig_server.model.environments import PropertySource
from gitconfig_server.model.principals import ANONYMOUS
from gitconfig_server.model.reads import Reading
from gitconfig_server.revisions import is_relative_time
from gitconfig_server.service.base import ConfigService

_SHARED = "application"
"""The application whose files all others read too."""


async def explain(service: ConfigService, error: NotFound) -> str:
    """What to add to the message of ``error``; empty where nothing is near, or cannot be asked for."""
    with suppress(GitConfigError):
        if isinstance(error, LabelNotFound):
            return await _explain_label(service, error.label)
        if isinstance(error, SourceNotFound):
            return _suggest(error.application, [one.name for one in (await service.applications(ANONYMOUS)).items])
        if isinstance(error, FileNotFound):
            paths = [file.path for file in (await service.files(ANONYMOUS)).items]
            stems = [path for path in paths if path.rpartition("/")[2].partition(".")[0] == error.path]
            return _suggest(error.path, paths) or (f", did you mean {stems[0]}?" if stems else "")
    return ""


async def doubt_source(
    service: ConfigService, application: str, profile: str, sources: Iterable[PropertySource], reading: Reading
) -> str:
    """A remark where nothing of what was read is of this application, or of this profile; empty where it is.

    Names of files tell mostly. Only where they do not is the list of applications asked for.
    """
    paths = [source.path for source in sources]
    documents = any(source.document for source in sources)
    own = any(application.rpartition("/")[2] in path for path in paths)
    profiled = profile == "default" or documents or any(f"-{profile}." in path for path in paths)
    if application == _SHARED or (own and profiled):
        return ""
    known = {one.name: one.profiles for one in (await service.applications(ANONYMOUS, reading)).items}
    if application not in known:
        return f"nothing is stored for {application} itself{_suggest(application, known)}"
    everywhere = {*known[application], *known.get(_SHARED, ())}
    if profile != "default" and not set(profile.split(",")) & everywhere:
        return f"nothing is stored for the profile {profile} of {application}{_suggest(profile, everywhere)}"
    return ""


def suggest_application(application: str, known: Iterable[str]) -> str:
    """``, did you mean x?`` for the nearest of the ``known`` ones."""
    return _suggest(application, known)


async def _explain_label(service: ConfigService, label: str) -> str:
    if is_relative_time(label):
        return f" (a time is written main@{label.replace(' ', '')}, or --at '{label}')"
    names = [one.name for one in await service.labels(ANONYMOUS)]
    return _suggest(label, [HEAD, *names]) or (
        f" (there are {', '.join(names[:5])})" if names else ": nothing is stored yet"
    )


def _suggest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    return f", did you mean {near[0]}?" if near else ""
