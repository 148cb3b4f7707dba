"""Writing sources: which of its files and documents a change means, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gitconfig_server.config.changes.new_files import check_new_file, make_file, new_path, remove_files
from gitconfig_server.config.changes.new_places import UNWRITTEN
from gitconfig_server.config.names.file_names import check_application, check_path, check_profiles
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.sources.finding import find_source, validator_of
from gitconfig_server.config.sources.naming import Naming
from gitconfig_server.config.writing.drafts import Draft
from gitconfig_server.errors import InvalidChange, InvalidContent, InvalidName, SeveralFiles, SourceNotFound
from gitconfig_server.formats.editing.differences import changed_keys
from gitconfig_server.formats.editing.edits import new_text, replace_text
from gitconfig_server.formats.editing.parts import DocumentPart, distribute, parts_of
from gitconfig_server.formats.editing.patches import Statement, apply_patch, check_properties
from gitconfig_server.formats.editing.texts import EditedText
from gitconfig_server.formats.editing.tree import Key, MapNode, ScalarNode, node_of
from gitconfig_server.formats.editing.tree_edits import TreeEdit
from gitconfig_server.formats.editing.walking import leaves
from gitconfig_server.formats.reading.formats import extension_of
from gitconfig_server.model.replace import replace
from gitconfig_server.model.writes import JsonPatch, MergePatch, Patch, PutSource, SourcePlace

_WAY_OUT = "say which with path= and document=, or collapse=true for all of it"
_NONE_ACTIVE = "each for other profiles: say which with path= and document="
_SHOWN, _LONGEST = 3, 80

Changed = tuple[list[str], list[str]]
"""Keys that were put, and keys that went."""


class SourceDraft:
    """One source in a draft: what is stored for it, and what is to be. InvalidName for names nobody may use."""

    def __init__(self, draft: Draft, place: SourcePlace, naming: Naming, read: ReadDocuments) -> None:
        self._place = checked_place(place)
        self.changed: list[Changed] | None = None
        self._draft = draft
        self._naming = naming
        self._read = read
        self._files = self._found()

    @property
    def name(self) -> str:
        """As people say it: ``orders/prod``."""
        return f"{self._place.application}/{self._place.profile}"

    @property
    def validator(self) -> str | None:
        """What names its content as it is in the draft, None where nothing is stored."""
        files = [(path, entry.id.decode()) for path in self._files if (entry := self._draft.file(path))]
        return validator_of(self._place.application, self._place.profile, files) if files else None

    def put(self, change: PutSource) -> str:
        """Let the source hold exactly the properties of ``change``; what was done, in a word."""
        properties = change.properties
        check_properties(properties, change.pointer, exact=change.exact)
        path = self._place.path
        if not self._files or (path is not None and path not in self._files):
            return self._make(path, change)
        if change.collapse:
            kept = path or self._files[0]
            whole = len(self._parts(kept, broken_too=True)) > 1
            made = new_text(kept, properties, exact=change.exact)
            self._draft.put(kept, made if whole else self._rewritten(kept, None, change))
            self._remove([one for one in self._files if one != kept])
        else:
            part = self._only_part()
            if not part.active:
                raise self._none_active([part])
            self._draft.put(part.path, self._rewritten(part.path, part.index, change))
        return "set"

    def patch(self, patch: Patch) -> str:
        """Change some properties where their effective values stand; which, in a few words."""
        self._require_stored()
        chosen = self._chosen(broken_too=False)
        parts = [part for part in chosen if part.active]
        if not parts:
            raise self._none_active(chosen)
        if len(parts) == 1:
            self.changed = [patch_part(self._draft, parts[0], patch)]
            return summary(self.changed)
        roots = [_root_of(self._draft, part) for part in parts]
        # Keys that stand nowhere yet go to the strongest document that all profiles read.
        home = next((number for number, part in enumerate(parts) if part.is_for_all), 0)
        shares = zip(parts, distribute(roots, home, patch), strict=True)
        self.changed = [patch_part(self._draft, part, share) for part, share in shares if share]
        return summary(self.changed)

    def delete(self, *, collapse: bool) -> str:
        """Remove the source's file, or all of its files; what was done, in a word."""
        self._require_stored()
        if self._place.document is not None:
            raise InvalidChange("a document is not deleted alone: PATCH its keys, or PUT the file", "/document")
        if collapse:
            self._remove(self._files)
        elif self._place.path:
            self._remove([self._chosen(broken_too=True)[0].path])
        else:
            self._remove([self._only_part().path])
        return "deleted"

    def _found(self) -> tuple[str, ...]:
        application, profile = self._place.application, self._place.profile
        found = find_source(self._draft.tree, application, profile, self._naming.label, self._naming.options)
        return tuple(file.path for file in found)

    def _require_stored(self) -> None:
        path = self._place.path
        if not self._files or (path is not None and path not in self._files):
            where = self._naming.label or "this revision"
            raise SourceNotFound(self._place.application, self._place.profile, f"{path} of {where}" if path else where)

    def _parts(self, path: str, *, broken_too: bool) -> list[DocumentPart]:
        """The documents of one file, the strongest first. ``broken_too``: a broken one is one without content."""
        entry = self._draft.file(path)
        try:
            documents = self._read(self._draft.tree, path, entry.id, extension_of(path)) if entry else ()
        except InvalidContent:
            if not broken_too:
                raise
            documents = ()
        return list(parts_of(path, documents, [self._place.profile]))

    def _chosen(self, *, broken_too: bool) -> list[DocumentPart]:
        """The parts that ``path`` and ``document`` leave, all of them where neither is given."""
        path, number = self._place.path, self._place.document
        parts = [part for one in self._files if path in (None, one) for part in self._parts(one, broken_too=broken_too)]
        if number is None:
            return parts
        if path is None and len(self._files) > 1:
            raise self._several(parts)
        chosen = [replace(part, active=True) for part in parts if part.document.index == number]
        if not chosen:
            raise InvalidChange(
                f"{parts[0].path} has {len(parts)} document(s) that say something: none is {number}", "/document"
            )
        return chosen

    def _only_part(self) -> DocumentPart:
        parts = self._chosen(broken_too=True)
        if len(parts) > 1:
            raise self._several(parts)
        return parts[0]

    def _several(self, parts: Sequence[DocumentPart]) -> SeveralFiles:
        return SeveralFiles(self.name, tuple((part.path, part.index) for part in parts), _WAY_OUT)

    def _none_active(self, parts: Sequence[DocumentPart]) -> SeveralFiles:
        return SeveralFiles(self.name, tuple((part.path, part.index or 0) for part in parts), _NONE_ACTIVE)

    def _rewritten(self, path: str, document: int | None, change: PutSource) -> bytes:
        """The file with other properties in one document; of a broken file nothing can be kept."""
        try:
            return replace_text(path, self._draft.read(path), change.properties, document, exact=change.exact)
        except InvalidContent:
            return new_text(path, change.properties, exact=change.exact)

    def _make(self, path: str | None, change: PutSource) -> str:
        application, profile = self._place.application, self._place.profile
        path = path or new_path(self._draft, application, profile, self._naming)
        check_new_file(self._draft, path, self._naming)
        content = new_text(path, change.properties, exact=change.exact)
        make_file(self._draft, path, content, (application, profile), self._naming)
        self._files = self._found()
        self.changed = [([key for key, _ in leaves(node_of(change.properties))], [])]
        return f"set, in {path}"

    def _remove(self, paths: Sequence[str]) -> None:
        remove_files(self._draft, paths, self._naming)
        self._files = self._found()


