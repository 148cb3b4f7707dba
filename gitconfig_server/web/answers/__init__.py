"""Answers that are given again: the fast path, conditional requests, and what is kept."""
