"""Trees out of nothing but files."""

from collections.abc import Mapping

from gitconfig_server.git.objects.reader import ObjectMap, make_blob
from gitconfig_server.git.objects.trees import EMPTY_TREE, FILE, TreeEntry, TreeView, edit_tree


def tree_of(files: Mapping[str, str | bytes], mode: int = FILE) -> TreeView:
    """A tree with these files; other modes make symbolic links of them."""
    blobs = {path.encode(): make_blob(text.encode() if isinstance(text, str) else text) for path, text in files.items()}
    changes = {path: TreeEntry(mode, blob.id) for path, blob in blobs.items()}
    tree, made = edit_tree(ObjectMap([]), EMPTY_TREE, changes)
    return TreeView(ObjectMap([*blobs.values(), *made]), tree)
