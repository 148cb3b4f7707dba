"""Floor 6: the HTTP face: REST, Spring's routes, Git's smart HTTP, and the manners they share."""

from gitconfig_server.web.manners import paths as paths
