"""Names that the batch's stack and the commands that start reports have in common."""

__all__ = ["BY_COMMAND"]

BY_COMMAND = "by-command/"
"""Below this prefix of the inbox files start no report: who puts them there starts it, and can follow it."""
