"""Earlier content brought back, and single commits undone, always as new commits."""
