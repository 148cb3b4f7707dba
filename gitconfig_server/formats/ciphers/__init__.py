"""``{cipher}`` values: keys, algorithms, opening and sealing."""
