"""Who a service account's pods are to AWS."""

from collections.abc import Mapping

from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

__all__ = ["PodRole", "pod_identity_role"]


class PodRole(Construct):
    """A role that EKS Pod Identity gives to the pods of one service account, and to nobody else's.

    The service account itself comes with the manifests; its name is all that they have in common.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, cluster: eks.Cluster, namespace: str, service_account: str
    ) -> None:
        """Create the role, which may do nothing yet, and the association."""
        super().__init__(scope, construct_id)
        self.role = pod_identity_role(self, "Role", namespace=namespace, service_account=service_account)
        eks.CfnPodIdentityAssociation(
            self,
            "Association",
            cluster_name=cluster.cluster_name,
            namespace=namespace,
            service_account=service_account,
            role_arn=self.role.role_arn,
        )

    def allow(self, actions: list[str], *resources: str, conditions: Mapping[str, object] | None = None) -> None:
        """Let the pods do exactly this, under these conditions."""
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=list(resources), conditions=conditions))


def pod_identity_role(scope: Construct, construct_id: str, *, namespace: str, service_account: str) -> iam.Role:
    """Return a role for Pod Identity, that an association for another service account cannot hand out.

    Pod Identity tells whom it assumes a role for by session tags:
    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
    """
    tags = {"kubernetes-namespace": namespace, "kubernetes-service-account": service_account}
    principal = iam.ServicePrincipal(
        "pods.eks.amazonaws.com",
        conditions={"StringEquals": {f"aws:RequestTag/{name}": value for name, value in tags.items()}},
    )
    role = iam.Role(scope, construct_id, assumed_by=principal)
    statement = iam.PolicyStatement(actions=["sts:TagSession"], principals=[principal])
    if role.assume_role_policy:
        role.assume_role_policy.add_statements(statement)
    return role
