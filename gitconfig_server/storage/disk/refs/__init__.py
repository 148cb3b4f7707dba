"""The refs of a repository on disk: read, locked, moved, and what stock Git did to them."""
