"""A repository on disk: a bare Git repository with a journal beside it."""
