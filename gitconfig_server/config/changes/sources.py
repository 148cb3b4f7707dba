"""Writing sources: which of its files and documents a change means, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gitconfig_server.config.changes.new_files import make_file, new_path, remove_files
from gitconfig_server.config.names.file_names import check_application, check_path, check_profiles
from gitconfig_server.config.resolution.contributors import ReadDocuments
from gitconfig_server.config.sources.finding import find_source, validator_of
from gitconfig_server.config.sources.naming import Naming
from gitconfig_server.config.writing.drafts import Draft
from gitconfig_server.errors import InvalidChange, InvalidContent, InvalidName, SeveralFiles, SourceNotFound
from gitconfig_server.formats.editing.edits import Nested, new_text, replace_text
from gitconfig_server.formats.editing.parts import Part, distribute, effective, is_same, parts_of
from gitconfig_server.formats.editing.patches import flat_properties, patched
from gitconfig_server.formats.reading.formats import extension_of
from gitconfig_server.model.environments import Value
from gitconfig_server.model.writes import Patch, PutSource, SourcePlace

_WAY_OUT = "say which with path= and document=, or collapse=true for all of it"
_NONE_ACTIVE = "each for other profiles: say which with path= and document="
_SHOWN, _LONGEST = 3, 80


class SourceDraft:
    """One source in a draft: what is stored for it, and what is to be. InvalidName for names nobody may use."""

    def __init__(self, draft: Draft, place: SourcePlace, naming: Naming, read: ReadDocuments) -> None:
        self._place = checked_place(place)
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
        flat_properties(properties, change.pointer)
        path = self._place.path
        if not self._files or (path is not None and path not in self._files):
            return self._make(path, properties)
        if change.collapse:
            kept = path or self._files[0]
            whole = len(self._parts(kept, broken_too=True)) > 1
            self._draft.put(kept, new_text(kept, properties) if whole else self._rewritten(kept, None, properties))
            self._remove([one for one in self._files if one != kept])
        else:
            part = self._only_part()
            self._draft.put(part.path, self._rewritten(part.path, part.number, properties))
        return "set"

    def patch(self, patch: Patch) -> str:
        """Change some properties where their effective values stand; which, in a few words."""
        self._require_stored()
        parts = self._chosen(broken_too=False)
        if not any(part.active for part in parts):
            candidates = tuple((part.path, part.number or 0) for part in parts)
            raise SeveralFiles(self.name, candidates, _NONE_ACTIVE)
        before = effective(parts)
        after = patched(before, patch)
        for part, properties in distribute(parts, before, after):
            self._draft.put(part.path, self._rewritten(part.path, part.number, properties))
        return summary(before, after)

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

    def _parts(self, path: str, *, broken_too: bool) -> list[Part]:
        """The documents of one file, the strongest first. ``broken_too``: a broken one is one without content."""
        entry = self._draft.file(path)
        try:
            documents = self._read(self._draft.tree, path, entry.id, extension_of(path)) if entry else ()
        except InvalidContent:
            if not broken_too:
                raise
            documents = ()
        return list(parts_of(path, documents, [self._place.profile]))

    def _chosen(self, *, broken_too: bool) -> list[Part]:
        """The parts that ``path`` and ``document`` leave, all of them where neither is given."""
        path, number = self._place.path, self._place.document
        parts = [part for one in self._files if path in (None, one) for part in self._parts(one, broken_too=broken_too)]
        if number is None:
            return parts
        if path is None and len(self._files) > 1:
            raise self._several(parts)
        chosen = [replace(part, active=True) for part in parts if (part.number or 0) == number]
        if not chosen:
            raise InvalidChange(f"{parts[0].path} has {len(parts)} document(s), counted from 0", "/document")
        return chosen

    def _only_part(self) -> Part:
        parts = self._chosen(broken_too=True)
        if len(parts) > 1:
            raise self._several(parts)
        return parts[0]

    def _several(self, parts: Sequence[Part]) -> SeveralFiles:
        return SeveralFiles(self.name, tuple((part.path, part.number) for part in parts), _WAY_OUT)

    def _rewritten(self, path: str, number: int | None, properties: Mapping[str, Nested]) -> bytes:
        """The file with ``properties`` in one document; of a broken file nothing can be kept."""
        try:
            return replace_text(path, self._draft.read(path), properties, number)
        except InvalidContent:
            return new_text(path, properties)

    def _make(self, path: str | None, properties: Mapping[str, Any]) -> str:
        application, profile = self._place.application, self._place.profile
        path = path or new_path(self._draft, application, profile, self._naming)
        make_file(self._draft, path, properties, (application, profile), self._naming)
        self._files = self._found()
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


def summary(before: Mapping[str, Value], after: Mapping[str, Nested]) -> str:
    """The keys that differ, some of them by name."""
    keys = [key for key, value in after.items() if key not in before or not is_same(before[key], value)]
    keys += [key for key in before if key not in after]
    return named(keys, "keys")


def named(names: Iterable[str], what: str) -> str:
    """``a, b``, or ``12 keys`` where there are many."""
    found = [" ".join(name.split())[:_LONGEST] for name in names]
    return ", ".join(found) if len(found) <= _SHOWN else f"{len(found)} {what}"
