"""Somebody's own events onto the topic: read, checked and published, line by line."""
