"""Adapters of the unchanged use cases to each compute: the only part of the benchmark that is deployed."""
