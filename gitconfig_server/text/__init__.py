"""Floor 5: what terminals and sockets show."""
