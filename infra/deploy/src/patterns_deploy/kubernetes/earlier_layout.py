"""The operator where versions before had it: in the namespace of its OrderProcessors.

It went with that namespace, and nobody was left to take off the finalizers (docs/adr/0067).
"""

from collections.abc import Mapping
from typing import Any

from patterns_deploy.kubernetes.kubectl import Kubectl
from patterns_infra.kubernetes_names import (
    CERTIFICATE,
    NAMESPACE,
    OPERATOR,
    OPERATOR_CREDENTIALS,
    OPERATOR_NAMESPACE,
)

__all__ = ["find_operator", "remove_earlier_operator"]

_EARLIER = f"--namespace={NAMESPACE}"
_RENEWAL = "cronjob,serviceaccount,role,rolebinding,networkpolicy"
_BESIDE = "service,networkpolicy,poddisruptionbudget"
_ADMIN_ROLE = "patterns-orderprocessors-admin"
"""It was about the operators' peering, which is in no namespace any more."""


def find_operator(kubectl: Kubectl, *words: str) -> Mapping[str, Any] | None:
    """Return the operator's Deployment, from whichever version it is; ``None`` where there is none.

    Args:
        kubectl: the cluster.
        words: further arguments of ``kubectl get``.

    Raises:
        KubectlFailed: the cluster cannot be asked.
    """
    for namespace in (OPERATOR_NAMESPACE, NAMESPACE):
        if found := kubectl.get("deployment", OPERATOR, f"--namespace={namespace}", *words):
            return found
    return None


def remove_earlier_operator(kubectl: Kubectl) -> bool:
    """Take away what a version before has left beside the OrderProcessors; these stay, and their workers go on.

    Its pods have ended when this returns: the operator that comes would not know of them. Doing it again goes on with
    what is left.

    Returns:
        Whether there was anything of it.

    Raises:
        KubectlFailed: the cluster refuses, or its pods do not end.
    """
    if kubectl.get("serviceaccount", OPERATOR, _EARLIER) is None:
        return False
    kubectl.delete("deployment", OPERATOR, _EARLIER, "--cascade=foreground")
    kubectl.delete(_BESIDE, OPERATOR, _EARLIER)
    kubectl.delete(_RENEWAL, CERTIFICATE, _EARLIER)
    kubectl.delete("secret", f"{OPERATOR}-webhook", OPERATOR_CREDENTIALS, _EARLIER)
    settings = [each["metadata"]["name"] for each in kubectl.items("configmaps", _EARLIER)]
    for name in settings:
        if name.startswith(f"{OPERATOR}-settings-"):
            kubectl.delete("configmap", name, _EARLIER)
    kubectl.delete("kopfpeerings.kopf.dev", OPERATOR, _EARLIER)
    kubectl.delete("clusterrole", _ADMIN_ROLE)
    # Last, since it says whether there is anything.
    kubectl.delete("serviceaccount", OPERATOR, _EARLIER)
    return True
