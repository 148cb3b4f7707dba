"""Changes assembled on a staged branch, and put in force."""
