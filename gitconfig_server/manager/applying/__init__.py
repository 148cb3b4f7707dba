"""From one configuration to another: what has to be called, in which order, and back again where it fails."""
