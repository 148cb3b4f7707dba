"""Changes assembled on a working branch, and put in force."""
