"""Labels as Spring's requests mean them: one, or several in a comma list."""

from __future__ import annotations

from gitconfig_server.errors import InvalidRevision, LabelNotFound, TooLarge
from gitconfig_server.revisions import parse_revision

MAX_LABELS = 20


def split_labels(label: str) -> tuple[str, ...]:
    """The items of a comma list as Spring reads it: not trimmed, the empty ones left out.

    Raises LabelNotFound where nothing is left, TooLarge past MAX_LABELS.
    """
    labels = tuple(filter(None, label.split(",")))
    if len(labels) > MAX_LABELS:
        raise TooLarge("number of labels", MAX_LABELS)
    if not labels:
        raise LabelNotFound(label)
    return labels


def check_label(label: str) -> str:
    """``label`` itself where it may name a branch, a tag or an id; steps and times are not Spring's: LabelNotFound."""
    try:
        revision = parse_revision(label)
    except InvalidRevision as error:
        raise LabelNotFound(label) from error
    if revision.steps or revision.at:
        raise LabelNotFound(label)
    return label
