"""From a file's text to the trees of its documents, each tied to the marks in the text by which it is edited."""

from __future__ import annotations

from msgspec import Struct, field

from gitconfig_server.errors import InvalidEdit, TooLarge
from gitconfig_server.formats.editing.json_document import MAX_NODES, read_json_nodes
from gitconfig_server.formats.editing.lines import BREAKS, PLAIN_BREAKS, Lines
from gitconfig_server.formats.editing.nodes import Alias, BranchMark, Child, Leaf, NodeMark, resolve
from gitconfig_server.formats.editing.properties.entries import PropertyDocument, read_documents
from gitconfig_server.formats.editing.tree import AliasNode, Key, ListNode, MapNode, Node, ScalarNode
from gitconfig_server.formats.editing.yaml.stored_nodes import StandingNodes
from gitconfig_server.formats.reading.decoding import decode_utf8, is_utf16
from gitconfig_server.formats.reading.formats import READERS, extension_of, parse
from gitconfig_server.formats.values import Scalar, leaf_value

_BOM = "\ufeff"
_YAML = ("yml", "yaml")


class StoredDocument(Struct):
    """One document: its tree, and what its text consists of.

    ``mark``: the topmost node of YAML or JSON, which is a ``branch`` unless the document is empty. ``flat``: what
    it is in ``.properties``. ``nodes``: all of the tree, in an order that another reading of the text has too;
    ``marks``: by the ``id`` of such a node, where in the text it stands.
    """

    root: MapNode
    mark: NodeMark | None = None
    branch: BranchMark | None = None
    flat: PropertyDocument | None = None
    nodes: list[Node] = field(default_factory=list)
    marks: dict[int, NodeMark] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing at all; ``{}`` says something to YAML and JSON, though readers find no key there."""
        return not len(self.root)


class StoredText:
    """A readable file and its documents, empty ones among them, as the format counts them.

    Raises InvalidContent for what readers refuse, TooLarge, and InvalidEdit for a format that is not edited.
    """

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.extension = extension_of(path)
        if self.extension not in READERS or self.extension == "xml":
            detail = f"files of this kind are not edited: write {path.rpartition('.')[0]}.yml instead"
            raise InvalidEdit(path, "", detail)
        parsed = parse(path, content)  # refuses what is broken, or expands without bound
        self.remarks = [remark for document in parsed for remark in document.remarks]
        del parsed  # as large as the trees
        self.is_yaml = self.extension in _YAML
        self.is_ended = False
        self.bom = ""
        if self.extension == "properties":
            self.lines = Lines(content.decode("iso-8859-1"), PLAIN_BREAKS)
            self.documents = [_properties(one) for one in read_documents(self.lines)]
            return
        if is_utf16(content):
            raise InvalidEdit(path, "", "the file is UTF-16: save it as UTF-8, then it can be edited")
        self.bom = _BOM if content.startswith(_BOM.encode()) else ""
        text = decode_utf8(path, content)
        self.lines = Lines(text, BREAKS if self.is_yaml else PLAIN_BREAKS)
        self.documents = self._yaml() if self.is_yaml else [_document(path, read_json_nodes(text), frozenset())]

    def number_of(self, document: int | None) -> int:
        """Which document is meant; None means the only one that is not empty. InvalidEdit where there is none such."""
        count = len(self.documents)
        if document is not None:
            if 0 <= document < max(count, 1):
                return document
            detail = f"the file has {count} documents, counted from 0: there is no {document}"
            raise InvalidEdit(self.path, "", detail)
        filled = [number for number, one in enumerate(self.documents) if not one.is_empty]
        if len(filled) > 1:
            raise InvalidEdit(self.path, "", f"the file has {count} documents: say which, from 0 to {count - 1}")
        return filled[0] if filled else max(count - 1, 0)

    def root(self, number: int) -> MapNode:
        """The tree of one document; one without content where the file has none yet."""
        if number < len(self.documents):
            return self.documents[number].root
        return MapNode({}, is_flat=self.extension == "properties")

    def _yaml(self) -> list[StoredDocument]:
        nodes = StandingNodes(self.lines)
        found = [_document(self.path, node, frozenset(nodes.repeated)) for node in nodes.documents()]
        self.is_ended = nodes.is_ended
        return found


def read_tree(path: str, content: bytes, document: int | None = None) -> MapNode:
    """The root of one document (None: the only one that is not empty). Raises as StoredText, and InvalidEdit."""
    text = StoredText(path, content)
    return text.root(text.number_of(document))


def read_trees(path: str, content: bytes) -> list[MapNode]:
    """The roots of all documents, empty ones among them. Raises as StoredText."""
    return [one.root for one in StoredText(path, content).documents]


def _document(path: str, node: NodeMark, repeated: frozenset[str]) -> StoredDocument:
    if _is_empty(node):
        return StoredDocument(MapNode({}), node)
    branch = _root(node)
    trees = _Trees(path)
    root = trees.node(branch)
    assert isinstance(root, MapNode), "a document's root is a map"
    return StoredDocument(root, node, branch, nodes=trees.nodes, marks=trees.marks, repeated=repeated)


def _is_empty(mark: NodeMark) -> bool:
    """Whether there is nothing, or null, or an empty text or list: to Spring all of it is no document."""
    node = resolve(mark)
    if isinstance(node, Leaf):
        return leaf_value(node.value) == ""
    return node.is_list and not node.children


def _root(mark: NodeMark) -> BranchMark:
    """The document's map. One that is a single value or a list has, as in Spring, the only key ``document``."""
    if isinstance(mark, BranchMark) and not mark.is_list:
        return mark
    root = BranchMark(False, closed=True, column=-1)
    key = Leaf("document")
    child = Child(root.is_list, "document", mark, start=mark.start, socket=mark.start, was=mark, key=key)
    root.children, root.standing = [child], (child,)
    return root


