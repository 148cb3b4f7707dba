"""Repositories in a MongoDB database: ``mongodb://host/database?repository=name``."""
