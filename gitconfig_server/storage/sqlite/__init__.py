"""Repositories in one SQLite file: ``sqlite:///path``.

Every writer and every checkpoint holds our own lock (``flock``) first: its line is fair, where SQLite's busy polling
is not, and versions up to 3.51.2 can lose writes when a checkpoint meets another one and a writer.
"""
