"""AWS clients without boto3: a cold start pays for botocore only (boto3 and s3transfer add a fifth of a second)."""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

__all__ = ["create_client"]


def create_client(
    service: str, *, connect_timeout: float = 1.0, read_timeout: float = 2.0, max_attempts: int = 3
) -> Any:  # noqa: ANN401 - botocore makes its client classes at run time; callers name the stub that they expect
    """Return a client for the service; region, credentials and endpoint come from the environment as usual.

    Timeouts are in seconds. ``max_attempts`` counts the first one: with the defaults a dead service costs a caller
    about ten seconds, well inside the gateway's 29.
    """
    config = Config(
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": max_attempts},
        tcp_keepalive=True,
    )
    return _session().create_client(service, config=config)


@cache
def _session() -> Session:
    """Clients share one session, and with it the parsed endpoint data and the credentials."""
    return get_session()
