"""Constructs that several patterns use."""
