"""Benchmarks: each against a baseline that is run in turn with it, so that the ratio is the result."""
