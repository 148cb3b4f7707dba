"""The verbs of ``gitcfg``: their words and options; what they do is loaded when they run."""
