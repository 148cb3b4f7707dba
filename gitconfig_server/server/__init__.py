"""Floor 7: one server process made from the settings, its hooks and its logs."""
