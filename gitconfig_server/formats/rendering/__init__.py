"""Texts that readers get: placeholders filled in, properties written as YAML, JSON or lines."""
