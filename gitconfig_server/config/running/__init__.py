"""What readers of a label get: pinned, else pending, else saved; each judged by the reader's clock."""
