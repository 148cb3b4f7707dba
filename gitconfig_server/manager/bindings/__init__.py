"""How a service's methods come to stand at paths of its configuration."""
