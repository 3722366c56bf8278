"""Reaching the local platform and nothing else, whatever AWS variables and files the user has.

A user with a profile, a proxy or an endpoint variable for their real account runs `patterns up` too: every
client and every child process below gets its address and keys from here alone.
"""

import os
import shlex
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from patterns_deploy.place import AwsClient
from patterns_infra.tool_environment import tool_environment

if TYPE_CHECKING:
    from boto3.session import Session

__all__ = [
    "ACCOUNT",
    "REGION",
    "ROOT_KEYS",
    "Keys",
    "build_environment",
    "child_environment",
    "client_for",
    "shell_exports",
]

ACCOUNT = "000000000000"
REGION = "us-east-1"


class Keys(NamedTuple):
    """Credentials; those of a role have a session token."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def variables(self) -> dict[str, str]:
        """Return them as environment variables."""
        given = {"AWS_ACCESS_KEY_ID": self.access_key_id, "AWS_SECRET_ACCESS_KEY": self.secret_access_key}
        return given | ({"AWS_SESSION_TOKEN": self.session_token} if self.session_token else {})


ROOT_KEYS = Keys("test", "test")
"""The emulator's administrator: no secret, since it serves this machine only."""

_FOREIGN_PREFIXES = ("AWS_", "CDK_", "JSII_")
_making = threading.Lock()
_OVERRIDING = {
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
}
"""Variables that would win over a region, a key or an address given beside them."""
_FOREIGN = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NODE_OPTIONS", "BOTO_CONFIG"}


def build_environment() -> dict[str, str]:
    """Return the environment of a child process that builds: with the user's proxies, without anything of AWS."""
    return {name: value for name, value in tool_environment().items() if not name.startswith(_FOREIGN_PREFIXES)}


def child_environment(endpoint_url: str, keys: Keys = ROOT_KEYS) -> dict[str, str]:
    """Return the environment of a child process that shall talk to the platform only."""
    kept = {name: value for name, value in build_environment().items() if name.upper() not in _FOREIGN}
    return kept | _addresses(endpoint_url) | keys.variables()


def shell_exports(endpoint_url: str, kubeconfig: Path | None = None) -> str:
    """Return shell lines after which the stock AWS clients, and kubectl, talk to the platform, with no flags.

    Args:
        endpoint_url: of the emulator.
        kubeconfig: of the local cluster, `None` while there is none.
    """
    exports = {**_addresses(endpoint_url), **ROOT_KEYS.variables(), "AWS_PAGER": ""}
    exports |= {"KUBECONFIG": str(kubeconfig)} if kubeconfig else {}
    # The user's own files stay in use, for the output format; what they say of endpoints is overruled here.
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        del exports[name]
    if any(name.upper().endswith("_PROXY") for name in os.environ):
        exports |= {name: _without_proxy(name) for name in ("NO_PROXY", "no_proxy")}
    stale = _OVERRIDING | {name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(exports.items())]
    return "\n".join([*lines, f"unset {' '.join(sorted(stale))}"]) + "\n"


@cache
def client_for(service: str, endpoint_url: str, keys: Keys = ROOT_KEYS, region: str = REGION) -> AwsClient:
    """Return a boto3 client that can reach only the platform; equal questions get the same client."""
    from botocore.config import Config  # noqa: PLC0415 - a third of a second, which --help does not pay

    # An empty mapping of proxies, not None: None would ask the environment.
    config = Config(
        proxies={},
        retries={"mode": "standard", "total_max_attempts": 3},
        use_fips_endpoint=False,
        use_dualstack_endpoint=False,
    )
    with _making:  # sessions are not for several threads, the clients that they make are
        session: Any = _session(keys, region)
        return session.client(service, endpoint_url=endpoint_url, config=config)


@cache
def _session(keys: Keys, region: str) -> "Session":
    """Return a session that looks at none of the user's files; sessions read service models once."""
    import boto3  # noqa: PLC0415 - as above
    import botocore.session  # noqa: PLC0415

    # Without these the user's profile is looked up even when keys are given, and a missing one is an error.
    nothing: dict[str, Any] = dict.fromkeys(("profile", "ca_bundle"), (None, None, None, None))
    nothing |= dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    return boto3.session.Session(
        botocore_session=botocore.session.Session(session_vars=nothing),
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        aws_session_token=keys.session_token,
        region_name=region,
    )


def _addresses(endpoint_url: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _without_proxy(name: str) -> str:
    """Return the user's list of addresses that need no proxy, with this machine on it."""
    return ",".join(filter(None, [os.environ.get(name, ""), "127.0.0.1", "localhost"]))
