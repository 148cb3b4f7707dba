"""Repositories in a PostgreSQL database: ``postgresql://user@host/database?repository=name``."""
