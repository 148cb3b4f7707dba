"""Names, profiles and labels as Spring's paths spell them, and where its routes are mounted."""

from __future__ import annotations

from msgspec import Struct

from gitconfig_server.config.names.file_names import SLASH, check_applications, check_profiles, refuse_hostile
from gitconfig_server.errors import InvalidName, NotFound
from gitconfig_server.model.environments import Basis
from gitconfig_server.model.spring import Asked
from gitconfig_server.settings.spring import SpringSettings
from gitconfig_server.web.answers.reuse import Reusable


def read_label(segment: str) -> str:
    """The label that a decoded segment names, or the comma list.

    Raises InvalidName for what Spring's ``PathUtils`` refuses: it looks a second time at what is percent-encoded twice.
    """
    refuse_hostile("label", segment)
    return segment.replace(SLASH, "/")


def read_asked(
    settings: SpringSettings, name: str, profiles: str, label: str | None, *, may_be_empty: bool = False
) -> Asked:
    """What the decoded segments of a path ask for. InvalidName, TooLarge and NotFound before anything is read.

    ``may_be_empty``: no name, and no profile or none after the last comma, as in paths of renderings
    (``/orders-kafka,.yml``).
    """
    listed = profiles.rstrip(",") if may_be_empty else profiles
    return Asked(
        name=name.replace(SLASH, "/"),
        applications=() if may_be_empty and not name else check_applications(_without_blanks(name)),
        profile_text=profiles,
        profiles=() if may_be_empty and not listed else _read_profiles(settings, listed),
        label=None if label is None else read_label(label),
    )


def _without_blanks(names: str) -> str:
    """A comma list without the blanks around its items and the empty ones, as Spring reads names; profiles it refuses
    then."""
    return ",".join(filter(None, map(str.strip, names.split(","))))


def _read_profiles(settings: SpringSettings, text: str) -> tuple[str, ...]:
    try:
        return check_profiles(text)
    except InvalidName as error:
        if settings.validate_profiles:
            raise
        raise NotFound(str(error)) from error  # Spring looks for it then, and finds nothing


NOT_KEPT = {"Cache-Control": "no-store"}
"""Headers of an answer with secrets in it: nobody may store it."""


class Mount(Struct, frozen=True):
    """``path`` stands in front of every route; ``first`` is the convertor of the first segment after it."""

    path: str
    first: str


def reuse_of(asked: Asked, basis: Basis | None) -> Reusable | None:
    """How an answer from this basis may be given again, if at all."""
    return Reusable(basis, asked.applications) if basis else None
