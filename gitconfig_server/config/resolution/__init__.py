"""From a tree and names to the files and documents that take part, in Spring's order."""
