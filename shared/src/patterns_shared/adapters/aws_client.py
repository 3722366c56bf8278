"""AWS clients on botocore alone: boto3 and s3transfer would make a cold start slower and bring nothing here."""

import gzip
import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session, get_session

__all__ = ["create_client"]


def create_client(
    service: str,
    *,
    connect_timeout: float = 1.0,
    read_timeout: float = 2.0,
    max_attempts: int = 3,
    checks_parameters: bool = True,
) -> Any:  # noqa: ANN401 - botocore makes its client classes at run time; callers name the stub that they expect
    """Return a client for the service; region, credentials and endpoint come from the environment as usual.

    Timeouts are in seconds. ``max_attempts`` counts the first one: with the defaults a dead service costs a caller
    about ten seconds, well inside the gateway's 29. Without ``checks_parameters`` a call's parameters are checked by
    the service alone, not by botocore first: a fifth of the work of placing an order.
    """
    session = _session()
    config = Config(
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": max_attempts},
        tcp_keepalive=True,
        parameter_validation=checks_parameters,
        # S3's default for us-east-1 is a pseudo-region, which botocore looks up in the list that is left out below.
        s3={"us_east_1_regional_endpoint": "regional"},
        # Left to itself, botocore puts the same text together again for each request, an eighth of its time.
        user_agent=session.user_agent(),
    )
    # What every AWS runtime sets is AWS_REGION; botocore by itself looks at AWS_DEFAULT_REGION only.
    return session.create_client(service, region_name=os.environ.get("AWS_REGION"), config=config)


@cache
def _session() -> Session:
    """Clients share one session, and with it the credentials and what was read for the first of them."""
    session = get_session()
    search_paths = session.get_component("data_loader").search_paths
    loader = _SparingLoader(extra_search_paths=search_paths, file_loader=_Undocumented())
    session.register_component("data_loader", loader)
    return session


# Botocore copies each parameter of each PartiQL statement into the request. A structure that is marked as a JSON
# document goes in as it is: the same bytes, for less of the ledger's work. A binary parameter raises an error then.
_EXTRAS: Mapping[str, Any] = {
    "dynamodb/2012-08-10/service-2.sdk-extras": {"merge": {"shapes": {"BatchStatementRequest": {"document": True}}}},
}
"""What botocore merges into its service models, by the name of the file that could say so (`botocore.loaders`)."""


class _Undocumented(JSONFileLoader):
    """Empties the documentation in a service's description, which is half of it and stays as long as a client."""

    def load_file(self, file_path: str) -> Any:  # noqa: ANN401 - JSON, or None where there is no such file
        """Return what is in the file of this name, plain or packed."""
        for suffix, opened in ((".json", open), (".json.gz", gzip.open)):
            path = Path(file_path + suffix)
            if path.is_file():
                with opened(path, "rb") as file:
                    return json.loads(file.read(), object_pairs_hook=_without_documentation)
        return None


def _without_documentation(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Emptied and not taken out: botocore expects some of them. A member of that name is an object, not a text.
    return {key: "" if key == "documentation" and isinstance(value, str) else value for key, value in pairs}


class _SparingLoader(Loader):
    """Leaves out what botocore reads for the first client and does not use: a third of that client's time."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - the name is botocore's
        """Take the folders' names for the services that there are.

        botocore looks into each of its four hundred folders, twice, to tell an unknown service from a known one.
        """
        paths = [path for path in self.search_paths if Path(path).is_dir()]
        return sorted({folder.name for path in paths for folder in os.scandir(path)})

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """Give our extras, and no list of every service's endpoint in every region, more than a megabyte of JSON.

        botocore makes a first guess from the list. What a request goes by are the service's own endpoint rules, in
        every partition, as long as the list is the built-in one: so that is what the path says.
        """
        if name == "endpoints":
            return {"version": 3, "partitions": []}, str(Path(self.BUILTIN_DATA_PATH, name))
        if name in _EXTRAS:
            return _EXTRAS[name], name
        return super().load_data_with_path(name)
