"""Earlier content as a new commit: restore, and revert."""
