"""Floor 3: configuration: files, documents, properties, and what they resolve to."""
