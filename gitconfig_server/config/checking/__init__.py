"""Whether a whole tree may be stored: content that readers could not use is refused."""
