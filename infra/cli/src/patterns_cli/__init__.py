"""The `patterns` command: what is typed, what it does on any target, and the demo."""
