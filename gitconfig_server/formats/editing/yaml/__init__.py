"""Edits of YAML."""
