"""Floor 7: running, staged and saved configuration inside a Python service."""
