"""AWS clients of the platform's administrator."""

from typing import Any

from patterns_local.platform import Platform

__all__ = ["administrator"]


def administrator(platform: Platform, service: str) -> Any:  # noqa: ANN401 - boto3 makes its client classes at run time
    """Return a client of a service that may do anything."""
    return platform.client(service)
