"""Reading ``.xml`` files as Java's ``Properties.loadFromXML`` does."""

from __future__ import annotations

import re
from typing import NoReturn
from xml.parsers import expat

from gitconfig_server.errors import InvalidContent
from gitconfig_server.formats.reading.documents import FlatDocument, Place, ReadLimits

DTD = "http://java.sun.com/dtd/properties.dtd"
"""Names the format and is never fetched."""

_ENCODINGS = re.compile(r"utf-(?:8|16)|us-ascii|iso-8859-(?:[1-9]|1[0-13-6])|windows-125[0-8]", re.IGNORECASE)
"""Those that expat and Python read byte by byte; no name may choose any other codec."""

_TAG_BYTES = 64 * 1024
_LONG_TAG = re.compile(rb"<(?!\x00?[!?])[^>]{%d}" % _TAG_BYTES)
"""The parser takes a tag as a whole, during which nothing else in the process runs."""

NOT_PROPERTIES = "xml-not-properties"
"""The rule of an XML file that does not mean to be properties: a build file, a logging configuration."""


def read_xml(path: str, content: bytes, limits: ReadLimits) -> list[FlatDocument]:
    """The one document of a Java properties file; its values are text. Keys stay in the order of the file.

    As in Java the document type must be there, and nothing may be declared in it, so there are no entities to expand;
    nothing outside the file is ever opened, and text outside of entries does not count. Raises InvalidContent.
    """
    reader = _Reader(path, limits)
    if _LONG_TAG.search(content):
        reader.refuse("too-large", f"a tag of more than {_TAG_BYTES} bytes", (1, 1))
    try:
        reader.parser.Parse(content, True)
    except expat.ExpatError as error:
        rule = "xml-syntax" if DTD.encode() in content else NOT_PROPERTIES
        reader.refuse(rule, expat.ErrorString(error.code), (error.lineno, error.offset + 1))
    return [reader.document]


class _Reader:
    """What expat tells, gathered into one document."""

    def __init__(self, path: str, limits: ReadLimits) -> None:
        self.document = FlatDocument()
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.XmlDeclHandler = self._declaration
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._path = path
        self._limits = limits
        self._declared = False
        self._open: list[str] = []
        self._key, self._place = "", (0, 0)
        self._parts: list[str] = []

    def refuse(self, rule: str, detail: str, place: Place | None = None) -> NoReturn:
        """Raise InvalidContent, at the parser's own place where none is given."""
        place = place or (self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)
        raise InvalidContent(self._path, rule, detail, *place)

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding and not _ENCODINGS.fullmatch(encoding):
            self.refuse("encoding", f"{encoding!r} is not known: save the file in UTF-8")

    def _doctype(self, name: str, system: str | None, public: str | None, declares: bool) -> None:
        self._declared = name == "properties" and system == DTD
        if declares:
            rule = "xml-doctype" if self._declared else NOT_PROPERTIES
            self.refuse(rule, "the document type must declare nothing of its own")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._open and name != "properties":
            self.refuse(NOT_PROPERTIES, f"<{name}> is no <properties>: this is no Java properties file")
        if not self._declared:
            self.refuse("xml-doctype", f'before <properties> must stand <!DOCTYPE properties SYSTEM "{DTD}">')
        if self._open and (self._open != ["properties"] or name not in ("comment", "entry")):
            self.refuse("xml-syntax", f"<{name}> cannot stand here: <properties> holds a <comment> and <entry>s")
        self._open.append(name)
        if name == "entry":
            self._begin(attributes)

    def _begin(self, attributes: dict[str, str]) -> None:
        if "key" not in attributes:
            self.refuse("xml-syntax", "an <entry> has a key")
        self._key = attributes["key"]
        self._place = (self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)
        if len(self.document.properties) >= self._limits.keys:
            self.refuse("too-large", f"more than {self._limits.keys} keys")

    def _text(self, text: str) -> None:
        if self._open[-1:] == ["entry"]:
            self._parts.append(text)

    def _end(self, name: str) -> None:
        self._open.pop()
        if name == "entry":
            self.document.put(self._key, "".join(self._parts), self._place, "duplicate-key")
            self._parts.clear()
