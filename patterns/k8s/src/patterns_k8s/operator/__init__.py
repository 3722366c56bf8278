"""The operator: keeps, for every OrderProcessor, the workers that it declares."""
