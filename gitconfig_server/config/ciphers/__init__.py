"""Encryption as Spring writes it: keys, texts, and values in files."""
