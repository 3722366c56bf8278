"""How often a function was really called."""

from collections.abc import Callable

__all__ = ["InvocationCounter"]

InvocationCounter = Callable[[], int]
"""Return the number of invocations of the API function so far."""
