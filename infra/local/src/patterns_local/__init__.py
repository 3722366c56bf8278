"""The shop's patterns on this machine: an emulator of AWS, and what starts, fills, watches and ends it."""
