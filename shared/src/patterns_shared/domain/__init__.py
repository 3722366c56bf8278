"""The shop's business rules: pure Python, standard library only, no clock, no randomness, no I/O."""
