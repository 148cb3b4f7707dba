"""Merging what two sides have made of one file: by its lines where that is clean and right, else by its keys.

In both ways the outcome is read again, and must say what the units of the three sides come to.
"""

from __future__ import annotations

from collections.abc import Sequence

from gitconfig_server.errors import InvalidContent, InvalidEdit
from gitconfig_server.formats.merging.documents import DecideIn, DocumentsMerge, TextMerge, only_document
from gitconfig_server.formats.merging.lines import merge_lines
from gitconfig_server.formats.merging.outcomes import Clash, ConflictChoice, ListRule, as_one
from gitconfig_server.formats.merging.sides import TextSide
from gitconfig_server.formats.merging.unchanged import MIN_LINES, Shortened, shorten
from gitconfig_server.formats.reading.formats import READERS, REPEATED_KEYS, extension_of, parse
from gitconfig_server.formats.reading.xml_text import NOT_PROPERTIES

_BINARY = b"\0"


def _leave_open(document: int, clash: Clash) -> ConflictChoice | None:
    """Decides nothing."""
    return None


def merge_texts(
    path: str,
    base: bytes,
    ours: bytes,
    theirs: bytes,
    *,
    rule: ListRule = as_one,
    decide: DecideIn = _leave_open,
    whole_below: int = MIN_LINES,
) -> TextMerge:
    """What becomes of ``ours`` when what they changed since ``base`` is put onto it. ``path`` says how they read.

    Where there is no base, it is empty. Files of fewer lines than ``whole_below`` are read whole.
    """
    if theirs in (base, ours):
        return TextMerge(ours)
    if ours == base:
        return TextMerge(theirs)
    if _BINARY in base + ours + theirs:
        return TextMerge()
    if extension_of(path) not in READERS:
        return TextMerge(merge_lines(base, ours, theirs))
    short = shorten(extension_of(path), (base, ours, theirs), whole_below)
    found = _merge_short(path, short, rule, decide) if short else None
    return found or _merge_whole(path, (base, ours, theirs), rule, decide)


def _merge_whole(path: str, texts: tuple[bytes, bytes, bytes], rule: ListRule, decide: DecideIn) -> TextMerge:
    try:
        before = TextSide(path, texts[0])
        sides = [before, *(TextSide(path, content, only_document(before)) for content in texts[1:])]
    except (InvalidContent, InvalidEdit):
        return TextMerge(_readable(path, merge_lines(*texts)))
    return DocumentsMerge(path, sides, rule, decide).merged(*texts)


def _merge_short(path: str, short: Shortened, rule: ListRule, decide: DecideIn) -> TextMerge | None:
    """The merge of what differs; None where what was left out might play a role after all."""
    try:
        sides = [TextSide(path, content) for content in short.texts]
    except (InvalidContent, InvalidEdit):
        return None
    if not _is_apart(short, sides):
        return None
    merging = DocumentsMerge(path, sides, rule, decide, short.line)
    if merging.found.clashes:
        return merging.found
    found = merging.merged(*short.texts)
    whole = short.whole(found.content) if found.content is not None else None
    if whole is None or not _is_readable(path, whole):
        return None
    found.content = whole
    return found


def _is_apart(short: Shortened, sides: Sequence[TextSide]) -> bool:
    """Whether what stands for the parts left out is at the same place on all sides, and nothing else concerns them."""
    for key, value in short.markers.items():
        places = {(one, unit.path, unit.value) for side in sides for one, unit in side.spelled(key)}
        if len(places) != 1 or next(iter(places))[-1] != value or any(len(side.spelled(key)) != 1 for side in sides):
            return False
    units = [units for side in sides for units in side.documents.values()]
    return not short.hides(key for one in units for key in (*one.by_key, *one.brought))


def _is_readable(path: str, content: bytes) -> bool:
    try:
        parse(path, content)
    except InvalidContent:
        return False
    return True


def _readable(path: str, content: bytes | None) -> bytes | None:
    """The content, if it reads without a key that stands twice."""
    try:
        documents = parse(path, content) if content is not None else ()
    except InvalidContent as error:
        return content if error.rule == NOT_PROPERTIES else None
    return None if any(one.rule in REPEATED_KEYS for document in documents for one in document.remarks) else content
