"""Edits of configuration files that keep every byte they do not concern."""
