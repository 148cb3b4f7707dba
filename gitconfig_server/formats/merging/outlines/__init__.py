"""Which lines of a text each entry takes up, so that a merge need not read those that nobody changed."""
