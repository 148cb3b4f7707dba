"""Floor 0: the nouns that pass between floors, frozen."""
