"""Constructs of the Kubernetes pattern only."""
