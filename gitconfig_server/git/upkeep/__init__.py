"""Maintenance of a repository: what is reachable, packs written anew, garbage."""
