"""Fixtures for a conftest whose tests reach no account, whatever the machine is configured with.

pytest takes plugins from the outermost conftest only, so that a member names what it takes in its own::

    _no_account = no_account.no_account
    clients = no_account.clients
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import pytest

from patterns_shared.adapters import aws_client

__all__ = ["Client", "clients", "no_account", "without_account"]

Client = Any
"""botocore makes its client classes at run time."""


@contextmanager
def without_account(**more: str) -> Iterator[None]:
    """Give this process keys that open nothing, no file of the user's for AWS, and these variables besides."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    fake = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    with patch.dict(os.environ, kept | fake | more, clear=True):
        yield


@pytest.fixture(autouse=True, scope="session")
def no_account() -> Iterator[None]:
    """No test reaches an account."""
    with without_account():
        yield


@pytest.fixture(scope="session")
def clients() -> Callable[[str], Client]:
    """Clients that try once, so that what they are answered is what an adapter sees; made once, since it takes time."""
    return cache(lambda service: aws_client.create_client(service, max_attempts=1))
