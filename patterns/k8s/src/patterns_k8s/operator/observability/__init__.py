"""Metrics, readiness and Events."""
