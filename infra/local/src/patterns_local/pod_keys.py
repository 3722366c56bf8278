"""Keys of the stack's roles for pods in a cluster that has no Pod Identity agent.

The deployment assumes the roles as the agent would, by the associations that the stack made, and the pods read the keys
from a Secret each. Nobody renews them but the next deployment.
"""

import datetime as dt

from patterns_deploy.errors import DeployFailed
from patterns_deploy.kubernetes.kubectl import Kubectl
from patterns_deploy.kubernetes.role_secret import RoleSecret, read_role_secret
from patterns_infra.kubernetes_names import (
    NAMESPACE,
    OPERATOR,
    OPERATOR_CREDENTIALS,
    OPERATOR_NAMESPACE,
    WORKER_CREDENTIALS,
    WORKERS,
)
from patterns_local.associated_role import RoleNotFound, ServiceAccount, associated_role, assume_associated
from patterns_local.local_aws import Keys, client_for

__all__ = ["role_secrets"]

_GOOD_SECONDS = 12 * 3600
"""The longest that STS gives keys for. The emulator refuses them from then on, and when it is another run's."""
_RENEWED_BEFORE = 6 * 3600.0
_ACCOUNTS = {OPERATOR_CREDENTIALS: (OPERATOR_NAMESPACE, OPERATOR), WORKER_CREDENTIALS: (NAMESPACE, WORKERS)}


def role_secrets(kubectl: Kubectl, endpoint_url: str, *, cluster: str) -> tuple[tuple[RoleSecret, ...], bool]:
    """Return the Secrets of operator and workers, and whether any is new; keys that are good for long are kept.

    Args:
        kubectl: the cluster whose pods read them.
        endpoint_url: of the platform.
        cluster: the stack's, whose associations say which role is whose.

    Raises:
        DeployFailed: the platform gives no such role.
    """
    secrets, renewed = [], False
    for name, (namespace, account) in _ACCOUNTS.items():
        role = ServiceAccount(namespace, account, f"deployed-{account}")
        try:
            kept = read_role_secret(kubectl.get("secret", name, f"--namespace={namespace}"))
            if kept and _is_good(kept, endpoint_url, associated_role(endpoint_url, role, cluster)[0]):
                secrets.append(kept)
                continue
            given = assume_associated(endpoint_url, role, cluster=cluster, seconds=_GOOD_SECONDS)
        except RoleNotFound as missing:
            raise DeployFailed(f"no role for pods: {missing}") from missing
        secrets.append(
            RoleSecret(name=name, namespace=namespace, variables=given.keys.variables(), expires=given.until)
        )
        renewed = True
    return tuple(secrets), renewed


def _is_good(kept: RoleSecret, endpoint_url: str, role: str) -> bool:
    """Whether keys last, and the platform still knows them as those of this role: it may be another one by now."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    if set(kept.variables) != set(names) or not kept.lasts(_RENEWED_BEFORE, now=dt.datetime.now(dt.UTC)):
        return False
    sts = client_for("sts", endpoint_url, Keys(*(kept.variables[name] for name in names)))
    try:
        caller = str(sts.get_caller_identity()["Arn"])
    except sts.exceptions.ClientError:
        return False
    return caller.split("/")[1:2] == [role.rpartition("/")[2]]
