"""What Spring's faces read: repositories by pattern, labels, secrets opened, overrides in front."""
