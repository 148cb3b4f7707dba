"""Commits and trees, read and made."""
