"""From sources to the texts that Spring's clients ask for, placeholders filled in."""
