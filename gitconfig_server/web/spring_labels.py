"""Labels as Spring's paths spell them."""

from __future__ import annotations

from gitconfig_server.config.file_names import SLASH, refuse_hostile
from gitconfig_server.errors import InvalidRevision, LabelNotFound
from gitconfig_server.revisions import parse_revision


def read_label(segment: str) -> str:
    """The label that a decoded segment names: a branch, a tag or an id. Steps and times are not Spring's.

    Raises InvalidName for what Spring's ``PathUtils`` refuses (it looks a second time at what is percent-encoded
    twice), LabelNotFound for what no label can be called.
    """
    refuse_hostile("label", segment)
    label = segment.replace(SLASH, "/")
    try:
        revision = parse_revision(label)
    except InvalidRevision as error:
        raise LabelNotFound(label) from error
    if revision.steps or revision.at:
        raise LabelNotFound(label)
    return label
