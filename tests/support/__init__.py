"""What several test files build their scenes from."""