class _Trees:
    """Makes nodes of marks, one each, however often aliases repeat it."""

    def __init__(self, path: str) -> None:
        self.nodes: list[Node] = []
        self.marks: dict[int, NodeMark] = {}
        self._path = path
        self._made: dict[NodeMark, Node] = {}

    def node(self, mark: NodeMark) -> Node:
        """The node that stands at a mark."""
        if mark not in self._made:
            made = self._make(mark)
            self._made[mark] = made
            if id(made) not in self.marks:
                self.marks[id(made)] = mark
                self.nodes.append(made)
            if len(self._made) > MAX_NODES:
                raise TooLarge(f"number of values in {self._path}", MAX_NODES)
        return self._made[mark]

    def _make(self, mark: NodeMark) -> Node:
        if isinstance(mark, Leaf):
            return ScalarNode(mark.value, mark.start, mark.end)
        if isinstance(mark, Alias):
            target = self.node(mark.target)
            return AliasNode(mark.name, target, mark.start, mark.end) if mark.name else target
        if mark.is_list:
            return ListNode([self.node(child.value) for child in mark.children], mark.start, mark.end)
        return self._map(mark)

    def _map(self, mark: BranchMark) -> MapNode:
        own: dict[Key, Node] = {}
        brought: dict[Key, Node] = {}
        hiding: set[Key] = set()
        for child in mark.children:
            if child.merge:
                continue
            key = key_at(child)
            (brought if child.ghost else own)[key] = self.node(child.value)
            if child.hides:
                hiding.add(key)
        return MapNode(own, brought, max(mark.start, 0), mark.end, hiding=hiding, is_closed=mark.closed)


def key_at(child: Child) -> Key:
    """The key of what a map holds."""
    key = child.key
    target = resolve(key) if key is not None else None
    if not isinstance(target, Leaf):
        return Key(child.segment)
    value: Scalar = target.value if isinstance(key, Leaf) else leaf_value(target.value)
    return Key(value, target.written)


def _properties(document: PropertyDocument) -> StoredDocument:
    """Of equal keys the last counts; of a list that stands above a shorter one, the items behind the latter's."""
    own: dict[Key, Node] = {}
    for entry in document.entries:
        if entry.is_spread:
            texts = zip(entry.item_names, entry.texts, strict=True)
            own.update((Key(name), ScalarNode(text, entry.start, entry.end)) for name, text in texts)
            continue
        node: Node = ScalarNode(entry.text, entry.start, entry.end)
        if entry.items is not None:
            items: list[Node] = [ScalarNode(item, entry.start, entry.end) for item in entry.texts]
            above = own.get(Key(entry.name))
            items += above.items[len(items) :] if isinstance(above, ListNode) else []
            node = ListNode(items, entry.start, entry.end)
        own[Key(entry.name)] = node
    return StoredDocument(MapNode(own, None, 0, 0, is_flat=True), flat=document)
