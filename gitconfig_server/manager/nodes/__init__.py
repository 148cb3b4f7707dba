"""The tree: paths, values, nodes, and what differs between two of them."""
