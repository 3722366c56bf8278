"""An AWS account as a place to deploy to, with the credentials that the user has, and never by accident.

The variables of `patterns env` send every client to the local platform; somebody who asks for AWS in such a shell
is refused, rather than answered by the emulator.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from patterns_deploy.folder import LocalFolder
from patterns_deploy.place import AwsClient, Place
from patterns_infra.settings import LOCAL_ACCOUNT, Target
from patterns_infra.tool_environment import tool_environment

__all__ = ["AwsAccess", "AwsUnavailable", "open_aws"]

_LOOPBACK = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "host.docker.internal"}  # noqa: S104 - refused, not bound


class AwsUnavailable(Exception):
    """AWS cannot be reached as the user wants it; the text is one line."""


@dataclass(frozen=True, slots=True)
class AwsAccess:
    """An account that answered.

    Attributes:
        place: the account and region.
        caller: ARN of who is deploying.
        environment: for a child process, with exactly the credentials that were asked about.
    """

    place: Place
    caller: str
    environment: Mapping[str, str]


def open_aws(stage: str, region: str | None) -> AwsAccess:
    """Find out which account the user's credentials are for.

    Raises:
        AwsUnavailable: no region, no or wrong credentials, or they lead to a local endpoint.
    """
    import boto3  # noqa: PLC0415 - a third of a second, which --help does not pay
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    _refuse_local_endpoints(os.environ)
    try:
        session: Any = boto3.session.Session(region_name=region)
        if not session.region_name:
            raise AwsUnavailable("no AWS region: give --region, or set AWS_REGION or the profile's region")
        credentials = session.get_credentials()
        if credentials is None:
            raise AwsUnavailable("no AWS credentials: sign in ('aws sso login'), set AWS_PROFILE or access keys")
        keys = credentials.get_frozen_credentials()
        sts = session.client("sts")
        _refuse_local(sts.meta.endpoint_url, "the AWS configuration's endpoint_url")
        identity = sts.get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise AwsUnavailable(f"AWS refused: {' '.join(str(error).split())}") from error
    if identity["Account"] == LOCAL_ACCOUNT:
        raise AwsUnavailable("these credentials are the local platform's; open a shell without 'patterns env'")

    @cache
    def client(service: str) -> AwsClient:
        made = session.client(service)
        _refuse_local(made.meta.endpoint_url, "the AWS configuration's endpoint_url")
        return made

    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    region, account = session.region_name, identity["Account"]
    kubeconfig = LocalFolder.default().cluster_kubeconfig(account, region, stage)
    place = Place(Target.AWS, stage, region, account, endpoint, client, kubeconfig if kubeconfig.exists() else None)
    given = {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}
    given |= {"AWS_SESSION_TOKEN": keys.token} if keys.token else {}
    given |= {"AWS_REGION": place.region, "AWS_DEFAULT_REGION": place.region, "CDK_DEFAULT_ACCOUNT": place.account}
    given |= {"CDK_DEFAULT_REGION": place.region}
    dropped = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"}
    kept = {name: value for name, value in tool_environment().items() if name not in dropped}
    return AwsAccess(place, identity["Arn"], kept | given)


def _refuse_local_endpoints(environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        if name == "AWS_ENDPOINT_URL" or name.startswith("AWS_ENDPOINT_URL_"):
            _refuse_local(value, name)


def _refuse_local(endpoint_url: str, source: str) -> None:
    if (urlsplit(endpoint_url).hostname or "") in _LOOPBACK:
        line = f"{source} is {endpoint_url}, which is on this machine; open a shell without 'patterns env' for AWS"
        raise AwsUnavailable(line)
