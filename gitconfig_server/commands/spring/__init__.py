"""Coming from a Spring Cloud Config Server: its settings translated, its answers compared."""
