"""Merging what two sides have made of one text."""
