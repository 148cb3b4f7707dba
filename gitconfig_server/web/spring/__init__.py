"""Spring's routes."""
