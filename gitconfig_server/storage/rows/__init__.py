"""Repositories in the tables or collections of a database: what they have in common, told once."""
