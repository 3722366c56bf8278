"""Figures against named peers: ``python -m benchmarks`` measures them and writes where they are shown."""
