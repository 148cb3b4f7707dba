"""The native API, one route group a file."""
