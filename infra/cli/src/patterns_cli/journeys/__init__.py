"""One order's way through all patterns, from their logs."""
