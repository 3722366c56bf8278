"""Copying patterns out of this repository: which files they need, and the project files that the copy has instead."""
