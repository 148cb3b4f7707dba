"""Floor 6: a terminal over TCP, for whatever has a tree of configuration."""
