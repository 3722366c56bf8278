"""The custom resource ``OrderProcessor``: its model, and the definition that a cluster is told."""
