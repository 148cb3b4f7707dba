"""What verbs do, in one sentence each: the command line, telnet and the REST of a Manager say the same of the same."""

from __future__ import annotations

from collections.abc import Mapping

SAYINGS: Mapping[str, str] = {
    "apply": "Put what is staged in force",
    "cancel": "Take back what is in force and awaits its confirmation",
    "check": "Say what stands against what is staged",
    "confirm": "Keep what is in force and awaits its confirmation",
    "discard": "Drop what is staged",
    "history": "Show what was saved, the newest first",
    "save": "Save what is running",
}
