"""A configuration server whose database is Git."""
