"""A second address of the emulator, for pods that cannot reach 127.0.0.1 of this machine: bytes in, bytes out."""
