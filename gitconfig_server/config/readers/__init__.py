"""From a file's bytes to its documents: YAML, JSON, properties, XML, and what a document says of itself."""
