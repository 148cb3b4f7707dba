"""What differs between two trees, and how that is told."""
