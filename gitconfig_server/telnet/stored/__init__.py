"""What a server keeps, as telnet wants it."""
