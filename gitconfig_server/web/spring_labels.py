"""Labels as Spring's paths spell them."""

from __future__ import annotations

import re
from urllib.parse import unquote

from gitconfig_server.errors import InvalidName, InvalidRevision, LabelNotFound
from gitconfig_server.revisions import parse_revision

SLASH = "(_)"
"""How clients write a slash inside a name or label."""

_SLASHES = re.compile(r"[/\\]+")


def read_label(segment: str) -> str:
    """The label that a decoded segment names: a branch, a tag or an id. Steps and times are not Spring's.

    Raises InvalidName for what Spring's ``PathUtils`` refuses (it looks a second time at what is percent-encoded
    twice), LabelNotFound for what no label can be called.
    """
    forms = [segment]
    if "%" in segment:
        decoded = unquote(segment)
        forms += [decoded, _SLASHES.sub("/", decoded)]
    if any(".." in form or "#" in form or form.startswith(SLASH) for form in forms):
        raise InvalidName("label", segment, f"must not contain '..' or '#', nor begin with {SLASH}")
    label = segment.replace(SLASH, "/")
    try:
        revision = parse_revision(label)
    except InvalidRevision as error:
        raise LabelNotFound(label) from error
    if revision.steps or revision.at:
        raise LabelNotFound(label)
    return label
