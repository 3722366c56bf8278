"""Roles of service accounts, with exactly the rights that the pattern's README asks for."""

import json
from typing import Any

from tests.kube_cluster import NAMESPACE, KubeCluster

from patterns_infra.local.local_aws import ACCOUNT, REGION

__all__ = ["associate_operator", "associate_workers"]

_CLUSTER = "patterns"
_ORDERS = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/patterns-local-orders"


def associate_operator(cluster: KubeCluster, account: str) -> str:
    """Give the operator's account its role, and return the role's ARN."""
    names = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/patterns/local/*"
    return _associate(
        cluster,
        account,
        _allow(["ssm:GetParameter"], names),
        _allow(["sqs:GetQueueAttributes"], f"arn:aws:sqs:{REGION}:{ACCOUNT}:*"),
    )


def associate_workers(cluster: KubeCluster, name: str) -> str:
    """Give the workers of an OrderProcessor their role, for their own queue and topic, and return the role's ARN."""
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    own = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
    return _associate(
        cluster,
        name,
        _allow(own, queue),
        _allow(["sqs:GetQueueUrl", "sqs:SendMessage"], f"{queue}-dead-letters"),
        _allow(["sns:Publish"], f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"),
        _allow(["dynamodb:Scan"], _ORDERS),
    )


def _associate(cluster: KubeCluster, account: str, *statements: dict[str, Any]) -> str:
    iam, eks = cluster.client("iam"), cluster.client("eks")
    principal = {"Service": "pods.eks.amazonaws.com", "AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    trust = {"Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    role: str = iam.create_role(RoleName=account, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=account, PolicyName="own", PolicyDocument=_policy(*statements))
    if _CLUSTER not in eks.list_clusters()["clusters"]:
        nowhere = {"subnetIds": ["subnet-1", "subnet-2"]}
        eks.create_cluster(name=_CLUSTER, roleArn=role, resourcesVpcConfig=nowhere)
    eks.create_pod_identity_association(clusterName=_CLUSTER, namespace=NAMESPACE, serviceAccount=account, roleArn=role)
    return role


def _allow(actions: list[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
