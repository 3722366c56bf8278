"""One stack a pattern, each reading from top to bottom like its picture."""
