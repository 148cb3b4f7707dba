"""The journal of a repository on disk: its lines, its file, what it says, and its repair."""
