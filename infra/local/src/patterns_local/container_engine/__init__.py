"""A container engine that needs none: it answers like Docker, and each container is a process of this machine.

It speaks the part of the Docker Engine API that the emulator's ECS calls, on a Unix socket. What a container would be
isolated from (files, network, processor, memory) its process shares with the machine; `docs/local.md` lists it.
"""
