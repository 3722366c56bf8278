"""The demo: real traffic through every deployed pattern, compared with what the inputs say must come out."""
