"""Where saved configurations are kept: a repository, a server, or what a third party brings."""
