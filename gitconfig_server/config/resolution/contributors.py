"""Spring Boot's way through the files: base files and what they import, then the profiles they add, then the rest.

A contributor is a document that was read. It stands beneath what it imported; what it imported for a profile rises
above all files of profiles, once, as in Boot's ``ConfigDataEnvironmentContributor``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Protocol

from gitconfig_server.config.names.file_names import DEFAULT_PROFILE, is_profile
from gitconfig_server.config.resolution.file_search import Candidate, FileSearch, SearchTarget
from gitconfig_server.config.resolution.imports import BAD_IMPORT, find_target, parse_import
from gitconfig_server.config.resolution.profile_groups import BAD_PROFILE, bad_include, bad_profile, expand
from gitconfig_server.errors import InvalidContent, InvalidInput, TooLarge
from gitconfig_server.formats.reading.directives import NOTHING, Said
from gitconfig_server.formats.reading.documents import Document
from gitconfig_server.formats.reading.formats import LEGACY_PROFILES
from gitconfig_server.formats.rendering.placeholders import Placeholders
from gitconfig_server.git.objects.trees import TreeView

MAX_IMPORT_DEPTH = 50
MAX_IMPORTED = 1000
"""Documents that imports bring to one answer."""


class ReadDocuments(Protocol):
    """The seam for a cache of parsed files."""

    def __call__(self, tree: TreeView, path: str, blob: bytes, extension: str | None = None) -> Sequence[Document]:
        """The documents of the blob at a path of a tree, read as ``extension`` says (None: that of the path).

        Raises InvalidContent where it cannot be read.
        """


class Contributor:
    """A document, and what it imported: ``before`` the profiles were known (None: nothing was tried) and ``after``."""

    before: list[Contributor] | None = None
    after: Sequence[Contributor] = ()
    has_risen = False

    def __init__(self, file: Candidate, document: Document) -> None:
        self.file = file
        self.document = document

    @property
    def imports(self) -> tuple[Said, ...]:
        """What it asks to import."""
        return (self.document.directives or NOTHING).imports


class Contributors:
    """Everything that was read for one request; for one use."""

    def __init__(self, search: FileSearch, read: ReadDocuments, asked: Sequence[str], platform: str) -> None:
        self._search = search
        self._read = read
        self._asked = tuple(asked)
        self._ignores_choices = bool(asked) and asked[0].lower() == DEFAULT_PROFILE
        self._platform = platform
        self._profiles: frozenset[str] | None = None
        self._tops: list[Contributor] = []
        self._imported = 0
        self._asks = False
        """Whether anything that was read asks for anything; most do not, and are not gone through again."""

    def gather(self, roots: Sequence[SearchTarget]) -> Iterator[Contributor]:
        """The active ones, the strongest first. Raises InvalidContent, and TooLarge for what would be too many."""
        base = self._tops = self._load([roots], [None])
        effective = self._followed(base) if self._asks else self._asked
        self._profiles = frozenset(effective)
        strongest_first = effective[::-1]
        if self._asks:
            self._import_after(base, strongest_first, 1)
        specific = _risen(base) + self._load([roots], strongest_first)
        self._tops = specific + base
        if self._asks:
            self._import_after(specific, strongest_first, 1)
        found = _in_order(self._tops) if self._asks else self._tops
        return (one for one in found if one.document.activation is None or self._is_active(one))

    def _followed(self, base: Sequence[Contributor]) -> tuple[str, ...]:
        """The profiles that are in force once ``base`` has got what it asks for, the weakest first."""
        stated = (one.document.directives.platform for one in base if one.document.directives and self._is_active(one))
        self._platform = next(filter(None, stated), self._platform)
        self._import_before(base, 1)
        return self._asked if self._ignores_choices else self._with_added(base)

    def _load(self, groups: Iterable[Sequence[SearchTarget]], profiles: Sequence[str | None]) -> list[Contributor]:
        """What stands at the targets: of a later group before an earlier, of a later document before an earlier."""
        found: list[Contributor] = []
        read, tree = self._read, self._search.tree
        for file in chain.from_iterable(self._search.find(group, profiles) for group in groups):
            for document in reversed(read(tree, file.path, file.blob, file.extension)):
                if document.remarks or document.chooses_profiles:
                    self._refuse_unreadable(file, document)
                if document.directives:
                    self._asks = True
                found.append(Contributor(file, document))
        return found

    def _refuse_unreadable(self, file: Candidate, document: Document) -> None:
        """Spring's rules for keys that make a request fail, whether the document is active or not."""
        remarks = [remark for remark in document.remarks if remark.rule == LEGACY_PROFILES]
        if document.chooses_profiles and file.profile is not None and not self._ignores_choices:
            remarks.append(document.chooses_profiles)
        for remark in remarks:
            raise InvalidContent(file.path, remark.rule, remark.detail, remark.line, remark.column)

    def _import_before(self, importers: Iterable[Contributor], depth: int) -> None:
        for one in importers:
            if one.imports and self._is_active(one):
                one.before = self._import(one, [None], depth)
                self._import_before(one.before, depth + 1)

    def _import_after(self, importers: Iterable[Contributor], profiles: Sequence[str], depth: int) -> None:
        for one in importers:
            if not one.imports or one.after:
                continue
            self._import_after(one.before or (), profiles, depth + 1)
            if self._is_active(one):
                loaded = self._import(one, profiles if one.before is not None else [*profiles, None], depth)
                one.after = _risen(one.before or ()) + loaded
                self._import_after(loaded, profiles, depth + 1)

    def _import(self, one: Contributor, profiles: Sequence[str | None], depth: int) -> list[Contributor]:
        if depth > MAX_IMPORT_DEPTH:
            raise one.imports[0].error(one.file.path, BAD_IMPORT, f"files import each other deeper than {depth - 1}")
        loaded = self._load(reversed([self._targets(one, said) for said in one.imports]), profiles)
        self._imported += len(loaded)
        if self._imported > MAX_IMPORTED:
            raise TooLarge("number of documents that files import", MAX_IMPORTED)
        return loaded

    def _targets(self, one: Contributor, said: Said) -> list[SearchTarget]:
        folder = one.file.path.rpartition("/")[0]
        try:
            named = [parse_import(text, folder, self._search.extensions) for text in self._texts(said)]
        except InvalidInput as error:
            raise said.error(one.file.path, BAD_IMPORT, str(error)) from error
        targets = (find_target(self._search.tree, place) for place in chain.from_iterable(named))
        return [target for target in targets if target]

    def _with_added(self, base: Sequence[Contributor]) -> tuple[str, ...]:
        """The profiles that were asked for, and what ``base`` adds to them."""
        included: list[str] = []
        groups: dict[str, list[str]] = {}
        for one in _in_order(base):
            directives = one.document.directives or NOTHING
            if directives.includes and not self._is_active(one):
                raise bad_include(one.file.path, directives.includes[0])
            included += self._names(one, directives.includes)
            for name, members in directives.groups:
                if name not in groups:
                    groups[name] = self._names(one, members)
        return expand((*self._asked, *included), groups)

    def _names(self, one: Contributor, members: Iterable[Said]) -> list[str]:
        names: list[str] = []
        for said in members:
            try:
                texts = self._texts(said)
            except InvalidInput as error:
                raise said.error(one.file.path, BAD_PROFILE, str(error)) from error
            for name in texts:
                if not is_profile(name):
                    raise bad_profile(one.file.path, said, name)
            names += texts
        return names

    def _texts(self, said: Said) -> list[str]:
        """The text of an item, its placeholders resolved by what is active so far; then it is a comma list."""
        if not said.has_placeholders:
            return [said.text]
        active = (one.document.properties for one in _in_order(self._tops) if self._is_active(one))
        known = Placeholders([{"spring.profiles.active": ",".join(self._asked)}, *active])
        return [item.strip() for item in known.resolve(said.text).split(",")]

    def _is_active(self, one: Contributor) -> bool:
        activation = one.document.activation
        return activation is None or activation.is_active(self._profiles, self._platform)


def _in_order(contributors: Iterable[Contributor]) -> Iterator[Contributor]:
    """Each after all that it imported."""
    for one in contributors:
        if one.after or one.before:
            yield from _in_order(one.after)
            yield from _in_order(one.before or ())
        yield one


def _risen(importers: Iterable[Contributor]) -> list[Contributor]:
    """Takes away from ``importers`` what profiles brought to them."""
    risen: list[Contributor] = []
    for one in importers:
        if one.after:
            risen += (child for child in one.after if child.file.profile and not child.has_risen)
            one.after = [child for child in one.after if not child.file.profile or child.has_risen]
    for child in risen:
        child.has_risen = True
    return risen
