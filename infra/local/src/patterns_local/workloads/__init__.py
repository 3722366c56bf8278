"""Declared commands that run on this machine as a cloud would run them: environment, output, signals, exit code.

Used by what stands in for a container service. It knows nothing of any: images, tasks and pods are the caller's.
"""
