"""Texts of every format, read as documents of flattened properties."""
