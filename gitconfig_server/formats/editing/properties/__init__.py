"""Edits of ``.properties``."""
