"""Floor 4: the one service protocol, in process, and the crossing between sync and async."""
