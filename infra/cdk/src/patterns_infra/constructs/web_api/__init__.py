"""Constructs of the web API only."""
