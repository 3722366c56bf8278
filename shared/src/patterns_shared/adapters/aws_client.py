"""AWS clients on botocore alone: boto3 and s3transfer would make a cold start slower and bring nothing here."""

from functools import cache
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.loaders import Loader
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
    session = get_session()
    search_paths = session.get_component("data_loader").search_paths
    session.register_component("data_loader", _UnscannedLoader(extra_search_paths=search_paths))
    return session


class _UnscannedLoader(Loader):
    """Takes the folders' names for the services that there are.

    botocore looks into each of its four hundred folders first, twice, to tell an unknown service from a known one:
    30 of the 150 ms that the first client took (two cores, Python 3.11).
    """

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - the name is botocore's
        return sorted({folder.name for path in self.search_paths for folder in Path(path).glob("*")})
