"""Repositories in memory: ``memory://name`` is a new, empty one each time."""
