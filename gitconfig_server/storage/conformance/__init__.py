"""What every storage must pass, ours and others': ``checks.CHECKS`` are functions of a ``Make``."""