def checked_place(place: SourcePlace) -> SourcePlace:
    """``place`` with its names as the engine knows them; InvalidName for those nobody may use."""
    application = check_application(place.application)
    profiles = check_profiles(place.profile)
    if "," in application:
        raise InvalidName("application", application[:80], "a comma separates applications: name one")
    if len(profiles) > 1:
        raise InvalidName("profile", place.profile[:80], "a comma separates profiles: name one")
    if place.path is not None:
        check_path(place.path)
    return replace(place, application=application, profile=profiles[0])


def patch_part(draft: Draft, part: DocumentPart, patch: Patch | Sequence[Statement]) -> Changed:
    """Change one document of one file; the keys that were put and that went."""
    text = EditedText(part.path, draft.read(part.path), part.index)
    changes = TreeEdit(part.path, text.root)
    if isinstance(patch, MergePatch | JsonPatch):
        apply_patch(changes, patch)
    else:
        for statement in patch:
            statement.apply(changes)
        changes.settle()
    draft.put(part.path, text.written(changes.root))
    return changed_keys(text.root, changes.root)


def _root_of(draft: Draft, part: DocumentPart) -> MapNode:
    """The tree of one document; of a format that is read alone, its properties."""
    if extension_of(part.path) in UNWRITTEN:
        return MapNode({Key(key): ScalarNode(value) for key, value in part.document.properties.items()}, is_flat=True)
    return EditedText(part.path, draft.read(part.path), part.index).root


def summary(changed: Iterable[Changed]) -> str:
    """The keys that differ, some of them by name."""
    return named(dict.fromkeys(key for put, gone in changed for key in (*put, *gone)), "keys")


def named(names: Iterable[str], what: str) -> str:
    """``a, b``, or ``12 keys`` where there are many."""
    found = [" ".join(name.split())[:_LONGEST] for name in names]
    return ", ".join(found) if len(found) <= _SHOWN else f"{len(found)} {what}"
