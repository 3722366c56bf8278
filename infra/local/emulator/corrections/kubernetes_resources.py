"""Parts of an EKS cluster that the emulator's API knows and its CloudFormation does not.

It refuses a template as a whole when a type is unknown to it: ``AWS::EKS::Addon`` (kept, and nothing runs by it),
``AWS::EKS::AccessEntry`` and ``AWS::EKS::PodIdentityAssociation``, by which the local node finds the role of a pod.

Where a Docker engine answers, the emulator also starts k3s for each cluster, minutes after it said that the cluster was
there, and pulls the image for that. The platform has a control plane of its own.
"""

import json
from typing import Any

from ministack.services import eks
from ministack.services.cloudformation import provisioners

__all__ = ["correct"]

Properties = dict[str, Any]
Made = tuple[str, Properties]
Answer = tuple[int, Any, Any]
_BETWEEN = "|"


def correct() -> None:
    """Add the types, and let no cluster start containers."""
    eks._get_docker = lambda: None
    handlers = provisioners._RESOURCE_HANDLERS
    handlers["AWS::EKS::Addon"] = {
        "create": _add,
        "update": lambda made, _, new, __: _change_addon(made, new),
        "delete": lambda made, _: eks._delete_addon(*made.split(_BETWEEN)),
    }
    handlers["AWS::EKS::AccessEntry"] = {
        "create": _admit,
        "update": lambda made, _, new, stack: _admit_again(made, new, stack),
        "delete": lambda made, _: eks._delete_access_entry(*reversed(made.split(_BETWEEN))),
    }
    handlers["AWS::EKS::PodIdentityAssociation"] = {
        "create": _associate,
        "update": _associate_again,
        "delete": lambda made, props: eks._delete_pod_identity_association(props["ClusterName"], made),
    }


def _add(_: str, props: Properties, __: str) -> Made:
    cluster, name = props["ClusterName"], props["AddonName"]
    made = _made(eks._create_addon(cluster, {"addonName": name, **_of_addon(props)}), "addon")
    return f"{cluster}{_BETWEEN}{name}", {"Arn": made["addonArn"]}


def _change_addon(made: str, props: Properties) -> Made:
    cluster, name = made.split(_BETWEEN)
    eks._update_addon(cluster, name, _of_addon(props))
    return made, {"Arn": eks._addons[f"{cluster}/{name}"]["addonArn"]}


def _of_addon(props: Properties) -> dict[str, Any]:
    return {
        "addonVersion": props.get("AddonVersion", ""),
        "configurationValues": props.get("ConfigurationValues", ""),
        "podIdentityAssociations": [x["RoleArn"] for x in props.get("PodIdentityAssociations") or []],
        "tags": provisioners._tag_map(props.get("Tags")),
    }


def _admit(_: str, props: Properties, __: str) -> Made:
    """Make the entry and its policies; the resource is known by both, principal first, as on AWS."""
    cluster, principal = props["ClusterName"], props["PrincipalArn"]
    request = {
        "principalArn": principal,
        "type": props.get("Type", "STANDARD"),
        "kubernetesGroups": props.get("KubernetesGroups") or [],
        "username": props.get("Username", ""),
        "tags": provisioners._tag_map(props.get("Tags")),
    }
    made = _made(eks._create_access_entry(cluster, request), "accessEntry")
    for policy in props.get("AccessPolicies") or []:
        scope = provisioners._pascal_to_camel(policy["AccessScope"])
        body = {"policyArn": policy["PolicyArn"], "accessScope": scope}
        _made(eks._associate_access_policy(cluster, principal, body), "associatedAccessPolicy")
    return f"{principal}{_BETWEEN}{cluster}", {"AccessEntryArn": made["accessEntryArn"]}


def _admit_again(made: str, props: Properties, stack: str) -> Made:
    eks._delete_access_entry(*reversed(made.split(_BETWEEN)))
    return _admit("", props, stack)


def _associate(_: str, props: Properties, __: str) -> Made:
    request = {
        "namespace": props["Namespace"],
        "serviceAccount": props["ServiceAccount"],
        "roleArn": props["RoleArn"],
        "tags": provisioners._tag_map(props.get("Tags")),
    }
    made = _made(eks._create_pod_identity_association(props["ClusterName"], request), "association")
    attributes = {"AssociationArn": made["associationArn"], "AssociationId": made["associationId"]}
    return str(made["associationId"]), attributes


def _associate_again(made: str, old: Properties, props: Properties, stack: str) -> Made:
    """Change the role in place; for another service account there is another association."""
    fixed = ("ClusterName", "Namespace", "ServiceAccount")
    if any(old[name] != props[name] for name in fixed):
        eks._delete_pod_identity_association(old["ClusterName"], made)
        return _associate("", props, stack)
    changed = eks._update_pod_identity_association(props["ClusterName"], made, {"roleArn": props["RoleArn"]})
    association = _made(changed, "association")
    return made, {"AssociationArn": association["associationArn"], "AssociationId": made}


def _made(answer: Answer, what: str) -> dict[str, Any]:
    status, _, body = answer
    if status >= 400:  # noqa: PLR2004 - HTTP
        raise ValueError(f"EKS refused: {body!r}")
    found: dict[str, Any] = json.loads(body)[what]
    return found
