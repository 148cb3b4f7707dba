"""Floor 6: the HTTP face: REST, Spring's routes, Git's smart HTTP, and the manners they share."""

from gitconfig_server.web import segments as segments  # routes name its convertors when their modules are imported
