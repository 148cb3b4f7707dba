"""The write pipeline: an edit is a function of the head that it is applied to."""
