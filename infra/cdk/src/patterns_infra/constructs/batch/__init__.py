"""Constructs of the batch only."""
