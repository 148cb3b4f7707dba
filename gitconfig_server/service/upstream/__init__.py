"""A remote repository, followed and pushed back to."""
