"""What the operator's account may do, by the roles in force, and what it did, by the audit log: in one form."""

import json
from collections.abc import Iterable
from http import HTTPStatus

from tests.audit import Call
from tests.kube_cluster import SYSTEM, KubeCluster
from tests.operator_install import OPERATOR

__all__ = ["OPERATOR_USER", "Right", "rights_in_force", "rights_used"]

OPERATOR_USER = f"system:serviceaccount:{SYSTEM}:{OPERATOR}"
Right = tuple[str, str, str, str]
"""API group, resource with its subresource, verb, and the one name that it is for, empty for all."""


def rights_in_force(cluster: KubeCluster, account_name: str = OPERATOR) -> set[Right]:
    """Return what every role that is bound to an account, the operator's, allows, by any binding."""
    bindings = [
        *json.loads(cluster.kubectl("get", "rolebindings", "--all-namespaces", "--output=json"))["items"],
        *json.loads(cluster.kubectl("get", "clusterrolebindings", "--output=json"))["items"],
    ]
    account = {"kind": "ServiceAccount", "name": account_name, "namespace": SYSTEM}
    rights: set[Right] = set()
    for binding in bindings:
        if any(account.items() <= subject.items() for subject in binding.get("subjects", ())):
            named = binding["roleRef"]
            where = binding["metadata"].get("namespace", "")
            role = cluster.get(named["kind"].lower(), named["name"], *([f"--namespace={where}"] if where else []))
            assert role is not None
            for rule in role["rules"]:
                rights |= _rights(rule)
    return rights


def rights_used(calls: Iterable[Call], names: Iterable[Right]) -> set[Right]:
    """Return the rights that these requests took, those for one name where such a right is in ``names``.

    What is made by applying it takes the right to create it, too:
    https://kubernetes.io/docs/reference/using-api/server-side-apply/#api-implementation
    """
    single = {right for right in names if right[3]}
    used = set()
    for call in calls:
        verbs = [call.verb, *(["create"] if call.verb == "patch" and call.code == HTTPStatus.CREATED else [])]
        for verb in verbs if call.resource else ():
            named = (call.group, call.resource, verb, call.name)
            used.add(named if named in single else (*named[:3], ""))
    return used


def _rights(rule: dict[str, list[str]]) -> set[Right]:
    return {
        (group, resource, verb, name)
        for group in rule.get("apiGroups", ())
        for resource in rule.get("resources", ())
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", ("",))
    }
