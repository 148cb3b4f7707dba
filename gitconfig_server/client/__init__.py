"""Floor 5: the service from afar, over HTTP."""
