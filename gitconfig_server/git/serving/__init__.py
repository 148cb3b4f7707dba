"""Clones and fetches: what is advertised, agreed on, and sent."""
