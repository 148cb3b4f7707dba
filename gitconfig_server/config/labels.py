"""Labels: branches and tags as the people who use them see them, and the commits they lead to."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from gitconfig_server.config.branches import HEAD, head_for, passed_by, working_ref
from gitconfig_server.config.running.clocks import Moment, Moments
from gitconfig_server.config.running.running import Running, last_change, what_ran, what_runs
from gitconfig_server.errors import InvalidRevision, LabelNotFound
from gitconfig_server.git import ref_names
from gitconfig_server.git.lookup import find, find_ref
from gitconfig_server.git.objects.commits import peel, read_commit
from gitconfig_server.git.repository import GitRepository
from gitconfig_server.model.reads import Label, LabelKind, Reading, View
from gitconfig_server.model.replace import replace
from gitconfig_server.revisions import Revision, parse_revision, parse_time

_TWINS = {"main": "master", "master": "main"}
_NOT_LABELS = ("FETCH_HEAD", "ORIG_HEAD")


class Located(Struct, frozen=True):
    """The commit that a reading is of, and the ref that led there (None for an id).

    ``running``: of a reader of the label as it is now, why it is this commit, and for how long.
    """

    commit: bytes
    ref: bytes | None
    running: Running | None = None

    @property
    def label(self) -> str | None:
        """The label that led there."""
        return ref_names.label_of(self.ref) if self.ref else None


def _locate_running(git: GitRepository, reading: Reading, now: Moment, *, master_fallback: bool = True) -> Located:
    """What readers get: of a label by its bare name, at ``reading.at`` or now, what runs there; else as ``locate``."""
    located = locate(git, reading, master_fallback=master_fallback)
    if reading.staged:
        return located
    revision = _revision(git, Reading(reading.revision))
    if located.ref is None or revision.at or revision.steps or reading.view is View.SAVED:
        return located
    if reading.at is not None:
        return Located(what_ran(git, located.ref, parse_time(reading.at)) or located.commit, located.ref)
    running = what_runs(git, located.ref, now)
    return Located(running.commit, located.ref, running) if running else located


def list_labels(git: GitRepository) -> tuple[Label, ...]:
    """Branches, then tags, each sorted; a tag behind a branch of its name is left out."""
    default = git.default_ref()
    found: dict[str, Label] = {}
    for prefix, kind in ((ref_names.BRANCHES, LabelKind.BRANCH), (ref_names.TAGS, LabelKind.TAG)):
        for ref, value in git.advertised().items():
            name, commit = ref_names.label_of(ref), peel(git.objects, value)
            if ref.startswith(prefix) and name and commit:
                found.setdefault(name, Label(name, kind, commit.decode(), ref == default))
    return tuple(found.values())


def locate(git: GitRepository, reading: Reading, *, master_fallback: bool = True) -> Located:
    """The commit to read. Where ``main`` is asked for and only ``master`` exists, that one answers, and the reverse.

    Raises InvalidRevision, LabelNotFound, RevisionNotFound, AmbiguousRevision, BeforeJournal; for what is staged
    LabelReadOnly.
    """
    if reading.staged:
        return _locate_staged(git, reading)
    revision = _revision(git, reading)
    if revision.name in _NOT_LABELS:
        raise LabelNotFound(revision.name)
    if master_fallback and revision.name in _TWINS and find_ref(git, revision.name) is None:
        twin = _TWINS[revision.name]
        if find_ref(git, twin):
            revision = Revision(twin, revision.at, revision.steps)
    found = find(git, revision)
    return Located(found.commit, found.ref)


def _locate_staged(git: GitRepository, reading: Reading) -> Located:
    """The head of the label's staged branch, as a write there finds it; the label's own where nothing is staged."""
    if reading.at is not None:
        raise InvalidRevision(reading.revision or "", "what is staged is read as it is now, without at=")
    head = head_for(git, reading.revision)
    if head.parent is None:
        raise LabelNotFound(head.label)
    ref = head.ref if ref_names.is_staged(head.ref) else working_ref(git, head.label)
    tip = git.snapshot().get(ref)
    return Located((passed_by(git, ref, tip) or tip) if tip else head.parent, ref)


class StandingLabel(Struct, frozen=True):
    """An existing label: its ref, and what the ref holds, which of an annotated tag is no commit."""

    ref: bytes
    value: bytes
    label: Label


def find_label(git: GitRepository, name: str) -> Label:
    """The branch, else the tag, of this name (``HEAD``: the default label); LabelNotFound."""
    if name == HEAD:
        name = _default_name(git)
    try:
        target = ref_names.label_of(git.target_of(ref_names.branch_ref(name))) or name
    except UnicodeEncodeError as error:
        raise LabelNotFound(name.encode(errors="replace").decode()) from error
    found = standing_label(git, target, LabelKind.BRANCH) or standing_label(git, name, LabelKind.TAG)
    if found is None:
        raise LabelNotFound(name)
    return found.label


def standing_label(git: GitRepository, name: str, kind: LabelKind) -> StandingLabel | None:
    """The label of this name and kind; None where there is none."""
    try:
        ref = kind_ref(name, kind)
    except UnicodeEncodeError:
        return None
    value = git.snapshot().get(ref)
    commit = peel(git.objects, value) if value else None
    if not value or not commit:
        return None
    return StandingLabel(ref, value, Label(name, kind, commit.decode(), ref == git.default_ref()))


def kind_ref(name: str, kind: LabelKind) -> bytes:
    """The ref of a label of this name and kind, whether it exists or not."""
    return ref_names.branch_ref(name) if kind is LabelKind.BRANCH else ref_names.tag_ref(name)


def standing_since(git: GitRepository, located: Located, now: Moment) -> datetime | None:
    """When readers of the ref came to get this commit, by the journal; None where the journal does not know.

    For an id, and for what was there before the journal, it is the time that the commit states.
    """
    record = git.last_move(located.ref) if located.ref else None
    if located.ref and not record:
        return None
    saved = located.running.saved if located.running else located.commit
    update = record.moved(located.ref) if record and located.ref else None
    if update and (not update.new or peel(git.objects, update.new) != saved):
        return None  # it has moved on since it was located
    received = record.received_at if record else None
    since = received or read_commit(git.objects, saved).committer.when
    changed = last_change(git, located.ref, now) if located.ref and located.running else None
    return max(since, changed) if changed else since


def label_ref(git: GitRepository, label: str | None) -> bytes:
    """The ref of a label (None and ``HEAD``: the default one); LabelNotFound unless it is a branch or tag."""
    name = label if label not in (None, HEAD) else _default_name(git)
    ref = find_ref(git, name)
    if ref is None:
        raise LabelNotFound(name)
    return ref


def _revision(git: GitRepository, reading: Reading) -> Revision:
    revision = parse_revision(HEAD if reading.revision is None else reading.revision)
    if revision.name == HEAD:
        revision = replace(revision, name=_default_name(git))
    if reading.at is None:
        return revision
    if revision.at or revision.steps:
        raise InvalidRevision(reading.revision or "", "a time or steps in the revision do not go with at=")
    return Revision(revision.name, parse_time(reading.at))


def _default_name(git: GitRepository) -> str:
    return ref_names.label_of(git.default_ref()) or "main"


_READINGS = 1000
"""How many are kept; callers choose them."""


class Heads:
    """A ``locate`` and ``locate_running`` that remember. Safe to use from any thread.

    The generation is asked before the refs are read: what is remembered under it may be newer, never older. What runs
    is remembered no longer than it holds, since an expiry moves no ref.
    """

    def __init__(self, git: GitRepository, *, master_fallback: bool, moments: Moments) -> None:
        self.moments = moments
        self._git = git
        self._master_fallback = master_fallback
        self._known: tuple[int, dict[tuple[Reading, bool], Located]] = (-1, {})

    def locate(self, reading: Reading) -> Located:
        """The commit that is saved; raises as ``locate`` does."""
        known, found = self._recall(reading, running=False)
        if found is None:
            found = locate(self._git, reading, master_fallback=self._master_fallback)
            known[reading, False] = found
        return found

    def locate_running(self, reading: Reading) -> Located:
        """The commit that readers get; raises as ``locate`` does."""
        known, found = self._recall(reading, running=True)
        if found is None or (found.running and found.running.until and not found.running.holds(self.moments())):
            now = self.moments()
            found = _locate_running(self._git, reading, now, master_fallback=self._master_fallback)
            known[reading, True] = found
        return found

    def _recall(self, reading: Reading, *, running: bool) -> tuple[dict[tuple[Reading, bool], Located], Located | None]:
        generation = self._git.generation(ask=True)
        known = self._known
        # Emptied whole rather than one by one: with the next move all of it is worthless anyway.
        if known[0] != generation or len(known[1]) >= _READINGS:
            known = self._known = (generation, {})
        return known[1], known[1].get((reading, running))
