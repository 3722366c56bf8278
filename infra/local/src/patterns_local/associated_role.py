"""The role that a stack associates with a service account, assumed as EKS Pod Identity assumes it."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from patterns_local.local_aws import Keys, client_for

__all__ = ["RoleKeys", "RoleNotFound", "ServiceAccount", "associated_role", "assume_associated"]

_SECONDS = 3600


class RoleNotFound(Exception):
    """No role is associated with the service account, or AWS does not give it; the text is one line."""


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """For whom a role is asked for: a service account, and the pod that acts as it."""

    namespace: str
    name: str
    pod: str


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """A role's temporary keys, and until when they are good, with a time zone."""

    role: str
    keys: Keys
    until: dt.datetime


def assume_associated(
    endpoint_url: str, account: ServiceAccount, *, cluster: str = "", seconds: int = _SECONDS
) -> RoleKeys:
    """Return keys of the role that a cluster's pod identity associations name for the service account.

    Args:
        endpoint_url: of the platform.
        account: for whom.
        cluster: whose associations are asked; all clusters' by default.
        seconds: how long the keys shall be good.

    Raises:
        RoleNotFound: there is no such association, or AWS refuses.
    """
    role, of_cluster = associated_role(endpoint_url, account, cluster)
    with _refusals(account):
        given = client_for("sts", endpoint_url).assume_role(
            RoleArn=role,
            RoleSessionName=f"{account.namespace}-{account.pod}"[-64:],
            DurationSeconds=seconds,
            Tags=_session_tags(account, of_cluster),
        )
    found = given["Credentials"]
    keys = Keys(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
    return RoleKeys(role, keys, found["Expiration"].astimezone(dt.UTC))


def associated_role(endpoint_url: str, account: ServiceAccount, cluster: str = "") -> tuple[str, str]:
    """Return the ARN of the role that a cluster associates with the service account, and the name of that cluster.

    Raises:
        RoleNotFound: there is no such association, or AWS does not tell.
    """
    with _refusals(account):
        eks = client_for("eks", endpoint_url)
        for name in [cluster] if cluster else eks.list_clusters()["clusters"]:
            found = eks.list_pod_identity_associations(
                clusterName=name, namespace=account.namespace, serviceAccount=account.name
            )["associations"]
            for each in found:
                described = eks.describe_pod_identity_association(clusterName=name, associationId=each["associationId"])
                return str(described["association"]["roleArn"]), name
    raise RoleNotFound(f"service account {account.namespace}/{account.name} has no pod identity association")


@contextmanager
def _refusals(account: ServiceAccount) -> Iterator[None]:
    """Say for whom it was asked when AWS refuses."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - commands that need none do not wait

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise RoleNotFound(f"service account {account.namespace}/{account.name}: {error}") from error


def _session_tags(account: ServiceAccount, cluster: str) -> list[dict[str, str]]:
    """Return the tags by which Pod Identity says for whom it asks; a role may trust it for these only.

    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
    """
    tags = {
        "eks-cluster-name": cluster,
        "kubernetes-namespace": account.namespace,
        "kubernetes-service-account": account.name,
        "kubernetes-pod-name": account.pod,
    }
    return [{"Key": key, "Value": value} for key, value in tags.items()]
