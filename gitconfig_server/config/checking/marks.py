"""What else a value of an environment may be, said by who makes the values and heard by who judges them.

They stand apart from both: the judge's compiled library is loaded in the worker process alone.
"""

SOFT = "soft"
"""What its text binds to, or the text."""
OPEN = "open"
"""Anything at all."""
EMPTY = "empty"
"""Nothing, or an empty list."""
