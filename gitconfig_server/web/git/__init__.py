"""Git's smart HTTP."""
