"""Edits that change a text only where they are meant to."""
