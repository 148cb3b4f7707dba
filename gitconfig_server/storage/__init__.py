"""Floor 1: where objects, refs and the journal are kept."""
