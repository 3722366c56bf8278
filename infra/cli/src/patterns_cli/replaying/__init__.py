"""Giving archived events to their consumers again."""
