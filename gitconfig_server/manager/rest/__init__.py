"""The tree over HTTP: a path of the URL is a path of the tree."""
