"""Customers' accounts, as operators see them."""
