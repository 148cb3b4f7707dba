"""Pushes: what arrives, the checks it passes, and the report."""
