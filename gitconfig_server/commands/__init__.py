"""Floor 6: what the command line does, one file a subject."""
