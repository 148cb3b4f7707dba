"""Floor 2: Git itself: the one door for refs, trees, commits, history and the wire protocol."""
