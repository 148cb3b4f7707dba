"""The objects of a repository on disk: packs, loose ones, and their upkeep."""
