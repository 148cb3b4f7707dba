"""What clients of ill will do to a server."""
