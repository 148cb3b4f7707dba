"""What every storage must keep to, as tests that any storage can run."""
