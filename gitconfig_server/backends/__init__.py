"""Floor 5: stores of sources, for ``ConfigServer`` and for whoever speaks the small ``ConfigBackend`` protocol."""
