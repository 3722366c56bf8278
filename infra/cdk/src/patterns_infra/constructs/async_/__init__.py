"""Constructs of asynchronous integration only."""
